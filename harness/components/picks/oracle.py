"""What no rule without labels can beat: the choice of one who has the target's masks."""

import math
from typing import Literal

from torch import nn

from harness.components.picks import pick
from harness.data.images import Domains, Labelled
from harness.measure.forward import logits_of
from harness.measure.overlap import counts, dice, foreground_iou
from harness.spec.options import Dataset


@pick(oracle=True)
def oracle(
    net: nn.Module,
    data: Domains,
    *,
    images: Dataset,
    score: Literal["iou", "dice"] = "iou",
) -> float:
    """The epoch with the best mean foreground score on `images`, by their masks.

    It is a bound, and no method: whoever has these masks can train on them.
    """
    if not isinstance(images, Labelled):
        raise ValueError("pick oracle: its images have no masks, and it picks by masks")
    function = foreground_iou if score == "iou" else dice
    scores: list[float] = []
    for which, logits in logits_of(net, images.images):
        masks = images.masks_of(which).to(logits.device)
        for confusion in counts(logits, masks, images.ignore):
            value = function(confusion)
            if not math.isnan(value):  # an image without foreground says nothing
                scores.append(value)
    return sum(scores) / len(scores) if scores else math.nan
