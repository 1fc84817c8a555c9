"""Maps from the gradient of the summed outputs by the input."""

from typing import Literal

import torch
from captum.attr import IntegratedGradients, Saliency
from torch import Tensor, nn

from harness.components.saliency import saliency
from harness.components.saliency.outputs import (
    PIXELS,
    Baseline,
    Selection,
    baseline_of,
    output_sum,
    random_points,
)
from harness.measure.memory import halve_until_it_fits, pixels_at_once
from harness.measure.overlap import answered_labels, labels_of
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
    """|d sum of all outputs / d input| ("full output"); with `points`, of the outputs at so many
    random places.
    """
    if points is None:
        return _slope(net, images, None)

    def at_random(logits: Tensor) -> Tensor:
        everywhere = torch.ones_like(logits[:, 0], dtype=torch.bool)
        return random_points(everywhere, images, points, seed)

    return _slope(net, images, at_random)


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
    """The gradient of the outputs summed over the foreground: predicted (logit > 0; argmax > 0 of
    several), or true.
    """
    if mask == "true" and masks is None:
        raise ValueError(
            "saliency foreground: 'mask: true' needs masks and this test set has none; "
            "there is predicted"
        )

    def in_foreground(logits: Tensor) -> Tensor:
        """Marks the pixels whose outputs are summed: all of the foreground, or random ones."""
        labels = labels_of(logits)
        if mask == "true" and masks is not None:
            labels = answered_labels(logits, masks, None)
        if points is None:
            return labels > 0
        return random_points(labels > 0, images, points, seed)

    return _slope(net, images, in_foreground)


@saliency
def integrated_gradients(
    net: nn.Module,
    images: Tensor,
    masks: Tensor | None,
    *,
    steps: Count = 50,
    baseline: Baseline = "zero",
) -> Tensor:
    """|integrated gradients| (Sundararajan 2017) of the sum of all outputs, by Gauss-Legendre steps
    from a baseline.
    """
    pixels = pixels_at_once(images.device, PIXELS)
    most_steps = min(steps, max(1, pixels // images[:, 0].numel()))

    def attribute(steps_at_once: int) -> Tensor:
        """Returns the attributions, so many steps of every image in one pass."""
        maps: Tensor = IntegratedGradients(output_sum(net)).attribute(
            images.detach(),
            baseline_of(images, baseline),
            n_steps=steps,
            internal_batch_size=steps_at_once * len(images),
        )
        return maps

    maps, _ = halve_until_it_fits(attribute, most_steps)
    return maps.abs().detach().to(images.dtype)


def _slope(net: nn.Module, images: Tensor, selection: Selection | None) -> Tensor:
    """Returns |d sum of the selected outputs / d input|, by one backward pass."""
    inputs = images.detach().clone().requires_grad_()
    maps: Tensor = Saliency(output_sum(net, selection)).attribute(inputs, abs=True)
    return maps.detach()
