"""Maps from class activation maps: what changes in them when one input channel is hidden.

A class activation map has one channel; hiding the inputs one by one gives a map for each. The maps
are compared as they are: each stretched to 0..1 by itself, as they are shown, a channel that dims
the whole map would leave no trace.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.saliency import saliency
from harness.components.saliency.outputs import Baseline, baseline_of, output_sum
from harness.measure.forward import PADDED_TO
from harness.measure.layers import hooked_layers

Cam = Callable[[Tensor, Tensor], Tensor]  # of (features, slopes), both (b, c, h, w)


@saliency
def gradcam(
    net: nn.Module,
    images: Tensor,
    masks: Tensor | None,
    *,
    layer: str = "bottleneck",
    baseline: Baseline = "zero",
) -> Tensor:
    """|change of the Grad-CAM of the sum of all outputs at a layer| as one input channel is
    hidden.
    """
    return _changes(net, images, layer, baseline, mean_weighted)


@saliency
def gradcam_plus_plus(
    net: nn.Module,
    images: Tensor,
    masks: Tensor | None,
    *,
    layer: str = "bottleneck",
    baseline: Baseline = "zero",
) -> Tensor:
    """|change of the Grad-CAM++ of the sum of all outputs at a layer| as one input channel is
    hidden.
    """
    return _changes(net, images, layer, baseline, slope_weighted)


def mean_weighted(features: Tensor, slopes: Tensor) -> Tensor:
    """Grad-CAM (Selvaraju 2017): features weighted by their mean slope. Nothing is cut off at zero.

    Where all outputs are summed no class is argued for, and what is left above zero is often
    nothing at all.
    """
    weights = slopes.mean(dim=(2, 3), keepdim=True)
    return (features * weights).sum(1)


def slope_weighted(features: Tensor, slopes: Tensor) -> Tensor:
    """Grad-CAM++ (Chattopadhyay 2018, without its exponential): positive slopes, each weighted by
    its share.
    """
    total = features.sum(dim=(2, 3), keepdim=True)
    squares = slopes**2
    cubes = slopes**3
    divisor = 2 * squares + total * cubes + 1e-6
    shares = squares / divisor
    parts = torch.where(slopes > 0, slopes * shares, 0)
    weights = parts.sum(dim=(2, 3), keepdim=True)
    weighted = features * weights
    return weighted.sum(1).relu()


def cam_of(net: nn.Module, images: Tensor, layer: str, cam: Cam) -> Tensor:
    """Returns a class activation map (b, h, w), brought to the size of the images bilinearly."""
    features, slopes = _features_and_slopes(net, images, layer)
    height, width = images.shape[-2:]
    padded_height = height + -height % PADDED_TO  # of what the network saw
    padded_width = width + -width % PADDED_TO
    maps = cam(features, slopes)[:, None]
    size = [padded_height, padded_width]
    maps = F.interpolate(maps, size, mode="bilinear", align_corners=False)
    return maps[:, 0, :height, :width]


def _features_and_slopes(net: nn.Module, images: Tensor, layer: str) -> tuple[Tensor, Tensor]:
    """Returns a layer's feature maps, and how the sum of all outputs changes with each of their
    values.
    """
    features: list[Tensor] = []

    def note(name: str, maps: Tensor) -> None:
        features.append(maps)

    with torch.enable_grad(), hooked_layers(net, [layer], note):
        total = output_sum(net)(images.detach().requires_grad_()).sum()
    slopes = None
    if features and features[-1].requires_grad:
        slopes = torch.autograd.grad(total, features[-1], allow_unused=True)[0]
    if slopes is None:
        raise ValueError(f"layer: no output hangs on {layer!r}")
    if slopes.ndim != 4:
        raise ValueError(
            f"layer: {layer!r} gives {slopes.ndim} dimensions; "
            "a class activation map needs maps in four"
        )
    return features[-1].detach(), slopes


def _changes(net: nn.Module, images: Tensor, layer: str, baseline: Baseline, cam: Cam) -> Tensor:
    """Returns |change of a class activation map| as each input channel is hidden in turn."""
    intact = cam_of(net, images, layer, cam)
    stand_in = baseline_of(images, baseline)
    maps = []
    for channel in range(images.shape[1]):
        without = images.clone()
        without[:, channel] = stand_in[:, channel]
        change = cam_of(net, without, layer, cam) - intact
        maps.append(change.abs())
    return torch.stack(maps, dim=1)
