"""The words a method speaks: Domains to learn from, Phases to yield, Players that learn in them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from harness.data.images import Domains, Labelled, Unlabelled


@dataclass(frozen=True)
class Crops:
    """One stream's share of a batch."""

    images: Tensor
    masks: Tensor | None = None
    which: Tensor | None = None  # the image that each crop is of
    planes: Mapping[str, Tensor] = field(default_factory=dict)  # (b, h, w): those of the images

    def slice_of(self, cut: slice) -> "Crops":
        """Returns a stretch of these crops."""
        masks, which = self.masks, self.which
        if masks is not None:
            masks = masks[cut]
        if which is not None:
            which = which[cut]
        planes = {name: plane[cut] for name, plane in self.planes.items()}
        return Crops(self.images[cut], masks, which, planes)

    def piece(self, number: int, of: int) -> "Crops":
        """Returns one of so many pieces of these crops.

        Where there are fewer crops than pieces, pieces that follow each other have the same crop.
        """
        count = len(self.images)
        if not count:
            return self
        start = number * count // of
        stop = (number + 1) * count // of
        return self.slice_of(slice(start, max(stop, start + 1)))


@dataclass
class Batch:
    """What a loss sees at one step."""

    source: Crops
    target: Crops
    rng: torch.Generator  # on the training device; depends on seed, phase and step alone
    progress: float  # 0 at the first step of the phase, 1 after the last
    # what one player computed and the next may use
    shared: dict[str, Any] = field(default_factory=dict)
    own_streams: Mapping[str, Crops] = field(default_factory=dict)  # those of the phase's own

    @property
    def streams(self) -> dict[str, Crops]:
        """Returns the crops of each stream by its name; one that is not drawn from is empty."""
        return {"source": self.source, "target": self.target, **self.own_streams}

    @property
    def size(self) -> int:
        """Returns the number of crops of the largest stream."""
        return max(len(crops.images) for crops in self.streams.values())

    def piece(self, number: int, of: int, shared: dict[str, Any]) -> "Batch":
        """Returns one of so many pieces of the batch: every stream cut in proportion."""
        own_streams = {name: crops.piece(number, of) for name, crops in self.own_streams.items()}
        return Batch(
            self.source.piece(number, of),
            self.target.piece(number, of),
            self.rng,
            self.progress,
            shared,
            own_streams,
        )


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
    batch: int | Mapping[str, int] | None = None  # for all streams, or by stream; null: the fit's
    patch: int | None = None
    # the images of streams of the phase's own; under "source" or "target", in place of the fit's
    domains: Mapping[str, Labelled | Unlabelled] = field(default_factory=dict)

    def batch_of(self, stream: str, default: int) -> int:
        """Returns how many crops of a stream each step takes."""
        if isinstance(self.batch, Mapping):
            return self.batch.get(stream, default)
        return self.batch or default

    def domain_of(self, stream: str, data: Domains) -> Labelled | Unlabelled:
        """Returns the images that a stream is drawn from."""
        if stream in self.domains:
            return self.domains[stream]
        if stream == "source":
            return data.source
        if stream != "target":
            raise ValueError(
                f"fit.method: the phase {self.name} names the stream {stream!r} and gives no "
                "images for it; put them into its `domains`"
            )
        if data.target is None:
            raise ValueError(
                "fit.method needs fit.adapt_to, the images to adapt to; "
                'its decorator has to say so: needs=("adapt_to",)'
            )
        return data.target


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
