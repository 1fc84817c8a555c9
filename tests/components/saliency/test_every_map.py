"""What every kind of map keeps: an image's map in any batch, the network and the images as they
were.
"""

from typing import Any

import pytest
import torch

from harness.spec.catalogue import catalogue
from tests.made.slices import network, pictures, saliency

EVERY_MAP: list[Any] = list(catalogue("saliency"))
EVERY_MAP.append({"name": "gradient", "points": 20})
EVERY_MAP.append({"name": "foreground", "points": 20})


@pytest.mark.parametrize("raw", EVERY_MAP, ids=str)
@pytest.mark.parametrize("outputs", [1, 3])
def test_a_batch_gives_what_its_images_give_one_by_one(raw: Any, outputs: int) -> None:
    net = network(outputs=outputs)
    images = pictures(3, 3, 50, 40)
    masks = torch.randint(0, 2, (3, 50, 40))
    with torch.no_grad():  # so that every class is predicted somewhere
        net.get_parameter("head.bias").sub_(net(images[..., :48, :]).mean(dim=(0, 2, 3)))
    together = saliency(raw)(net, images, masks)
    tolerance = 1e-9 * float(together.max())
    for i in range(3):
        image = images[i : i + 1]
        mask = masks[i : i + 1]
        alone = saliency(raw)(net, image, mask)
        assert torch.allclose(together[i], alone[0], rtol=1e-6, atol=tolerance)
    assert float(together.max()) > 0


@pytest.mark.parametrize("raw", EVERY_MAP, ids=str)
def test_it_gives_maps_that_are_not_negative(raw: Any) -> None:
    images = pictures(2, 3, 50, 40).float()
    with torch.no_grad():
        maps = saliency(raw)(network().float(), images, None)
    assert maps.shape == images.shape
    assert maps.dtype == torch.float32
    assert bool((maps >= 0).all())
    assert not maps.requires_grad


@pytest.mark.parametrize("raw", EVERY_MAP, ids=str)
def test_it_leaves_the_network_and_the_images_as_they_were(raw: Any) -> None:
    net = network().float()
    images = pictures(2, 3, 50, 40).float()
    images_before = images.clone()
    weights_before = [parameter.clone() for parameter in net.parameters()]
    with torch.no_grad():
        saliency(raw)(net, images, None)
    assert torch.equal(images, images_before)
    assert not images.requires_grad
    for parameter, before in zip(net.parameters(), weights_before, strict=True):
        assert torch.equal(parameter, before)
        assert parameter.grad is None
    for module in net.modules():
        assert not module._forward_hooks
        assert not module._backward_hooks
        assert not module.training
