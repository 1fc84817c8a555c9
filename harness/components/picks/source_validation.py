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
    if data.validation is None:
        raise ValueError(
            "pick source_validation: fit.train_on has no validation split, and fit.fold is not set"
        )
    held = data.validation
    scores = []
    for which, logits in logits_of(net, held.images):
        scores += [dice(c) for c in counts(logits, held.masks[which].long(), held.ignore)]
    defined = [
        score for score in scores if not math.isnan(score)
    ]  # an image without foreground says nothing
    return sum(defined) / len(defined) if defined else -math.inf
