"""A large image through a network in tiles that overlap, strip by strip from top to bottom.

Where two tiles overlap, their logits are blended by weights. The linear ones are zero near the
inner border of a tile, where a network sees too little around a pixel: what comes out is then what
the whole image would give, if the network looks no further than that margin. Tiles begin at
multiples of what the network halves, so that its pooling cells are those of the whole image.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.data.refused import Refused
from harness.measure.forward import PADDED_TO

Blend = Literal["linear", "gaussian"]
DEVIATION = 1 / 8  # of the Gaussian weights, as a share of the tile
SMALLEST = 1e-6  # of a Gaussian weight, so that every pixel has some


@dataclass(frozen=True)
class Tiling:
    """How large tiles are, how far they overlap and how they are blended."""

    size: int = 512
    overlap: int = 128
    blend: Blend = "linear"
    multiple: int = PADDED_TO

    def __post_init__(self) -> None:
        """Refuses tiles that cannot be laid beside each other."""
        for name, length in (("tile", self.size), ("overlap", self.overlap)):
            if length % self.multiple or length < 0:
                raise Refused(
                    f"--{name} {length}: say a multiple of {self.multiple}, the pixels that a "
                    "network halves"
                )
        if not 2 * self.overlap <= self.size or self.size == 0:
            raise Refused(
                f"--overlap {self.overlap}: say at most half of the tile, which is {self.size}"
            )

    @property
    def margin(self) -> int:
        """How far from the inner border of a tile its linear weights are zero."""
        return self.overlap // 4

    def starts(self, length: int) -> list[int]:
        """Where tiles begin along a side that is a multiple; the last ends with the side."""
        if length <= self.size:
            return [0]
        step = self.size - self.overlap
        starts = list(range(0, length - self.size, step))
        return [*starts, length - self.size]

    def weights(self, start: int, length: int) -> Tensor:
        """The weight of each pixel along one side of the tile that begins here."""
        size = min(self.size, length)
        if self.blend == "gaussian":
            distance = torch.arange(size) - (size - 1) / 2
            weights = torch.exp(-0.5 * (distance / (DEVIATION * self.size)) ** 2)
            return weights.clamp(min=SMALLEST)
        ramp_length = max(1, self.overlap - 2 * self.margin)
        distance = torch.arange(size) + 0.5 - self.margin
        rising = (distance / ramp_length).clamp(0, 1)
        weights = torch.ones(size)
        if start > 0:
            weights = weights * rising
        if start + size < length:
            weights = weights * rising.flip(0)
        return weights


@torch.no_grad()
def tiled_logits(net: nn.Module, image: Tensor, tiling: Tiling) -> Iterator[Tensor]:
    """Yields the logits (classes, rows, w) of an image (c, h, w), from the top to the bottom.

    The image is mirrored up to a multiple, as a whole image would be. No more than a strip of tiles
    is in memory.
    """
    height, width = image.shape[-2:]
    padded = _fill_up(image, tiling.multiple)
    tall, wide = padded.shape[-2:]
    tops = tiling.starts(tall)
    total_across = _sum_of_weights(tiling, wide)
    total_down = _sum_of_weights(tiling, tall)
    pending: Tensor | None = None  # sums of the rows that the next strip adds to
    first_row = 0
    for position, top in enumerate(tops):
        strip = _strip(net, padded, top, tiling) / total_across
        strip = strip * tiling.weights(top, tall).to(strip.device)[:, None]
        if pending is not None:
            count = pending.shape[1]
            strip[:, :count] += pending
        first_row = top
        last_row = tops[position + 1] if position + 1 < len(tops) else tall
        complete = strip[:, : last_row - first_row]
        pending = strip[:, last_row - first_row :].clone()
        rows = total_down[first_row:last_row].to(strip.device)
        end = min(last_row, height) - first_row
        if end > 0:
            yield (complete / rows[:, None])[:, :end, :width]


def _strip(net: nn.Module, padded: Tensor, top: int, tiling: Tiling) -> Tensor:
    """The weighted sums of the logits of all tiles that begin in one row."""
    tall, wide = padded.shape[-2:]
    height = min(tiling.size, tall)
    device = next(net.parameters()).device
    sums: Tensor | None = None
    for left in tiling.starts(wide):
        tile = padded[None, :, top : top + height, left : left + min(tiling.size, wide)]
        logits = net(tile.to(device))[0].float()
        if sums is None:
            sums = torch.zeros(len(logits), height, wide, device=logits.device)
        weights = tiling.weights(left, wide).to(logits.device)
        sums[:, :, left : left + tile.shape[-1]] += logits * weights
    assert sums is not None
    return sums


def _sum_of_weights(tiling: Tiling, length: int) -> Tensor:
    """The weights of all tiles together, along one side."""
    total = torch.zeros(length)
    for start in tiling.starts(length):
        weights = tiling.weights(start, length)
        total[start : start + len(weights)] += weights
    return total


def _fill_up(image: Tensor, multiple: int) -> Tensor:
    """An image mirrored at the bottom and the right up to a multiple."""
    height, width = image.shape[-2:]
    below = -height % multiple
    right = -width % multiple
    if not below and not right:
        return image
    mode = "reflect" if below < height and right < width else "replicate"
    return F.pad(image[None], (0, right, 0, below), mode=mode)[0]
