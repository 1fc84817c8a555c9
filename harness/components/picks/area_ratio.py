"""Selection by how much of an image is foreground: the rule of the self-supervised part of paper
002's code, beside the paper's own, which is solidity.
"""

from collections.abc import Iterable

from torch import Tensor, nn

from harness.components.picks import pick
from harness.components.picks.predictions import (
    labelled_source,
    predicted_foregrounds,
    true_foregrounds,
)
from harness.data.images import Domains
from harness.spec.options import Dataset


@pick
def area_ratio(net: nn.Module, data: Domains, *, images: Dataset) -> float:
    """The epoch whose predictions on `images` have the share of foreground of the source's labels.

    That domains have as much foreground is assumed; ignored pixels of the source count as none.
    """
    source = labelled_source("area_ratio", data.source)
    expected = share_of_foreground(true_foregrounds(source))
    return -abs(share_of_foreground(predicted_foregrounds(net, images)) - expected)


def share_of_foreground(foregrounds: Iterable[tuple[int, Tensor]]) -> float:
    """Returns the share of all pixels that are foreground."""
    count = 0
    pixels = 0
    for _, foreground in foregrounds:
        count += int(foreground.sum())
        pixels += foreground.numel()
    return count / pixels
