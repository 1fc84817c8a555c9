"""Maps from gradients, by hand and by plain autograd."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.made.slices import SLOPE, linear_network, network, pictures, saliency

TRUE_FOREGROUND = {"name": "foreground", "mask": "true"}


def test_the_gradient_of_a_linear_network_by_hand() -> None:
    images = pictures(2, 3, 32, 32)
    maps = saliency("gradient")(linear_network(), images, None)
    expected = SLOPE.abs().expand_as(images)
    assert torch.allclose(maps, expected)


def test_integrated_gradients_of_a_linear_network_by_hand() -> None:
    images = pictures(2, 3, 32, 32)
    explain = saliency({"name": "integrated_gradients", "steps": 3})
    maps = explain(linear_network(), images, None)
    expected = (SLOPE * images).abs()
    assert torch.allclose(maps, expected, rtol=1e-5)


def test_the_foreground_is_the_true_one_or_what_the_network_sees() -> None:
    net = linear_network()
    images = pictures(2, 3, 32, 32)
    masks = (pictures(2, 32, 32) > 0.8).long()
    predicted = net(images).argmax(1)
    share = float(predicted.double().mean())
    assert 0 < share < 1
    maps = saliency("foreground")(net, images, masks)
    expected = SLOPE.abs() * predicted[:, None]
    assert torch.allclose(maps, expected)
    maps = saliency(TRUE_FOREGROUND)(net, images, masks)
    expected = SLOPE.abs() * masks[:, None]
    assert torch.allclose(maps, expected)


def test_a_true_foreground_needs_masks() -> None:
    explain = saliency(TRUE_FOREGROUND)
    images = pictures(2, 3, 32, 32)
    with pytest.raises(ValueError, match="this test set has none"):
        explain(linear_network(), images, None)


def test_one_logit_sees_foreground_above_zero() -> None:
    net = nn.Conv2d(3, 1, 1).double().eval()
    assert net.bias is not None
    weight = torch.tensor([1.0, -2, 1])
    with torch.no_grad():
        net.weight.copy_(weight[None, :, None, None])
        net.bias.zero_()
    images = pictures(2, 3, 32, 32)
    maps = saliency("foreground")(net, images, None)
    is_explained = maps[:, 1] > 0
    is_foreground = net(images)[:, 0] > 0
    assert torch.equal(is_explained, is_foreground)


def test_the_gradient_is_that_of_all_outputs() -> None:
    net = network(outputs=3)
    images = pictures(1, 3, 64, 32).requires_grad_()
    net(images).sum().backward()
    maps = saliency("gradient")(net, images, None)
    assert images.grad is not None
    assert torch.allclose(maps, images.grad.abs())


def test_the_gradient_is_that_of_all_outputs_at_any_size() -> None:
    net = network(outputs=3)
    images = pictures(1, 3, 40, 30)
    mirrored = nn.functional.pad(images, (0, 2, 0, 24), mode="reflect")
    mirrored.requires_grad_()
    logits = net(mirrored)[..., :40, :30]
    logits.sum().backward()
    assert mirrored.grad is not None
    maps = saliency("gradient")(net, images, None)
    rows, columns = slice(1, 15), slice(1, 27)  # what no mirror image was taken of
    expected = mirrored.grad.abs()[..., rows, columns]
    assert torch.allclose(maps[..., rows, columns], expected)


def explained_pixels(raw: dict[str, Any], images: Tensor, masks: Tensor) -> Tensor:
    """Returns the pixels whose outputs a map explains, of a network that sees each pixel alone."""
    maps = saliency(raw)(linear_network(), images, masks)
    return maps[:, 0] > 0


def counts_of(points: Tensor) -> list[int]:
    """Returns how many points each image has."""
    counts: list[int] = points.flatten(1).sum(1).tolist()
    return counts


def test_sampled_places_hang_on_the_seed_and_the_image_alone() -> None:
    images = pictures(4, 3, 32, 32)
    masks = torch.zeros(4, 32, 32, dtype=torch.long)
    raw: dict[str, Any] = {"name": "gradient", "points": 30}
    points = explained_pixels(raw, images, masks)
    assert counts_of(points) == [30] * 4
    assert not torch.equal(points[0], points[1])
    order = [3, 1]
    backwards = explained_pixels(raw, images[order], masks[order])
    assert torch.equal(backwards, points[order])
    raw["seed"] = 1
    with_another_seed = explained_pixels(raw, images[:1], masks[:1])
    assert not torch.equal(with_another_seed, points[:1])


def test_sampled_places_lie_in_the_foreground() -> None:
    images = pictures(4, 3, 32, 32)
    masks = (pictures(4, 32, 32) > 0.9).long()
    small_mask = masks[2]
    small_mask.zero_()
    small_mask[:2, :2] = 1
    points = explained_pixels({**TRUE_FOREGROUND, "points": 30}, images, masks)
    assert bool((masks[points] == 1).all())
    assert counts_of(points) == [30, 30, 4, 30]  # no more than the image has
