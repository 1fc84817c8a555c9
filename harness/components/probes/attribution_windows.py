"""The images that attribution explains: some of a test set, evenly spaced, or a window in the
middle of each.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from harness.data.images import Labelled, Unlabelled
from harness.measure.memory import pixels_at_once

PIXELS = 2**19  # of the images that are explained at once, on a processor


@dataclass(frozen=True)
class Windows:
    """The central windows of a few images, and of their masks where the test set has them."""

    which: list[int]
    images: Tensor
    masks: Tensor | None


def evenly_spaced(count: int, number: int) -> list[int]:
    """Picks so many of `count` positions, the first and the last included."""
    spaced = np.linspace(0, count - 1, min(number, count))
    return spaced.round().astype(int).tolist()


def windows_of(
    net: nn.Module,
    test: Labelled | Unlabelled,
    measured: list[int],
    crop: int | None,
) -> Iterator[Windows]:
    """Yields the windows on the network's device, batch by batch; the images of a batch have one
    size.
    """
    images = test.images
    parameter = next(net.parameters())
    pixels_of_batch = pixels_at_once(parameter.device, PIXELS)
    for which in _batches(images, measured, crop, pixels_of_batch):
        index = torch.tensor(which, device=images.pixels.device)
        masks = None
        if isinstance(test, Labelled):
            masks = _masks_without_ignored(test, index)
            masks = _central_window(masks, crop).to(parameter.device)
        pixels = _central_window(images.whole(index), crop).to(parameter)
        yield Windows(which, pixels, masks)


def _batches(
    images: Unlabelled, measured: list[int], crop: int | None, pixels: int
) -> Iterator[list[int]]:
    """Yields as many positions at once as have so many pixels."""
    for run in images.runs_of_one_size(measured):
        height, width = images.size_of(run[0])
        if crop is not None:
            height = min(height, crop)
            width = min(width, crop)
        at_once = max(1, pixels // (height * width))
        for start in range(0, len(run), at_once):
            yield list(run[start : start + at_once])


def _masks_without_ignored(test: Labelled, index: Tensor) -> Tensor:
    """Returns masks in which what is to be ignored is background."""
    masks = test.masks_of(index)
    if test.ignore is None:
        return masks
    return masks.masked_fill(masks == test.ignore, 0)


def _central_window(pixels: Tensor, crop: int | None) -> Tensor:
    """Cuts a square of `crop` pixels out of the middle of images, or takes them whole."""
    height, width = pixels.shape[-2:]
    if crop is None:
        return pixels
    top = max(0, (height - crop) // 2)
    left = max(0, (width - crop) // 2)
    bottom = min(height, top + crop)
    right = min(width, left + crop)
    return pixels[..., top:bottom, left:right]
