"""Entropy minimisation on the target (Grandvalet 2004), after a start on the source alone."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from harness.components.methods import method
from harness.data.images import Domains, Labelled
from harness.spec.options import Loss, NonNegative, Optimiser, Positive, Schedule
from harness.train.phases import BOTH, Batch, Phase, single


@method(needs=("adapt_to",))
def entropy(
    net: nn.Module,
    data: Domains,
    *,
    weight: NonNegative = 0.01,
    epochs: tuple[int, int] = (10, 10),
    lr: Positive = 1e-3,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
) -> Iterator[Phase]:
    """Learns from the source's masks, then also makes the predictions on the target certain."""
    source = data.source
    if not isinstance(source, Labelled):
        raise ValueError("fit.train_on has no masks, and fit.method learns from masks")

    def on_source(batch: Batch) -> Tensor:
        return loss(net(batch.source.images), batch.source.masks, source.ignore)

    def on_both(batch: Batch) -> dict[str, Tensor]:
        uncertainty = _uncertainty(net(batch.target.images))
        return {"segmentation": on_source(batch), "entropy": weight * uncertainty}

    yield single(
        "source", net, on_source, epochs=epochs[0], lr=lr, optimiser=optimiser, schedule=schedule
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


def _uncertainty(logits: Tensor) -> Tensor:
    """The mean entropy of the predicted classes; one logit stands against a background of zero."""
    scores = (
        torch.cat([torch.zeros_like(logits), logits], dim=1) if logits.shape[1] == 1 else logits
    )
    logarithms = scores.float().log_softmax(dim=1)
    return -(logarithms.exp() * logarithms).sum(dim=1).mean()
