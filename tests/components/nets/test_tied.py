"""Kernels tied across slices: neighbours that a network cannot tell apart."""

from typing import Any

import pytest
import torch
from torch import nn

from harness.train.build import build_net
from tests.made.networks import fit_of


def resnet(arch: str, **settings: Any) -> nn.Module:
    """Builds a network of five slices that computes in double precision."""
    raw = {"arch": arch, "encoder": "resnet18", "slices": 5}
    raw.update(settings)
    net: nn.Module = build_net(fit_of(net=raw).net, 5, 1)
    return net.double().eval()


@pytest.mark.parametrize("arch", ["unet", "deeplabv3plus", "segformer"])
@pytest.mark.parametrize("tie", ["mirrored", "all"])
def test_a_tied_first_convolution_cannot_tell_the_neighbours_apart(arch: str, tie: str) -> None:
    net = resnet(arch, tied=tie)
    torch.manual_seed(0)
    images = torch.rand(1, 5, 64, 64, dtype=torch.float64)
    mirrored = images.flip(1)
    torch.testing.assert_close(net(images), net(mirrored))
    exchanged = images[:, [0, 2, 1, 3, 4]]  # the middle slice with a neighbour
    is_same = torch.allclose(net(exchanged), net(images))
    assert is_same == (tie == "all")
    free = resnet(arch)
    assert not torch.allclose(free(images), free(mirrored))


def test_tying_mirrors_slices_and_leaves_the_colours_of_a_slice_alone() -> None:
    raw = {"arch": "tiny_unet", "slices": 3, "tied": "mirrored"}
    net = build_net(fit_of(net=raw).net, 9, 1).eval()
    stack = torch.rand(1, 3, 3, 16, 16)  # slices, colours
    with_mirrored_slices = stack.flip(1)
    with_mirrored_colours = stack.flip(2)
    answer = net(stack.flatten(1, 2))
    torch.testing.assert_close(answer, net(with_mirrored_slices.flatten(1, 2)))
    assert not torch.allclose(answer, net(with_mirrored_colours.flatten(1, 2)))
