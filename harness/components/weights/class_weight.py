"""Rare classes weigh more, so that each class has the same say."""

import torch
from torch import Tensor, nn

from harness.components.weights import weight
from harness.data.images import Labelled
from harness.spec.options import Fraction


@weight
def class_weight(source: Labelled, net: nn.Module, *, power: Fraction = 1.0) -> Tensor:
    """A pixel of class c weighs (N / (C n_c)) ** power, over the mean of that.

    N is the number of training pixels that count, n_c how many of them are of the class, and C how
    many classes there are among them. With `power` 1 each class weighs as much as any other in sum;
    with 0 each pixel weighs 1. The mean weight of the pixels that count is 1, so that a learning
    rate means what it means without weights. Masks of one object class or of instances are taken
    as object or background. Pixels that do not count weigh 0.
    """
    masks = source.masks
    counted = torch.ones_like(masks, dtype=torch.bool)
    if source.ignore is not None:
        counted = masks != source.ignore
    labels = masks if len(source.classes) > 2 else (masks > 0).to(masks.dtype)
    sizes = {}
    for label in labels[counted].unique().tolist():
        sizes[label] = int(((labels == label) & counted).sum())
    total = sum(sizes.values())
    weights = torch.zeros(masks.shape, device=masks.device)
    for label, size in sizes.items():
        weight_of_class = (total / (len(sizes) * size)) ** power
        weights[(labels == label) & counted] = weight_of_class
    mean = weights.double().sum() / max(total, 1)
    return weights / mean.clamp(min=1e-12).float()
