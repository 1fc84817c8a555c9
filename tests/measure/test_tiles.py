"""An image in tiles gives what it gives whole, as far as a network does not see beyond a tile."""

import pytest
import torch
from torch import Tensor, nn

from harness.data.images import Unlabelled
from harness.measure import forward, tiles
from harness.measure.forward import logits_of, padded_forward
from harness.measure.tiles import (
    Tiling,
    answered_part,
    tile_starts,
    tiled_forward,
    unnoticed_tiling,
)
from tests.made.slices import network, pictures

SMALL = Tiling(160, 64)
LARGER = Tiling(224, 80)


class LooksEverywhere(nn.Module):
    """Adds the mean of the whole image to each of its pixels."""

    def forward(self, images: Tensor) -> Tensor:
        return images + images.mean(dim=(2, 3), keepdim=True)


def sees_as_far_as(net: nn.Module) -> int:
    """Returns how far from the middle row of a large image its outputs take their input."""
    images = pictures(1, 3, 256, 256).requires_grad_()
    net(images)[..., 128, :].sum().backward()
    assert images.grad is not None
    rows = images.grad.abs().sum(dim=(0, 1, 3)).nonzero()
    return int((rows - 128).abs().max())


@pytest.mark.parametrize("length", [64, 160, 161, 192, 256, 320, 800])
def test_every_pixel_is_answered_by_a_tile_that_sees_around_it(length: int) -> None:
    starts = tile_starts(length, SMALL)
    answered = torch.zeros(length)
    for start in starts:
        part = answered_part(start, length, SMALL)
        answered[part] += 1
        if start > 0:
            assert part.start - start == SMALL.margin
        end = min(start + SMALL.side, length)
        if end < length:
            assert end - part.stop == SMALL.margin
    assert bool((answered >= 1).all())


@pytest.mark.parametrize("size", [(160, 160), (192, 320), (64, 256), (320, 160)])
@pytest.mark.parametrize("at_once", [1, 4])
def test_tiles_give_what_the_whole_image_gives(size: tuple[int, int], at_once: int) -> None:
    net = network()
    assert sees_as_far_as(net) <= SMALL.margin
    images = pictures(2, 3, *size)
    tiled = tiled_forward(net, images, SMALL, at_once)
    assert torch.allclose(tiled, net(images), rtol=1e-9, atol=1e-12)


def test_the_tiling_makes_no_difference_and_the_shapes_are_one() -> None:
    net = network()
    shapes = set()

    def noting(images: Tensor) -> Tensor:
        shapes.add(tuple(images.shape))
        logits: Tensor = net(images)
        return logits

    images = pictures(1, 3, 300, 283)
    first = padded_forward(net, images, tiling=SMALL)
    second = padded_forward(net, images, tiling=LARGER)
    whole = padded_forward(net, images)
    assert torch.allclose(first, whole, rtol=1e-9, atol=1e-12)
    assert torch.allclose(second, whole, rtol=1e-9, atol=1e-12)
    tiled_forward(noting, pictures(1, 3, 224, 320), SMALL, at_once=1)
    assert shapes == {(1, 3, 160, 160)}


def test_a_margin_that_is_too_small_is_seen() -> None:
    net = network()
    images = pictures(1, 3, 256, 256)
    tiled = tiled_forward(net, images, Tiling(64, 0), at_once=1)
    whole = net(images)
    difference = (tiled - whole).abs().max()
    assert bool(difference > 1e-3 * whole.abs().max())


def test_a_network_that_looks_further_than_a_margin_is_not_tiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tiles, "TILINGS", (Tiling(64, 0), SMALL))
    like = torch.zeros(1, dtype=torch.float64)
    assert unnoticed_tiling(network(), 3, like) == SMALL
    assert unnoticed_tiling(LooksEverywhere(), 3, like) is None
    monkeypatch.setattr(tiles, "TILINGS", (Tiling(64, 0),))
    assert unnoticed_tiling(network(), 3, like) is None


def images_of_sizes(sizes: list[tuple[int, int]]) -> Unlabelled:
    """Returns images of three channels that differ in size."""
    count = len(sizes)
    positions = torch.arange(count)
    return Unlabelled(
        pictures(count, 3, 256, 256),
        [str(number) for number in range(count)],
        ["v"] * count,
        positions,
        positions,
        sizes=torch.tensor(sizes),
    )


def test_images_of_many_sizes_score_as_each_does_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network().float()
    sizes = [(200, 90), (256, 230), (64, 250), (256, 256), (33, 65)]
    images = images_of_sizes(sizes)
    whole = [logits for _, logits in logits_of(net, images)]
    monkeypatch.setattr(forward, "tiling_of", lambda *arguments: SMALL)
    tiled = [logits for _, logits in logits_of(net, images)]
    for size, one_way, other_way in zip(sizes, whole, tiled, strict=True):
        assert tuple(other_way.shape[-2:]) == size
        assert torch.allclose(one_way, other_way, atol=1e-6)


def test_on_a_processor_images_go_whole() -> None:
    sizes = [(32 * number, 32) for number in range(1, 6)]
    assert forward.tiling_of(network(), images_of_sizes(sizes)) is None
