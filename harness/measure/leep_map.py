"""Pixel-level LEEP: how well a source network predicts a target's labels at each location.

Images must be registered, so that one location means one thing in all of them.
"""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.data.images import Labelled
from harness.measure.leep import (
    Answers,
    answers_of,
    class_count,
    conditionals_of,
    log_predictions,
)

Conditionals = Literal["own", "shrunk", "global"]

FEWEST = 5  # pixels of a block from which conditionals can be estimated, as in Tan 2023
FLAT = 1e-9  # a map whose values differ by less has one value, but for rounding
SMALLEST_COUNT = 0.5  # a count is a sum of likelihoods: a whole number, but for rounding


@dataclass(frozen=True)
class LeepMap:
    """LEEP at each location of a target's images, and where it means little.

    A location in which no pixel counts has a LEEP of 0: there is nothing to predict.
    """

    map: Tensor  # (h, w) float64, 0 at best
    counts: Tensor  # (h, w): the pixels that count in the block of each location, over the images
    constant: Tensor  # (h, w): whether all pixels of the block are of one class
    score: float  # the mean over all pixels that count; NaN where none does

    @property
    def constant_share(self) -> float:
        """The share of locations where the label never changes: their own LEEP is 0, whatever the
        network says.
        """
        return float(self.constant.double().mean())

    @property
    def sparse_share(self) -> float:
        """The share of locations with fewer pixels than conditionals can be estimated from."""
        return float((self.counts < FEWEST).double().mean())

    @property
    def is_flat(self) -> bool:
        """Whether the map has one value, so that it ranks no location above another."""
        return float(self.map.max() - self.map.min()) < FLAT


def leep_map(
    net: nn.Module,
    target: Labelled,
    *,
    block: int = 1,
    conditionals: Conditionals = "own",
    prior: float = 16.0,
) -> LeepMap:
    """Returns the pixel-level LEEP of a network, in evaluation mode (paper 003, Eqs. 3 and 4).

    The pixels of a block of `block` x `block` are pooled over all images: 1 is Eq. 4 as printed, 4
    the map of Tan 2023. P(y | z) is estimated from those pixels (`own`), from all pixels of the
    images (`global`), or from those of the block and `prior` more that are distributed as all
    pixels are (`shrunk`). Memory is that of a map for each pair of a target and a source class.
    """
    height, width = _size_of(target)
    joint = torch.zeros(())
    for answers in answers_of(net, target):
        joint = joint + _joint_of_blocks(answers, class_count(target), block)
    of_all = joint.sum(dim=(2, 3), keepdim=True)
    if conditionals == "global":
        in_blocks = conditionals_of(of_all).expand_as(joint)
    elif conditionals == "shrunk":
        shares = of_all / of_all.sum().clamp(min=1)
        in_blocks = conditionals_of(joint + prior * shares)
    else:
        in_blocks = conditionals_of(joint)
    at_pixels = _as_pixels(in_blocks, block, height, width)
    sums = torch.zeros(height, width, dtype=torch.float64, device=joint.device)
    for answers in answers_of(net, target):
        sums += log_predictions(answers, at_pixels).sum(dim=0)
    counts = joint.sum(dim=(0, 1))
    means = _block_sums(sums, block) / counts.clamp(min=SMALLEST_COUNT)
    is_constant = (joint.sum(dim=1) > 0).sum(dim=0) == 1
    return LeepMap(
        map=_as_pixels(means, block, height, width),
        counts=_as_pixels(counts.round(), block, height, width),
        constant=_as_pixels(is_constant, block, height, width),
        score=float(sums.sum() / counts.sum()),
    )


def _size_of(target: Labelled) -> tuple[int, int]:
    """Returns height and width of all images; images of several sizes have no common locations."""
    sizes = set()
    for index in range(len(target)):
        sizes.add(target.images.size_of(index))
    if len(sizes) != 1:
        raise ValueError(
            "a map of transferability needs images of one size, registered to each other; "
            f"these have {len(sizes)} sizes"
        )
    return sizes.pop()


def _joint_of_blocks(answers: Answers, classes: int, block: int) -> Tensor:
    """Returns (target classes, source classes, rows, columns): the likelihoods, summed over the
    pixels of each class in each block.
    """
    sums = []
    for label in range(classes):
        is_of_class = answers.counted & (answers.labels == label)
        share = answers.likelihoods * is_of_class[:, None]
        sums.append(_block_sums(share.sum(dim=0), block))
    return torch.stack(sums)


def _block_sums(planes: Tensor, block: int) -> Tensor:
    """Sums (..., h, w) over blocks; those at the lower and right edge may be smaller."""
    height, width = planes.shape[-2:]
    below = -height % block
    right = -width % block
    filled = F.pad(planes, (0, right, 0, below))
    in_rows = filled.unflatten(-2, (-1, block)).sum(dim=-2)
    return in_rows.unflatten(-1, (-1, block)).sum(dim=-1)


def _as_pixels(blocks: Tensor, block: int, height: int, width: int) -> Tensor:
    """Gives every pixel the value of its block."""
    in_rows = blocks.repeat_interleave(block, dim=-2)
    pixels = in_rows.repeat_interleave(block, dim=-1)
    return pixels[..., :height, :width]
