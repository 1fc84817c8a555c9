"""Maps from the gradient of the summed outputs by the input."""

from typing import Literal

import torch
from captum.attr import IntegratedGradients, Saliency
from torch import Tensor, nn

from harness.components.saliency import saliency
from harness.components.saliency.outputs import PIXELS, Baseline, Places, hidden, sampled, summed
from harness.measure.overlap import labels_of
from harness.spec.options import Count, Whole


@saliency
def gradient(
    net: nn.Module,
    images: Tensor,
    masks: Tensor | None,
    *,
    points: Count | None = None,
    seed: Whole = 0,
) -> Tensor:
    """|d sum of all outputs / d input| ("full output"); with `points`, of the outputs at so many random places."""
    if points is None:
        return _slope(net, images, None)

    def places(logits: Tensor) -> Tensor:
        return sampled(torch.ones_like(logits[:, 0], dtype=torch.bool), images, points, seed)

    return _slope(net, images, places)


@saliency
def foreground(
    net: nn.Module,
    images: Tensor,
    masks: Tensor | None,
    *,
    mask: Literal["predicted", "true"] = "predicted",
    points: Count | None = None,
    seed: Whole = 0,
) -> Tensor:
    """The gradient of the outputs summed over the foreground: predicted (logit > 0; argmax > 0 of several), or true."""
    if mask == "true" and masks is None:
        raise ValueError(
            "saliency foreground: 'mask: true' needs masks and this test set has none; there is predicted"
        )

    def places(logits: Tensor) -> Tensor:
        where = masks > 0 if mask == "true" and masks is not None else labels_of(logits) > 0
        return where if points is None else sampled(where, images, points, seed)

    return _slope(net, images, places)


@saliency
def integrated_gradients(
    net: nn.Module,
    images: Tensor,
    masks: Tensor | None,
    *,
    steps: Count = 50,
    baseline: Baseline = "zero",
) -> Tensor:
    """|integrated gradients| (Sundararajan 2017) of the sum of all outputs, by Gauss-Legendre steps from a baseline."""
    at_once = max(len(images), PIXELS // images[0, 0].numel())
    return (
        IntegratedGradients(summed(net))
        .attribute(
            images.detach(), hidden(images, baseline), n_steps=steps, internal_batch_size=at_once
        )
        .abs()
        .detach()
        .to(images.dtype)
    )


def _slope(net: nn.Module, images: Tensor, at: Places | None) -> Tensor:
    maps: Tensor = Saliency(summed(net, at)).attribute(
        images.detach().clone().requires_grad_(), abs=True
    )
    return maps.detach()
