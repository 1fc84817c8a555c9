"""Learning from the source's masks: from the first layer on, or a pretrained network's last part only."""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import nn

from harness.components.methods import method
from harness.data.images import Domains, Labelled
from harness.measure.forward import logits_of
from harness.spec.options import Count, Loss, Optimiser, Positive, Schedule
from harness.train.phases import Batch, Phase, freeze, single


@method
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
) -> Iterator[Phase]:
    """One phase on the source's masks, stopped early where the validation loss no longer falls."""
    source = labelled(data)
    yield single(
        "segment",
        net,
        segmentation(net, loss, source.ignore),
        epochs=epochs,
        lr=lr,
        optimiser=optimiser,
        schedule=schedule,
        patience=patience,
        watch=validation(net, loss, data.validation),
    )


@method
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
) -> Iterator[Phase]:
    """As supervised, from a pretrained network whose encoder stays as it is, its batch norm statistics too."""
    encoder = getattr(net, "encoder", None)
    if frozen != "none" and not isinstance(encoder, nn.Module):
        raise ValueError(
            f"fit.method.frozen: {type(net).__name__} has no part called encoder to freeze"
        )
    if frozen == "encoder" and isinstance(encoder, nn.Module):
        freeze(encoder)
    elif frozen == "encoder_but_norm" and isinstance(encoder, nn.Module):
        encoder.requires_grad_(False)
    yield from supervised(
        net,
        data,
        epochs=epochs,
        lr=lr,
        loss=loss,
        optimiser=optimiser,
        schedule=schedule,
        patience=patience,
    )


def labelled(data: Domains) -> Labelled:
    """The source with its masks; a sentence where it has none."""
    if not isinstance(data.source, Labelled):
        raise ValueError("fit.train_on has no masks, and fit.method learns from masks")
    return data.source


def segmentation(net: nn.Module, loss: Loss, ignore: int | None) -> Callable[[Batch], torch.Tensor]:
    """The loss of the network's logits on the source's crops."""

    def follow(batch: Batch) -> torch.Tensor:
        value: torch.Tensor = loss(net(batch.source.images), batch.source.masks, ignore)
        return value

    return follow


def validation(net: nn.Module, loss: Loss, held: Labelled | None) -> Callable[[], float] | None:
    """Minus the mean loss on the validation images; asked in evaluation mode, without gradients."""
    if held is None:
        return None

    def watch() -> float:
        total = 0.0
        for which, logits in logits_of(net, held.images):
            total -= float(loss(logits, held.masks[which].long(), held.ignore)) * len(which)
        return total / len(held)

    return watch
