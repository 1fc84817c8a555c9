"""Class activation maps against plain autograd, captum and the published sum."""

from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from torch import Tensor, nn

from harness.components.saliency.cam import cam_of, mean_weighted, slope_weighted
from tests.made.slices import network, pictures, saliency

EVERYWHERE = (999, 999)


def features_and_slopes(
    net: Any,
    images: Tensor,
    size: tuple[int, int] = EVERYWHERE,
) -> tuple[Tensor, Tensor]:
    """Returns the encoder's last features, and the slopes of the outputs' sum over so many
    pixels.
    """
    stages = net.encoder(images)
    last = stages[-1].detach().requires_grad_()
    decoder_output = net.decoder([*stages[:-1], last])
    logits = net.segmentation_head(decoder_output)
    height, width = size
    logits[..., :height, :width].sum().backward()
    assert last.grad is not None
    return last.detach(), last.grad


def test_gradcam_is_captums_and_plain_autograds() -> None:
    net = network("unet")
    images = pictures(2, 3, 64, 96)
    features, slopes = features_and_slopes(net, images)
    plain = torch.zeros(2, 2, 3, dtype=torch.float64)
    for image in range(2):
        for channel in range(features.shape[1]):
            weight = float(slopes[image, channel].mean())
            plain[image] += features[image, channel] * weight
    layer = net.get_submodule("encoder.layer4")
    captum = LayerGradCam(lambda x: net(x).flatten(1).sum(1), layer)
    captums_maps = captum.attribute(images)[:, 0]
    assert torch.allclose(captums_maps.double(), plain)
    enlarged = nn.functional.interpolate(plain[:, None], (64, 96), mode="bilinear")
    enlarged = enlarged[:, 0]
    maps = cam_of(net, images, "bottleneck", mean_weighted)
    assert float(maps.abs().max()) > 0
    assert torch.allclose(maps, enlarged)
    by_path = cam_of(net, images, "encoder.layer4", mean_weighted)
    assert torch.allclose(by_path, enlarged)


def test_gradcam_of_an_image_of_any_size_is_cut_out_of_what_the_network_saw() -> None:
    net = network("unet")
    images = pictures(1, 3, 40, 70)
    mirrored = nn.functional.pad(images, (0, 26, 0, 24), mode="reflect")
    features, slopes = features_and_slopes(net, mirrored, (40, 70))
    weights = slopes.mean(dim=(2, 3), keepdim=True)
    plain = (features * weights).sum(1, keepdim=True)
    enlarged = nn.functional.interpolate(plain, (64, 96), mode="bilinear")
    maps = cam_of(net, images, "bottleneck", mean_weighted)
    assert torch.allclose(maps, enlarged[:, 0, :40, :70])


def test_gradcam_plus_plus_is_the_published_sum() -> None:
    net = network("unet")
    images = pictures(1, 3, 64, 64)
    features, slopes = features_and_slopes(net, images)
    plain = np.zeros((2, 2))
    for a, slope in zip(features[0].numpy(), slopes[0].numpy(), strict=True):
        weight = 0.0
        for g in slope.ravel():
            if g != 0:
                divisor = 2 * g**2 + a.sum() * g**3 + 1e-6
                weight += g**2 / divisor * max(g, 0)
        plain += weight * a
    positive = torch.from_numpy(plain).relu()[None, None]
    expected = nn.functional.interpolate(positive, (64, 64), mode="bilinear")[0]
    maps = cam_of(net, images, "bottleneck", slope_weighted)
    assert float(maps.max()) > 0
    assert torch.allclose(maps, expected)


@pytest.mark.parametrize(
    ("name", "cam"), [("gradcam", mean_weighted), ("gradcam_plus_plus", slope_weighted)]
)
def test_a_channel_counts_for_what_changes_when_it_is_hidden(name: str, cam: Any) -> None:
    net = network("deeplabv3plus")
    images = pictures(2, 3, 50, 64)
    maps = saliency({"name": name, "baseline": "mean"})(net, images, None)
    intact = cam_of(net, images, "bottleneck", cam)
    means = images.mean(dim=(1, 2, 3))
    for channel in range(3):
        without = images.clone()
        without[:, channel] = means[:, None, None]
        change = cam_of(net, without, "bottleneck", cam) - intact
        assert torch.allclose(maps[:, channel], change.abs())
    assert float(maps.max()) > 0


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("middle", "has no layer 'middle'; there is encoder_0"),
        ("spare", "no output hangs on 'spare'"),
        ("pooled", "'pooled' gives 2 dimensions"),
    ],
)
def test_a_layer_that_cannot_be_mapped_is_refused(layer: str, message: str) -> None:
    net = network()
    net.add_module("spare", nn.Conv2d(3, 3, 1))
    net.add_module("pooled", nn.Sequential(nn.Flatten()))

    def add_mean_of_inputs(module: Any, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        mean = module.pooled(inputs[0]).mean()
        return output + mean

    net.register_forward_hook(add_mean_of_inputs)
    with pytest.raises(ValueError, match=message):
        saliency({"name": "gradcam", "layer": layer})(net, pictures(1, 3, 64, 64), None)
