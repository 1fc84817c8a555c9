"""Selection as paper 004 does it: by the mean IoU of all validation pixels."""

from functools import reduce
from operator import add

from torch import nn

from harness.components.picks import pick
from harness.data.images import Domains
from harness.measure.forward import logits_of
from harness.measure.overlap import Counts, counts, iou


@pick
def source_validation_iou(net: nn.Module, data: Domains) -> float:
    """The epoch with the best mean IoU of all classes over all pixels of the source's validation
    part.
    """
    validation = data.validation
    if validation is None:
        raise ValueError(
            "pick source_validation_iou: fit.train_on has no validation split, "
            "and fit.fold is not set"
        )
    counts_of_images: list[Counts] = []
    for which, logits in logits_of(net, validation.images):
        masks = validation.masks_of(which)
        counts_of_images += counts(logits, masks, validation.ignore)
    return iou(reduce(add, counts_of_images))
