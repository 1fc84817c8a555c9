"""The words a method speaks: Domains to learn from, Phases to yield, Players that learn in them."""

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn

from harness.data.images import Domains, Labelled, Unlabelled
from harness.train.crops import Crops

Value = TypeVar("Value")


@dataclass
class Batch:
    """What a loss sees at one step."""

    source: Crops
    target: Crops
    rng: torch.Generator  # on the training device; depends on seed, phase and step alone
    share: float  # of the phase that is over
    values: dict[Hashable, Any] = field(default_factory=dict, repr=False)  # of `once` alone
    own_streams: Mapping[str, Crops] = field(default_factory=dict)  # those of the phase's own
    # what the step has read that differs between steps, and that no recording of it can hold
    reads: set[str] = field(default_factory=set, repr=False)

    @property
    def progress(self) -> float:
        """Returns 0 at the first step of the phase, 1 after the last."""
        self.reads.add("batch.progress")
        return self.share

    @property
    def streams(self) -> dict[str, Crops]:
        """Returns the crops of each stream by its name; one that is not drawn from is empty."""
        return {"source": self.source, "target": self.target, **self.own_streams}

    @property
    def size(self) -> int:
        """Returns the number of crops of the largest stream."""
        return max(len(crops.images) for crops in self.streams.values())

    def piece(self, number: int, of: int, values: dict[Hashable, Any]) -> "Batch":
        """Returns one of so many pieces of the batch: every stream cut in proportion."""
        own_streams = {name: crops.piece(number, of) for name, crops in self.own_streams.items()}
        return Batch(
            self.source.piece(number, of),
            self.target.piece(number, of),
            self.rng,
            self.share,
            values,
            own_streams,
            self.reads,
        )

    def once(self, name: str, compute: "Callable[[Batch], Value]") -> Value:
        """Returns a value that players share within a step; whoever comes first computes it.

        Where memory ran out and the batch is cut, each piece has a value of its own. A player
        whose batch is cut into another number of pieces computes it anew, by the weights of now.
        """
        if name not in self.values:
            self.values[name] = compute(self)
        return cast(Value, self.values[name])


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
    schedule: Schedule | None = None  # null: the phase's
    every: int = 1  # it learns at the first step of the phase, and at each `every`-th after that

    def __post_init__(self) -> None:
        if self.every < 1:
            raise ValueError(
                f"player {self.name}: it cannot learn at every {self.every}th step; "
                "`every` is 1 or more"
            )


def constant_rate(clock: Clock) -> float:
    """Leaves the learning rate as it is: the schedule of a phase that names none."""
    return 1.0


SOURCE = ("source",)
TARGET = ("target",)
BOTH = ("source", "target")


@dataclass
class Phase:
    """A stretch of training with the same players; the loop is elsewhere.

    Without players nothing learns by gradients, and `after_step` does all that is done.
    """

    name: str
    players: list[Player]
    epochs: int
    lr: float | None = None  # needed where a player has none of its own
    schedule: Schedule = constant_rate
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
    # what picks see and checkpoints hold in place of the network: the teacher of a student, say;
    # it has the layers of the fit's network, and hangs on it
    evaluates: nn.Module | None = None
    # called after the players of each step, in training mode, without gradients
    after_step: Callable[[Batch], None] | None = None

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

    def rate_of(self, player: Player) -> float:
        """Returns the learning rate of a player before its schedule."""
        rate = self.lr if player.lr is None else player.lr
        if rate is None:
            raise ValueError(
                f"phase {self.name}: player {player.name} has no learning rate; "
                "give `lr` to the phase or to the player"
            )
        return rate

    def judged_module(self, net: nn.Module) -> nn.Module:
        """Returns the module that is watched, picked and saved: the network, or `evaluates`."""
        return net if self.evaluates is None else self.evaluates


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


FROZEN = "frozen"  # a buffer that marks modules, and is never saved


def freeze(module: nn.Module) -> None:
    """Takes gradients away, and keeps the module in evaluation mode for good.

    A frozen batch norm normalises by what it has learned.
    """
    module.requires_grad_(False)
    for inner in module.modules():
        inner.register_buffer(FROZEN, torch.ones(()), persistent=False)


def unfreeze(module: nn.Module) -> None:
    """Lets all parameters of a module learn again, and its batch norm too, from the next phase."""
    module.requires_grad_(True)
    for inner in module.modules():
        if FROZEN in inner._buffers:
            del inner.frozen


class Memory(nn.Module):
    """Tensors that a method keeps from step to step; hung onto the network, they survive a kill.

    They are attributes, which may be changed or set anew, also to another shape.
    """

    def __init__(self, **tensors: Tensor) -> None:
        super().__init__()
        for name, value in tensors.items():
            self.register_buffer(name, value)

    def __getattr__(self, name: str) -> Tensor:
        return cast(Tensor, super().__getattr__(name))


def train_mode(net: nn.Module) -> None:
    """Switches everything that is not frozen to training mode."""
    net.train()
    for module in net.modules():
        if hasattr(module, FROZEN):
            module.training = False
