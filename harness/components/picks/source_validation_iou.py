"""Selection as paper 004 does it: by the mean IoU of all validation pixels."""

from functools import reduce
from operator import add

from torch import nn

from harness.components.picks import pick
from harness.data.images import Domains
from harness.measure.forward import logits_of
from harness.measure.overlap import counts, iou


@pick
def source_validation_iou(net: nn.Module, data: Domains) -> float:
    """The epoch with the best mean IoU of all classes over all pixels of the source's validation part."""
    if data.validation is None:
        raise ValueError(
            "pick source_validation_iou: fit.train_on has no validation split, and fit.fold is not set"
        )
    held = data.validation
    each = [c for which, logits in logits_of(net, held.images)
            for c in counts(logits, held.masks[which].long(), held.ignore)]  # fmt: skip
    return iou(reduce(add, each))
