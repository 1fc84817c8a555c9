"""What a network predicts on images whose masks nobody has looked at, and what it did on others."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from harness.data.images import Labelled, Unlabelled
from harness.measure.forward import logits_of
from harness.measure.overlap import labels_of


def predicted_foregrounds(net: nn.Module, images: Unlabelled) -> Iterator[tuple[int, Tensor]]:
    """Yields the position of each image and its predicted foreground, (h, w), in its true size."""
    for which, logits in logits_of(net, images):
        foregrounds = labels_of(logits) > 0
        yield from zip(which.tolist(), foregrounds, strict=True)


def class_probabilities(net: nn.Module, images: Unlabelled) -> Iterator[Tensor]:
    """Yields the probabilities of all classes for each image, (classes, h, w), background first.

    One logit stands against a background of zero.
    """
    for _, logits in logits_of(net, images):
        scores = logits.float()
        if scores.shape[1] == 1:
            scores = torch.cat([torch.zeros_like(scores), scores], dim=1)
        yield from scores.softmax(dim=1)


def true_foregrounds(source: Labelled) -> Iterator[tuple[int, Tensor]]:
    """Yields the position of each image and its true foreground; what is ignored is none."""
    for index in range(len(source)):
        mask = source.masks_of(torch.tensor([index], device=source.masks.device))[0]
        foreground = mask > 0
        if source.ignore is not None:
            foreground &= mask != source.ignore
        yield index, foreground


def labelled_source(pick: str, source: Labelled | Unlabelled) -> Labelled:
    """Returns the source with its masks, from which a pick knows what to expect."""
    if not isinstance(source, Labelled):
        raise ValueError(f"pick {pick}: fit.train_on has no masks, and it expects what they show")
    return source
