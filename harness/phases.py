"""The words a method speaks: Domains to learn from, Phases to yield, Players that learn in them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Unlabelled:
    """Images of one domain on the training device; it has no masks to look at."""

    pixels: Tensor  # (n, c, h, w): uint8 as stored, or float32 once prepared
    ids: Sequence[str]
    groups: Sequence[str]
    first: Tensor  # (n,): the first and the last slice of the volume that an image belongs to
    last: Tensor
    slices: int = 1
    sizes: Tensor | None = None  # (n, 2): the true height and width where images differ in size
    about: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def size(self) -> tuple[int, int]:
        return self.pixels.shape[-2], self.pixels.shape[-1]

    @property
    def channels(self) -> int:
        """What a network sees: every slice of the stack, with all its channels."""
        return self.slices * self.pixels.shape[1]

    def neighbours(self, which: Tensor) -> Tensor:
        """(b, slices): the stack around each image; beyond an end of its volume the end slice is repeated."""
        reach = self.slices // 2
        around = which[:, None] + torch.arange(-reach, reach + 1, device=which.device)
        return torch.clamp(around, self.first[which][:, None], self.last[which][:, None])

    def whole(self, which: Tensor) -> Tensor:
        """(b, channels, h, w): whole images as the network sees them."""
        stack = self.pixels[self.neighbours(which)]
        return unit(stack.flatten(1, 2))

    def crops(self, which: Tensor, top: Tensor, left: Tensor, patch: int) -> Tensor:
        """(b, channels, patch, patch): one window of each image named."""
        rows, columns = _window(top, left, patch)
        planes = torch.arange(self.pixels.shape[1], device=which.device)
        stack = self.neighbours(which)[:, :, None, None, None]
        taken = self.pixels[stack, planes[:, None, None], rows[:, None, None, :, None], columns[:, None, None, None, :]]
        return unit(taken.flatten(1, 2))


@dataclass(frozen=True)
class Labelled:
    """Images with their masks."""

    images: Unlabelled
    masks: Tensor  # (n, h, w) uint8 or int32
    classes: tuple[str, ...]
    ignore: int | None = None

    def __len__(self) -> int:
        return len(self.images)

    def mask_crops(self, which: Tensor, top: Tensor, left: Tensor, patch: int) -> Tensor:
        rows, columns = _window(top, left, patch)
        return self.masks[which[:, None, None], rows[:, :, None], columns[:, None, :]].long()


@dataclass(frozen=True)
class Original:
    """The network and the test set of a trial as they are without its perturbation."""

    net: nn.Module
    test: Labelled | Unlabelled


@dataclass(frozen=True)
class Domains:
    """What a fit may look at: a labelled source, its validation part, and a target without masks."""

    source: Labelled | Unlabelled
    validation: Labelled | None = None
    target: Unlabelled | None = None


@dataclass(frozen=True)
class Crops:
    """One stream's share of a batch."""

    images: Tensor
    masks: Tensor | None = None
    which: Tensor | None = None  # the image that each window is of

    def some(self, cut: slice) -> "Crops":
        return Crops(*[None if part is None else part[cut] for part in (self.images, self.masks, self.which)])  # type: ignore[arg-type]


@dataclass
class Batch:
    """What a loss sees at one step."""

    source: Crops
    target: Crops
    rng: torch.Generator  # on the training device; depends on seed, phase and step alone
    progress: float  # 0 at the first step of the phase, 1 after the last
    shared: dict[str, Any] = field(default_factory=dict)  # what one player computed and the next may use


@dataclass(frozen=True)
class Clock:
    """Where in a phase a learning rate is asked for."""

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
    watch: Callable[[], float] | None = None  # higher is better; asked once per epoch, in evaluation mode
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
    """A phase with one player: all parameters of the network that are not frozen."""
    learning = [p for p in net.parameters() if p.requires_grad]
    return Phase(name, [Player("net", learning, loss, optimiser)], epochs, lr, schedule, **settings)


def unit(pixels: Tensor) -> Tensor:
    """Stored grey levels as numbers from 0 to 1; float images are taken as they are."""
    if pixels.dtype == torch.uint8:
        return pixels.float() / 255
    if pixels.dtype == torch.int16:  # the bits of unsigned 16-bit images
        return (pixels.to(torch.int32) & 0xFFFF).float() / 65535
    return pixels.float()


def freeze(module: nn.Module) -> None:
    """No gradient, and evaluation mode for good: a frozen batch norm normalises by what it has learned."""
    module.requires_grad_(False)
    for inner in module.modules():
        inner.register_buffer("frozen", torch.ones(()), persistent=False)


def train_mode(net: nn.Module) -> None:
    """Training mode for everything that is not frozen."""
    net.train()
    for module in net.modules():
        if hasattr(module, "frozen"):
            module.training = False


def _window(top: Tensor, left: Tensor, patch: int) -> tuple[Tensor, Tensor]:
    span = torch.arange(patch, device=top.device)
    return top[:, None] + span, left[:, None] + span
