"""Maps from class activation maps: what changes in them when one input channel is hidden.

A class activation map has one channel; hiding the inputs one by one gives a map for each. The maps are compared as they
are: each stretched to 0..1 by itself, as they are shown, a channel that dims the whole map would leave no trace.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.saliency import saliency
from harness.components.saliency.outputs import Baseline, hidden, summed
from harness.measure.forward import PADDED_TO
from harness.measure.layers import hooked_layers

Cam = Callable[[Tensor, Tensor], Tensor]


@saliency
def gradcam(
    net: nn.Module,
    images: Tensor,
    masks: Tensor | None,
    *,
    layer: str = "bottleneck",
    baseline: Baseline = "zero",
) -> Tensor:
    """|change of the Grad-CAM of the sum of all outputs at a layer| as one input channel is hidden."""
    return _changes(net, images, layer, hidden(images, baseline), mean_weighted)


@saliency
def gradcam_plus_plus(
    net: nn.Module,
    images: Tensor,
    masks: Tensor | None,
    *,
    layer: str = "bottleneck",
    baseline: Baseline = "zero",
) -> Tensor:
    """|change of the Grad-CAM++ of the sum of all outputs at a layer| as one input channel is hidden."""
    return _changes(net, images, layer, hidden(images, baseline), slope_weighted)


def mean_weighted(features: Tensor, slopes: Tensor) -> Tensor:
    """Grad-CAM (Selvaraju 2017): features weighted by their mean slope. Nothing is cut off at zero.

    Where all outputs are summed no class is argued for, and what is left above zero is often nothing at all.
    """
    return (features * slopes.mean(dim=(2, 3), keepdim=True)).sum(1)


def slope_weighted(features: Tensor, slopes: Tensor) -> Tensor:
    """Grad-CAM++ (Chattopadhyay 2018, without its exponential): positive slopes, each weighted by its share."""
    total = features.sum(dim=(2, 3), keepdim=True)
    shares = slopes**2 / (2 * slopes**2 + total * slopes**3 + 1e-6)
    weights = torch.where(slopes > 0, slopes * shares, 0).sum(dim=(2, 3), keepdim=True)
    return (features * weights).sum(1).relu()


def cam_of(net: nn.Module, images: Tensor, layer: str, cam: Cam) -> Tensor:
    """(b, h, w): a class activation map, brought to the size of the images bilinearly."""
    seen: list[Tensor] = []

    def see(name: str, features: Tensor) -> None:
        seen.append(features)

    with torch.enable_grad(), hooked_layers(net, [layer], see):
        total = summed(net)(images.detach().requires_grad_()).sum()
    slopes = torch.autograd.grad(total, seen[-1], allow_unused=True)[0] if seen else None
    if slopes is None:
        raise ValueError(f"layer: no output hangs on {layer!r}")
    if slopes.ndim != 4:
        raise ValueError(
            f"layer: {layer!r} gives {slopes.ndim} dimensions; a class activation map needs maps in four"
        )
    height, width = images.shape[-2:]
    whole = [height + -height % PADDED_TO, width + -width % PADDED_TO]  # what the network saw
    found = cam(seen[-1].detach(), slopes)[:, None]
    return F.interpolate(found, whole, mode="bilinear", align_corners=False)[:, 0, :height, :width]


def _changes(net: nn.Module, images: Tensor, layer: str, instead: Tensor, cam: Cam) -> Tensor:
    intact = cam_of(net, images, layer, cam)
    maps = []
    for channel in range(images.shape[1]):
        without = images.clone()
        without[:, channel] = instead[:, channel]
        maps.append((cam_of(net, without, layer, cam) - intact).abs())
    return torch.stack(maps, dim=1)
