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
    """The images with their grey values brought to what a network was trained on."""
    change = WAYS[way]
    planes = [change(plane) for plane in images.pixels]
    return replace(images, pixels=torch.stack(planes))


def _standardise(pixels: Tensor) -> Tensor:
    values = unit(pixels)
    return (values - values.mean()) / values.std().clamp(min=SMALLEST)


def _between_percentiles(pixels: Tensor) -> Tensor:
    """The 1 % and 99 % quantiles become 0 and 1; nothing is clipped."""
    values = unit(pixels)
    every = max(1, values.numel() // SORTABLE)
    sample = values.flatten()[::every]
    low = torch.quantile(sample, 0.01)
    high = torch.quantile(sample, 0.99)
    return (values - low) / (high - low).clamp(min=SMALLEST)


def _from_zero_to_one(pixels: Tensor) -> Tensor:
    values = unit(pixels)
    low = values.min()
    return (values - low) / (values.max() - low).clamp(min=SMALLEST)


def _symmetric(pixels: Tensor) -> Tensor:
    return 2 * _from_zero_to_one(pixels) - 1


def as_stored(pixels: Tensor) -> Tensor:
    """The numbers of the file; unsigned 16-bit ones are kept as the bits of signed ones."""
    if pixels.dtype == torch.int16:
        return (pixels.to(torch.int32) & 0xFFFF).float()
    return pixels.float()


WAYS: dict[Normalise, Callable[[Tensor], Tensor]] = {
    Normalise.unit: unit,
    Normalise.standardise: _standardise,
    Normalise.percentiles: _between_percentiles,
    Normalise.minmax: _from_zero_to_one,
    Normalise.symmetric: _symmetric,
    Normalise.none: as_stored,
}
