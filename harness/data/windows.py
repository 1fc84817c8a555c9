"""Which slices stand in a stack, and which pixels in a window."""

from collections.abc import Sequence

import torch
from torch import Tensor


def grey_range(volumes: Sequence[str]) -> tuple[Tensor, Tensor]:
    """The first and the last image of each volume, for each image; slices stand side by side."""
    first = []
    last = []
    start = 0
    for i, volume in enumerate(volumes):
        if i and volume != volumes[i - 1]:
            start = i
        first.append(start)
    end = len(volumes) - 1
    for i in range(len(volumes) - 1, -1, -1):
        if i < len(volumes) - 1 and volumes[i] != volumes[i + 1]:
            end = i
        last.append(end)
    return torch.tensor(first), torch.tensor(last[::-1])


def windows(planes: Tensor, which: Tensor, top: Tensor, left: Tensor, patch: int) -> Tensor:
    """(b, patch, patch): a window of each of (n, h, w) that `which` names."""
    rows = span(top, patch)
    columns = span(left, patch)
    return planes[
        which[:, None, None],
        rows[:, :, None],
        columns[:, None, :],
    ]


def span(start: Tensor, length: int) -> Tensor:
    """(b, length): the rows or columns from each start on."""
    offsets = torch.arange(length, device=start.device)
    return start[:, None] + offsets
