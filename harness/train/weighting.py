"""What pixels weigh in a loss: a plane beside the masks, and what a batch's sum is divided by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from harness.data.images import Labelled
from harness.train.crops import Crops

WEIGHT = "weight"  # the plane of the source that says what each pixel weighs

Over = Literal["pixels", "foreground"]


@dataclass(frozen=True)
class PixelWeights:
    """A plane of weights, and what a loss that is a mean over pixels is divided by.

    Over `foreground`, a batch's sum is divided by its foreground pixels instead of by all that
    count, as if there were `least` of all of them at the fewest: a batch without foreground would
    have no loss, and one with a single pixel of it a loss that drowns all others.
    """

    plane: Tensor  # (n, h, w)
    over: Over = "pixels"
    least: float = 0.01

    def of_batch(self, crops: Crops, ignore: int | None) -> Tensor:
        """Returns (b, h, w): what the pixels of a batch weigh where a loss divides by all that
        count.
        """
        weights = crops.planes[WEIGHT]
        if self.over == "pixels" or crops.masks is None:
            return weights
        counted = torch.ones_like(crops.masks, dtype=torch.bool)
        if ignore is not None:
            counted = crops.masks != ignore
        pixels = counted.sum()
        foreground = (counted & (crops.masks != 0)).sum()
        divisor = torch.maximum(foreground, self.least * pixels).clamp(min=1)
        return weights * (pixels / divisor)


Weigh = Callable[[Labelled, nn.Module], Tensor | PixelWeights]


def weigh_source(
    source: Labelled, net: nn.Module, weigh: Weigh, label: str
) -> tuple[Labelled, PixelWeights]:
    """Returns the source with a plane of weights; weights that cannot be any are refused.

    The network is the one that training starts from, in evaluation mode.
    """
    net.eval()
    with torch.no_grad():
        weights = weigh(source, net)
    if isinstance(weights, Tensor):
        weights = PixelWeights(weights)
    if not bool((weights.plane.isfinite() & (weights.plane >= 0)).all()):
        raise ValueError(f"fit.method.weight: {label} gives weights that are below 0 or no numbers")
    plane = weights.plane.to(source.masks.device)  # images may stand in the computer's memory
    return source.with_plane(WEIGHT, plane), weights
