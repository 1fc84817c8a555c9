"""Learning from the source's masks: from the first layer on, or a pretrained network's last part
only.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import nn

from harness.components.methods import method
from harness.data.images import Domains, Labelled
from harness.measure.forward import logits_of
from harness.spec.options import Count, Loss, Optimiser, Positive, Schedule, Weight
from harness.train.phases import Batch, Phase, freeze, single
from harness.train.weighting import PixelWeights, weigh_source


@method(later=("weight",))
def supervised(
    net: nn.Module,
    data: Domains,
    *,
    epochs: Count = 10,
    lr: Positive = 1e-3,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
    patience: Count | None = None,
    weight: Weight | None = None,
) -> Iterator[Phase]:
    """One phase on the source's masks, stopped early where the validation loss no longer falls.

    Pixels of the training images weigh what `weight` says, those of the validation images 1 each.
    """
    source = labelled_source(data)
    domains: dict[str, Labelled] = {}
    weights = None
    if weight is not None:
        domains["source"], weights = weigh_source(source, net, weight, weight.label)
    yield single(
        "segment",
        net,
        segmentation(net, loss, source.ignore, weights),
        epochs=epochs,
        lr=lr,
        optimiser=optimiser,
        schedule=schedule,
        patience=patience,
        watch=validation_score(net, loss, data.validation),
        domains=domains,
    )


@method(later=("weight",))
def finetune(
    net: nn.Module,
    data: Domains,
    *,
    frozen: Literal["encoder", "encoder_but_norm", "none"] = "encoder",
    epochs: Count = 10,
    lr: Positive = 1e-4,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
    patience: Count | None = None,
    weight: Weight | None = None,
) -> Iterator[Phase]:
    """As supervised, from a pretrained network whose encoder stays as it is, its batch norm
    statistics too.
    """
    if frozen == "encoder":
        freeze(_encoder_of(net))
    elif frozen == "encoder_but_norm":
        _encoder_of(net).requires_grad_(False)
    yield from supervised(
        net,
        data,
        epochs=epochs,
        lr=lr,
        loss=loss,
        optimiser=optimiser,
        schedule=schedule,
        patience=patience,
        weight=weight,
    )


def _encoder_of(net: nn.Module) -> nn.Module:
    """Returns the part that `frozen` names; a network without it is refused in one sentence."""
    encoder = getattr(net, "encoder", None)
    if not isinstance(encoder, nn.Module):
        raise ValueError(
            f"fit.method.frozen: {type(net).__name__} has no part called encoder to freeze"
        )
    return encoder


def labelled_source(data: Domains) -> Labelled:
    """Returns the source with its masks; a source without masks is refused in one sentence."""
    if not isinstance(data.source, Labelled):
        raise ValueError("fit.train_on has no masks, and fit.method learns from masks")
    return data.source


def segmentation(
    net: nn.Module, loss: Loss, ignore: int | None, weights: PixelWeights | None = None
) -> Callable[[Batch], torch.Tensor]:
    """Makes the loss that a phase follows: that of the network's logits on the source's crops.

    Its pixels weigh what `weights` say, which stand as a plane beside the source's masks.
    """

    def loss_of_batch(batch: Batch) -> torch.Tensor:
        crops = batch.source
        further = [] if weights is None else [weights.of_batch(crops, ignore)]
        value: torch.Tensor = loss(net(crops.images), crops.masks, ignore, *further)
        return value

    return loss_of_batch


def validation_score(
    net: nn.Module,
    loss: Loss,
    validation: Labelled | None,
) -> Callable[[], float] | None:
    """Makes what a phase watches: minus the mean loss on the validation images, None where there
    are none.

    It is asked in evaluation mode, without gradients.
    """
    if validation is None:
        return None

    def minus_mean_loss() -> float:
        total = 0.0
        for which, logits in logits_of(net, validation.images):
            masks = validation.masks_of(which)
            total -= float(loss(logits, masks, validation.ignore)) * len(which)
        return total / len(validation)

    return minus_mean_loss
