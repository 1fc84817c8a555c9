"""Tiles give what the whole image gives, as far as a network sees; strips need little memory."""

from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from harness.apply.tiles import Tiling, tiled_logits
from harness.components.nets.tiny_unet import tiny_unet
from harness.data.refused import Refused
from harness.measure.forward import padded_forward


def local_net() -> nn.Module:
    """A network that looks 3 pixels far and pools no further than pairs."""
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(3, 2, 3, padding=1),
    ).eval()


def in_tiles(net: nn.Module, image: Tensor, tiling: Tiling) -> Tensor:
    return torch.cat(list(tiled_logits(net, image, tiling)), dim=1)


@pytest.mark.parametrize("size", [(200, 330), (64, 64), (33, 500), (97, 31)])
def test_tiles_of_any_size_give_what_the_whole_image_gives(size: tuple[int, int]) -> None:
    """Its margin is wider than what the network looks at, so that no tile can be seen."""
    net = local_net()
    image = torch.rand(1, *size)
    whole = padded_forward(net, image[None])[0]
    for tile, overlap in ((64, 32), (96, 32), (128, 64)):
        tiled = in_tiles(net, image, Tiling(tile, overlap))
        assert tiled.shape == whole.shape
        assert torch.allclose(tiled, whole, atol=1e-5)


def test_a_network_that_sees_further_than_the_margin_differs_where_tiles_meet() -> None:
    """The margin is what makes tiles and whole equal: a network that sees further shows it."""
    torch.manual_seed(0)
    net = tiny_unet(1, 1, width=2).eval()
    image = torch.rand(1, 160, 160)
    whole = padded_forward(net, image[None])[0]
    narrow = (in_tiles(net, image, Tiling(64, 0)) - whole).abs().max()
    wide = (in_tiles(net, image, Tiling(128, 64)) - whole).abs().max()
    assert narrow > 1e-3
    assert wide < narrow


@pytest.mark.parametrize("blend", ["linear", "gaussian"])
def test_weights_of_overlapping_tiles_leave_a_constant_alone(
    blend: Literal["linear", "gaussian"],
) -> None:
    net = nn.Conv2d(1, 1, 1).eval()
    image = torch.full((1, 130, 170), 0.25)
    whole = net(image[None])[0]
    for overlap in (0, 32):
        tiled = in_tiles(net, image, Tiling(64, overlap, blend))
        assert torch.allclose(tiled, whole, atol=1e-6)


def test_gaussian_tiles_come_close_to_the_whole_image() -> None:
    net = local_net()
    image = torch.rand(1, 160, 160)
    whole = padded_forward(net, image[None])[0]
    tiled = in_tiles(net, image, Tiling(64, 32, "gaussian"))
    assert (tiled - whole).abs().mean() < 0.01


def test_no_strip_is_taller_than_a_tile() -> None:
    image = torch.rand(1, 400, 64)
    heights = [strip.shape[1] for strip in tiled_logits(local_net(), image, Tiling(64, 32))]
    assert sum(heights) == 400
    assert max(heights) <= 64


@pytest.mark.parametrize(("tile", "overlap"), [(100, 32), (64, 16), (64, 64), (0, 0)])
def test_tiles_that_cannot_be_laid_are_refused(tile: int, overlap: int) -> None:
    with pytest.raises(Refused, match="--"):
        Tiling(tile, overlap)
