"""The U-Net that paper 001 (Talks and Kreshuk) trains: `UNet2D` of pytorch-3dunet, order `bcr`."""

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn

from harness.components.nets import net
from harness.components.nets.tiny_unet import Encoder
from harness.spec.options import Count


@net(
    multiple=8,
    without={"prune": "cannot be pruned: its skips have strides of 1, 2 and 4, not of 2 to 16"},
)
def unet2d(
    channels: int, classes: int, *, levels: Literal[2, 3, 4] = 3, width: Count = 32
) -> nn.Module:
    """The U-Net of paper 001: `levels` of `width`, twice as many, ... maps; normalised before each
    convolution, without dropout.
    """
    # The paper lists DropOut among its means of training; the networks of its repository have none,
    # and neither has this one.
    return Unet2d(channels, classes, [width * 2**level for level in range(levels)])


class Unet2d(nn.Module):
    """Blocks of two convolutions, joined by max pooling, nearest upsampling and concatenation."""

    def __init__(self, channels: int, classes: int, widths: list[int]) -> None:
        """Builds a network with a block of the encoder for each width."""
        super().__init__()
        blocks = []
        for inputs, outputs in pairwise([channels, *widths]):
            blocks.append(_block(inputs, max(inputs, outputs // 2), outputs))
        self.encoder = Encoder(blocks)
        self.encoder.out_channels = widths
        self.decoder = nn.ModuleList()
        for below, skip in pairwise(reversed(widths)):
            self.decoder.append(_block(below + skip, skip, skip))
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Returns the logits, as high and wide as the images."""
        *skips, x = self.encoder(images)
        for block in self.decoder:
            skip = skips.pop()
            x = nn.functional.interpolate(x, size=skip.shape[-2:], mode="nearest")
            x = block(torch.cat([skip, x], dim=1))
        logits: Tensor = self.head(x)
        return logits


def _block(inputs: int, middle: int, outputs: int) -> nn.Sequential:
    """Twice: batch norm, a convolution without bias, ReLU."""
    layers: list[nn.Module] = []
    for before, after in pairwise([inputs, middle, outputs]):
        layers.append(nn.BatchNorm2d(before))
        layers.append(nn.Conv2d(before, after, 3, padding=1, bias=False))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)
