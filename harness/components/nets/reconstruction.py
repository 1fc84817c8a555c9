"""A second decoder, which paints the images again from an encoder's bottleneck: what makes a
network a Y-Net (Roels 2019), and an Attention U-Net the Attention Y-Net of paper 002, section 3.5.

It has no skips, so that all that it paints has passed the bottleneck, and its output is linear.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from harness.components.nets.attention_unet import convolutions, draw_he_normal
from harness.measure.layers import BOTTLENECK, hooked_layers

PROBE = 64  # pixels of the empty image that tells how an encoder halves: a multiple of every net's


class ReconstructionDecoder(nn.Module):
    """Blocks of a transposed convolution and two convolutions, and a last one of 1 x 1."""

    def __init__(
        self, widths: list[int], channels: int, dropout: list[float], spatial: bool
    ) -> None:
        """Builds a block for each width but the first, which is that of the bottleneck."""
        super().__init__()
        self.blocks = nn.ModuleList()
        for (below, width), rate in zip(pairwise(widths), dropout, strict=True):
            up = nn.ConvTranspose2d(below, width, 2, stride=2)
            self.blocks.append(nn.Sequential(up, *convolutions(width, width, rate, spatial)))
        self.head = nn.Conv2d(widths[-1], channels, 1)
        self.apply(draw_he_normal)

    def forward(self, bottleneck: Tensor) -> Tensor:
        """Returns images of the size that the encoder was given."""
        x = bottleneck
        for block in self.blocks:
            x = block(x)
        images: Tensor = self.head(x)
        return images


def reconstruction_decoder(net: nn.Module, channels: int) -> ReconstructionDecoder:
    """Builds a decoder for any network with an `encoder` that gives a list of feature maps.

    It is as wide as the encoder at each size, and has the dropout that the encoder says for it. It
    stands on the device of the network, and is not hung onto it. `channels` are those that the
    network sees: `data.source.images.channels`.
    """
    features = _features_of_empty_image(net, channels)
    width_at: dict[int, int] = {}
    for maps in features:
        width_at[maps.shape[-1]] = maps.shape[1]
    size = features[-1].shape[-1]
    widths = [features[-1].shape[1]]
    while size < PROBE:
        size *= 2
        width = width_at.get(size, 0)
        if width <= channels:  # an encoder without maps of this size, or whose first is the image
            width = max(1, widths[-1] // 2)
        widths.append(width)
    levels = len(widths) - 1
    encoder: Any = net.get_submodule("encoder")
    rates = list(getattr(encoder, "dropout", [0.0] * levels))[:levels]
    rates.reverse()
    spatial = bool(getattr(encoder, "spatial", False))
    decoder = ReconstructionDecoder(widths, channels, rates, spatial)
    return decoder.to(features[-1].device)


def logits_and_bottleneck(net: nn.Module, images: Tensor) -> tuple[Tensor, Tensor]:
    """Returns what a network answers and its bottleneck on the way, from one pass.

    A reconstruction decoder takes the bottleneck, so that the encoder is asked once for both tasks.
    """
    bottleneck: list[Tensor] = []

    def see(name: str, maps: Tensor) -> None:
        bottleneck.append(maps)

    with hooked_layers(net, [BOTTLENECK], see):
        logits = net(images)
    return logits, bottleneck[0]


def before_bottleneck(net: nn.Module, channels: int) -> list[nn.Module]:
    """Lists the modules of an encoder, each with weights, that work before its last stage.

    `freeze` of them leaves the bottleneck free, as paper 002 does (3.4, 3.5).
    """
    encoder = net.get_submodule("encoder")
    with _evaluation_mode(encoder), torch.enable_grad():
        *features, _ = encoder(_empty_image(net, channels).requires_grad_())
        total = torch.stack([maps.sum() for maps in features]).sum()
        parameters = [value for value in encoder.parameters() if value.requires_grad]
        gradients = torch.autograd.grad(total, parameters, allow_unused=True)
    used: set[int] = set()
    for parameter, gradient in zip(parameters, gradients, strict=True):
        if gradient is not None:
            used.add(id(parameter))
    return [module for module in encoder.modules() if _owns_any(module, used)]


def _owns_any(module: nn.Module, parameters: set[int]) -> bool:
    """Whether a module itself holds one of these parameters."""
    own = {id(value) for value in module.parameters(recurse=False)}
    return not own.isdisjoint(parameters)


@torch.no_grad()
def _features_of_empty_image(net: nn.Module, channels: int) -> list[Tensor]:
    """Returns the feature maps of an encoder, for their sizes and channels."""
    encoder: Callable[[Tensor], list[Tensor]] = net.get_submodule("encoder")
    with _evaluation_mode(net):
        return list(encoder(_empty_image(net, channels)))


def _empty_image(net: nn.Module, channels: int) -> Tensor:
    """Returns an image of zeros on the network's device."""
    weight = next(net.parameters())
    return weight.new_zeros(1, channels, PROBE, PROBE)


@contextmanager
def _evaluation_mode(net: nn.Module) -> Iterator[None]:
    """While it is open, no batch norm counts and nothing is dropped; then all is as before."""
    modes = {module: module.training for module in net.modules()}
    net.eval()
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training
