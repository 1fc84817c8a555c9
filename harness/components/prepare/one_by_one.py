"""Images changed one by one, each in its own size, by what works on arrays of grey levels."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.data.images import Unlabelled, unit

Plane = NDArray[Any]  # (h, w)


def change_one_by_one(images: Unlabelled, change: Callable[[Plane], Plane]) -> Tensor:
    """Returns new pixels: every channel of every image changed by itself, from 0 to 1 to floats.

    What fills up smaller images stays black, and `change` never sees it. The neighbours in stacks
    that are no images themselves are changed too.
    """
    stored = images.pixels
    pixels = torch.zeros(stored.shape, dtype=torch.float32, device=stored.device)
    for row, (height, width) in enumerate(_sizes_of_rows(images)):
        for channel in range(stored.shape[1]):
            before = stored[row, channel, :height, :width]
            plane = unit(before.contiguous())
            after = change(plane.cpu().numpy())
            tensor = torch.from_numpy(after.astype(np.float32))
            pixels[row, channel, :height, :width] = tensor.to(stored.device)
    return pixels


def grey_levels(plane: Plane) -> NDArray[np.uint8]:
    """Returns 256 grey levels: those of 8 bits as stored, all others rounded to the nearest."""
    levels = np.clip(plane * 255, 0, 255)
    return np.rint(levels).astype(np.uint8)


def _sizes_of_rows(images: Unlabelled) -> list[tuple[int, int]]:
    """Returns the true size of everything among the pixels; a stack has one size."""
    sizes = [images.size] * len(images.pixels)
    if images.sizes is None:
        return sizes
    first = images.first.tolist()
    last = images.last.tolist()
    for index in range(len(images)):
        rows = [index] if images.rows is None else [int(images.rows[index])]
        if images.slices > 1:
            rows = list(range(first[index], last[index] + 1))
        for row in rows:
            sizes[row] = images.size_of(index)
    return sizes
