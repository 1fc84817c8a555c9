"""The words a method speaks: Domains to learn from, Phases to yield, Players that learn in them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from harness.data.images import Domains


@dataclass(frozen=True)
class Crops:
    """One stream's share of a batch."""

    images: Tensor
    masks: Tensor | None = None
    which: Tensor | None = None  # the image that each crop is of

    def slice_of(self, cut: slice) -> "Crops":
        """Returns a stretch of these crops."""
        masks, which = self.masks, self.which
        if masks is not None:
            masks = masks[cut]
        if which is not None:
            which = which[cut]
        return Crops(self.images[cut], masks, which)


@dataclass
class Batch:
    """What a loss sees at one step."""

    source: Crops
    target: Crops
    rng: torch.Generator  # on the training device; depends on seed, phase and step alone
    progress: float  # 0 at the first step of the phase, 1 after the last
    # what one player computed and the next may use
    shared: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Clock:
    """The step of a phase for which a schedule returns the learning rate."""

    step: int
    total: int
    epoch: int
    steps: int  # per epoch
    watched: Sequence[float]  # one value per finished epoch, higher is better


Loss = Callable[[Batch], Tensor | dict[str, Tensor]]
Optimise = Callable[[list[nn.Parameter], float], torch.optim.Optimizer]
Schedule = Callable[[Clock], float]


@dataclass
class Player:
    """A set of parameters that follows one loss."""

    name: str
    parameters: list[nn.Parameter]
    loss: Loss  # a tensor, or named terms whose sum is followed and each of which is recorded
    optimiser: Optimise
    lr: float | None = None  # null: the phase's


SOURCE = ("source",)
TARGET = ("target",)
BOTH = ("source", "target")


@dataclass
class Phase:
    """A stretch of training with the same players; the loop is elsewhere."""

    name: str
    players: list[Player]
    epochs: int
    lr: float
    schedule: Schedule
    streams: tuple[str, ...] = SOURCE
    patience: int | None = None  # epochs without improvement of `watch` before the phase ends
    # called once per epoch, in evaluation mode; higher is better
    watch: Callable[[], float] | None = None
    selects: bool = True  # whether a checkpoint may be picked from this phase
    steps: int | None = None  # per epoch; null: the fit's
    batch: int | None = None
    patch: int | None = None


Method = Callable[[nn.Module, Domains], Iterator[Phase]]


def single(
    name: str,
    net: nn.Module,
    loss: Loss,
    *,
    epochs: int,
    lr: float,
    optimiser: Optimise,
    schedule: Schedule,
    **settings: Any,
) -> Phase:
    """Returns a phase with one player: all parameters of the network that are not frozen."""
    parameters = [parameter for parameter in net.parameters() if parameter.requires_grad]
    players = [Player("net", parameters, loss, optimiser)]
    return Phase(name, players, epochs, lr, schedule, **settings)


def freeze(module: nn.Module) -> None:
    """Takes gradients away, and keeps the module in evaluation mode for good.

    A frozen batch norm normalises by what it has learned.
    """
    module.requires_grad_(False)
    for inner in module.modules():
        inner.register_buffer("frozen", torch.ones(()), persistent=False)


def train_mode(net: nn.Module) -> None:
    """Switches everything that is not frozen to training mode."""
    net.train()
    for module in net.modules():
        if hasattr(module, "frozen"):
            module.training = False
