"""Entropy minimisation on the target (Grandvalet 2004), as ADVENT's MinEnt does (Vu 2019)."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from harness.components.methods import method
from harness.components.methods.supervised import labelled_source, segmentation, supervised
from harness.data.images import Domains
from harness.spec.options import Count, Loss, NonNegative, Optimiser, Positive, Schedule
from harness.train.phases import BOTH, Batch, Phase, single


@method(needs=("adapt_to",))
def entropy(
    net: nn.Module,
    data: Domains,
    *,
    weight: NonNegative = 0.001,
    epochs: tuple[Count, Count] = (10, 10),
    lr: Positive = 1e-3,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
) -> Iterator[Phase]:
    """Learns from the source's masks, then also makes the predictions on the target certain."""
    on_source = segmentation(net, loss, labelled_source(data).ignore)

    def on_both(batch: Batch) -> dict[str, Tensor]:
        doubt = entropies(net(batch.target.images)).mean()
        return {"segmentation": on_source(batch), "entropy": weight * doubt}

    yield from supervised(
        net,
        data,
        epochs=epochs[0],
        lr=lr,
        loss=loss,
        optimiser=optimiser,
        schedule=schedule,
    )
    yield single(
        "adapt",
        net,
        on_both,
        epochs=epochs[1],
        lr=lr,
        optimiser=optimiser,
        schedule=schedule,
        streams=BOTH,
    )


def entropies(logits: Tensor) -> Tensor:
    """Returns the entropy of the predicted classes at each pixel, from 0 to 1."""
    logarithms = class_logits(logits).log_softmax(dim=1)
    doubt = -(logarithms.exp() * logarithms).sum(dim=1)
    return doubt / math.log(logarithms.shape[1])


def class_logits(logits: Tensor) -> Tensor:
    """Returns a logit for each class; one logit alone stands against a background of zero."""
    if logits.shape[1] > 1:
        return logits.float()
    return torch.cat([torch.zeros_like(logits), logits], dim=1).float()
