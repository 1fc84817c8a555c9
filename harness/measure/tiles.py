"""An image through a network in tiles of one shape, where nobody can tell from the result."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product

import torch
from torch import Tensor

Forward = Callable[[Tensor], Tensor]

TOLERANCE = 1e-5  # of the largest logit: what rounding does to a network in float32


@dataclass(frozen=True)
class Tiling:
    """Square tiles, and how much of them is cut off where another tile follows."""

    side: int
    margin: int

    @property
    def step(self) -> int:
        """How far the next tile is away."""
        return self.side - 2 * self.margin


TILINGS = (Tiling(512, 64), Tiling(512, 128), Tiling(1024, 256))


def tiled_forward(forward: Forward, batch: Tensor, tiling: Tiling, at_once: int) -> Tensor:
    """Returns what a network says of images (b, channels, h, w), tile by tile.

    Sides are multiples of what the network takes, so that a tile is cut where the network's own
    grid lies. At the edge of an image a tile ends there too and keeps all that it has. `at_once` is
    the number of tiles in one pass.
    """
    rows = tile_starts(batch.shape[-2], tiling)
    columns = tile_starts(batch.shape[-1], tiling)
    corners = list(product(rows, columns))
    tiles = [_tile_at(batch, corner, tiling.side) for corner in corners]
    answers: list[Tensor] = []
    for start in range(0, len(tiles), at_once):
        together = torch.cat(tiles[start : start + at_once])
        answers += forward(together).split(len(batch))
    height, width = batch.shape[-2:]
    count, classes = answers[0].shape[:2]
    whole = answers[0].new_empty(count, classes, height, width)
    for (top, left), answer in zip(corners, answers, strict=True):
        own_rows = answered_part(top, height, tiling)
        own_columns = answered_part(left, width, tiling)
        rows_of_tile = _relative_to(top, own_rows)
        columns_of_tile = _relative_to(left, own_columns)
        whole[..., own_rows, own_columns] = answer[..., rows_of_tile, columns_of_tile]
    return whole


def tile_starts(length: int, tiling: Tiling) -> list[int]:
    """Lists where the tiles of a side begin; the last one ends with the image."""
    last = max(0, length - tiling.side)
    return [*range(0, last, tiling.step), last]


def answered_part(start: int, length: int, tiling: Tiling) -> slice:
    """Returns the part of an image's side that a tile answers for."""
    end = min(start + tiling.side, length)
    first = 0
    last = length
    if start > 0:
        first = start + tiling.margin
    if end < length:
        last = end - tiling.margin
    return slice(first, last)


def unnoticed_tiling(forward: Forward, channels: int, like: Tensor) -> Tiling | None:
    """Returns the first tiling that a network gives the same answer with as without.

    Both are tried on noise, of the type and on the device of `like`, and with half of the margin,
    for what lies far away may count for more in an image. There is none for a network that looks
    further, or at the whole image.
    """
    rng = torch.Generator().manual_seed(0)
    for tiling in TILINGS:
        stricter = replace(tiling, margin=tiling.margin // 2)
        side = stricter.side + stricter.step
        noise = torch.rand(1, channels, side, side, generator=rng).to(like)
        whole = forward(noise)
        tiled = tiled_forward(forward, noise, stricter, at_once=1)
        largest = whole.abs().max()
        if bool((tiled - whole).abs().max() <= TOLERANCE * largest):
            return tiling
    return None


def _tile_at(batch: Tensor, corner: tuple[int, int], side: int) -> Tensor:
    top, left = corner
    return batch[..., top : top + side, left : left + side]


def _relative_to(start: int, part: slice) -> slice:
    return slice(part.start - start, part.stop - start)
