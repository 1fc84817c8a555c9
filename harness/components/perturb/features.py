"""Changes of a layer's feature maps while a network runs (paper 001): dropout, noise, and dropping
what is attended to.

Every draw depends on the seed and on the name of the image alone, so a network gives the same
answer for an image in every batch, every pass and every part of a test set, as a test set of
perturbed images would. Another draw is another `seed`. Where a network is called with images that
have no names, their pixels stand for them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn

from harness.components.perturb import perturb
from harness.measure.layers import hooked_layers
from harness.measure.names import NAMES
from harness.spec.options import Fraction, Whole
from harness.train.draws import seed_from

# (what a layer gives for one image, where draws come from) -> what it gives instead
Change = Callable[[Tensor, torch.Generator], Tensor]


@perturb(version=2, features=True, neutral=0.0, least=0.0, most=1.0)
@contextmanager
def dropout(
    net: nn.Module,
    strength: float,
    *,
    layer: str = "bottleneck",
    seed: Whole = 42,
) -> Iterator[None]:
    """Each feature map of a layer is 0 with the probability `strength`, else scaled up (spatial
    dropout, test time).
    """

    def drop(maps: Tensor, rng: torch.Generator) -> Tensor:
        """Sets each map to 0 or scales it up, as the draw for it says."""
        draws = torch.rand(len(maps), generator=rng)
        scale = torch.zeros(len(maps))
        if strength < 1:
            scale = (draws > strength) / (1 - strength)
        per_map = (-1,) + (1,) * (maps.ndim - 1)
        return maps * scale.to(maps).view(per_map)

    with _change_layer(net, layer, drop if strength else None, seed):
        yield


@perturb(version=2, features=True, neutral=0.0, least=0.0)
@contextmanager
def feature_noise(
    net: nn.Module,
    strength: float,
    *,
    layer: str = "bottleneck",
    kind: Literal["uniform", "gaussian"] = "uniform",
    seed: Whole = 42,
) -> Iterator[None]:
    """Features times 1 + noise: uniform from -`strength` to `strength`, or Gaussian with the
    deviation `strength`.
    """

    def multiply(maps: Tensor, rng: torch.Generator) -> Tensor:
        if kind == "gaussian":
            draws = torch.randn(maps.shape, generator=rng)
        else:
            draws = 2 * torch.rand(maps.shape, generator=rng) - 1
        return maps * (1 + strength * draws).to(maps)

    with _change_layer(net, layer, multiply if strength else None, seed):
        yield


@perturb(version=2, features=True, neutral=0.0, least=0.0, most=1.0)
@contextmanager
def feature_drop(
    net: nn.Module,
    strength: float,
    *,
    layer: str = "bottleneck",
    spread: Fraction = 0.1,
    seed: Whole = 42,
) -> Iterator[None]:
    """Positions whose mean feature is above 1 - `strength` of its maximum (+- `spread`, drawn per
    image) become 0.
    """

    def drop_highest(maps: Tensor, rng: torch.Generator) -> Tensor:
        attention = maps.mean(dim=0)
        draw = 2 * float(torch.rand((), generator=rng)) - 1
        share = 1 - strength + spread * draw
        return maps * (attention <= share * attention.max())

    with _change_layer(net, layer, drop_highest if strength else None, seed):
        yield


@contextmanager
def _change_layer(net: nn.Module, layer: str, change: Change | None, seed: int) -> Iterator[None]:
    """Changes what a layer gives, image by image, as long as it is open; None changes nothing."""
    if change is None:
        yield
        return
    marks: list[int] = []  # of the images of the forward pass that is under way
    reached: list[bool] = []  # whether a pass came through the layer, for each pass

    def note_images(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        reached.append(False)
        marks[:] = _marks(inputs[0], seed)

    def change_maps(name: str, maps: Tensor) -> Tensor:
        """Changes the maps of each image, with draws from the mark of that image."""
        reached[-1] = True
        if not isinstance(maps, Tensor) or len(maps) != len(marks):
            raise ValueError(
                f"perturb.layer: {name} does not give one tensor for each image; take another layer"
            )
        changed_maps = []
        for maps_of_image, mark in zip(maps, marks, strict=True):
            rng = torch.Generator().manual_seed(mark)
            changed_maps.append(change(maps_of_image, rng))
        return torch.stack(changed_maps)

    hook = net.register_forward_pre_hook(note_images)
    try:
        with hooked_layers(net, [layer], change_maps):
            yield
    finally:
        hook.remove()
    if not all(reached):
        raise ValueError(
            f"perturb.layer: {layer} was not called in a forward pass, so nothing was changed there"
        )


def _marks(images: Tensor, seed: int) -> list[int]:
    """A number for each image from its name and the seed.

    It has 32 bits: torch's generator on the CPU looks at no more of its seed.
    """
    names = NAMES.get()
    if len(names) != len(images):
        return _marks_of_pixels(images, seed)
    return [seed_from(seed, *name) % 2**32 for name in names]


def _marks_of_pixels(images: Tensor, seed: int) -> list[int]:
    """A number for each image from its bits and the seed, in whole numbers: exact on every device,
    in every batch. Its 32 bits are the best mixed ones.
    """
    bits = images.detach().float().contiguous().flatten(1).view(torch.int32).long()
    weights = (2 * torch.arange(bits.shape[1], device=bits.device) + 1) * 0x5851F42D4C957F2D
    marks = []
    for total in (bits * weights).sum(dim=1).tolist():
        mixed = (total + seed * 0x9E3779B97F4A7C15) * 0x2545F4914F6CDD1D
        marks.append(mixed % 2**64 >> 32)
    return marks
