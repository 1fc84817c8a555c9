"""What is done to the grey values of an image before a network that harness has not trained."""

from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

import torch
from torch import Tensor

from harness.data.images import Unlabelled, unit

SMALLEST = 1e-6
SORTABLE = 2**22  # pixels whose quantiles are those of the image


class Normalise(StrEnum):
    """How the network of somebody else was fed."""

    unit = "unit"  # 0 to 1 over the range of the file's type
    standardise = "standardise"  # each image: mean 0, deviation 1
    percentiles = "percentiles"  # each image: its 1 % and 99 % quantiles become 0 and 1
    minmax = "minmax"  # each image: its range becomes 0 to 1
    symmetric = "symmetric"  # each image: its range becomes -1 to 1
    none = "none"  # the numbers as the file holds them


def normalise(images: Unlabelled, way: Normalise) -> Unlabelled:
    """The images with their grey values brought to what a network was trained on.

    An image that is perturbed is scaled as it would be without that, or the scaling would undo it.
    """
    change = WAYS[way]
    sources = images if images.unperturbed is None else images.unperturbed.now()
    planes = []
    for plane, source in zip(images.pixels, sources.pixels, strict=True):
        planes.append(change(plane, source))
    return replace(images, pixels=torch.stack(planes), unperturbed=None)


def _as_unit(pixels: Tensor, _: Tensor) -> Tensor:
    return unit(pixels)


def _standardise(pixels: Tensor, source: Tensor) -> Tensor:
    levels = unit(source)
    return (unit(pixels) - levels.mean()) / levels.std().clamp(min=SMALLEST)


def _between_percentiles(pixels: Tensor, source: Tensor) -> Tensor:
    """The 1 % and 99 % quantiles become 0 and 1; nothing is clipped."""
    levels = unit(source).flatten()
    every = max(1, len(levels) // SORTABLE)
    sample = levels[::every]
    low = torch.quantile(sample, 0.01)
    high = torch.quantile(sample, 0.99)
    return (unit(pixels) - low) / (high - low).clamp(min=SMALLEST)


def _from_zero_to_one(pixels: Tensor, source: Tensor) -> Tensor:
    levels = unit(source)
    low = levels.min()
    return (unit(pixels) - low) / (levels.max() - low).clamp(min=SMALLEST)


def _symmetric(pixels: Tensor, source: Tensor) -> Tensor:
    return 2 * _from_zero_to_one(pixels, source) - 1


def _as_stored(pixels: Tensor) -> Tensor:
    """The numbers of the file; unsigned 16-bit ones are kept as the bits of signed ones."""
    if pixels.dtype == torch.int16:
        return (pixels.to(torch.int32) & 0xFFFF).float()
    return pixels.float()


def _as_in_the_file(pixels: Tensor, source: Tensor) -> Tensor:
    """The numbers of the file; a perturbed image comes from 0 to 1, and is brought back."""
    if source.dtype == torch.uint8 and pixels.is_floating_point():
        return pixels * 255
    if source.dtype == torch.int16 and pixels.is_floating_point():
        return pixels * 65535
    return _as_stored(pixels)


WAYS: dict[Normalise, Callable[[Tensor, Tensor], Tensor]] = {
    Normalise.unit: _as_unit,
    Normalise.standardise: _standardise,
    Normalise.percentiles: _between_percentiles,
    Normalise.minmax: _from_zero_to_one,
    Normalise.symmetric: _symmetric,
    Normalise.none: _as_in_the_file,
}
