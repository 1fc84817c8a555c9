"""Selection by what is known of the source."""

import math

from torch import nn

from harness.components.picks import pick
from harness.data.images import Domains
from harness.measure.forward import logits_of
from harness.measure.overlap import counts, dice


@pick
def source_validation(net: nn.Module, data: Domains) -> float:
    """The epoch with the best mean Dice on the validation part of the source."""
    validation = data.validation
    if validation is None:
        raise ValueError(
            "pick source_validation: fit.train_on has no validation split, and fit.fold is not set"
        )
    scores = []
    for which, logits in logits_of(net, validation.images):
        masks = validation.masks_of(which)
        for confusion in counts(logits, masks, validation.ignore):
            score = dice(confusion)
            if not math.isnan(score):  # an image without foreground says nothing
                scores.append(score)
    return sum(scores) / len(scores) if scores else -math.inf
