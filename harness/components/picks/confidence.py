"""Selection by how certain a network is of what it predicts, which needs no labels at all."""

from torch import nn

from harness.components.picks import pick
from harness.components.picks.predictions import class_probabilities
from harness.data.images import Domains
from harness.spec.options import Dataset


@pick
def entropy(net: nn.Module, data: Domains, *, images: Dataset) -> float:
    """The epoch with the least mean entropy of the predicted classes on `images`.

    A network that predicts background everywhere is the most certain of all.
    """
    total = 0.0
    pixels = 0
    for probabilities in class_probabilities(net, images):
        uncertainty = -(probabilities * probabilities.clamp(min=1e-30).log()).sum(dim=0)
        total += float(uncertainty.double().sum())
        pixels += uncertainty.numel()
    return -total / pixels


@pick
def soft_dice_confidence(net: nn.Module, data: Domains, *, images: Dataset) -> float:
    """The epoch whose probabilities overlap best with the foreground that they make, on `images`.

    It is the mean over images of 2 sum(p y) / (sum(p) + sum(y)), where p is the probability of
    foreground and y is 1 where foreground is predicted (Borges 2024). An image without predicted
    foreground counts as 0.
    """
    scores: list[float] = []
    for probabilities in class_probabilities(net, images):
        foreground = 1 - probabilities[0].double()
        predicted = (probabilities.argmax(dim=0) > 0).double()
        overlap = 2 * (foreground * predicted).sum()
        scores.append(float(overlap / (foreground.sum() + predicted.sum()).clamp(min=1e-12)))
    return sum(scores) / len(scores)
