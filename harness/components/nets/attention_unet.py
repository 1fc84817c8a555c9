"""The Attention U-Net of papers on mitochondria (Franco-Barranco 2021, paper 002): a U-Net with
ELU and dropout, and without batch norm, whose skips pass a gate.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from harness.components.nets import net
from harness.spec.options import Count

Rate = Annotated[float, Field(ge=0, lt=1)]
Gate = Literal["reference", "oktay"]

TRUNCATED = 0.87962566103423978  # the deviation of a normal distribution cut at two deviations


@net(
    multiple=16,
    without={"prune": "cannot be pruned: its skips have strides of 1 to 8, not of 2 to 16"},
)
def attention_unet(
    channels: int,
    classes: int,
    *,
    width: Count = 16,
    dropout: tuple[Rate, Rate, Rate, Rate, Rate] = (0.1, 0.1, 0.2, 0.2, 0.3),
    spatial: bool = False,
    gate: Gate = "reference",
) -> nn.Module:
    """Five levels that start with `width` maps, 256 at the bottom as in paper 002.

    `dropout` is the rate of each level from the top; `spatial` drops whole maps instead of numbers.
    The gate `reference` multiplies the decoder's features, as the authors' code does; `oktay`
    multiplies the skip, as Oktay 2018 and Schlemper 2019 do.
    """
    widths = [width * 2**level for level in range(len(dropout))]
    return AttentionUnet(channels, classes, widths, dropout=dropout, spatial=spatial, gate=gate)


class GatedEncoder(nn.ModuleList):
    """Blocks joined by pooling, the bottleneck last; it gives what each of them makes."""

    out_channels: list[int]
    dropout: Sequence[float]
    spatial: bool

    def forward(self, images: Tensor) -> list[Tensor]:
        """Returns the feature maps of every block, each half as high and wide as those before."""
        features: list[Tensor] = []
        x = images
        for block in self:
            if features:
                x = nn.functional.max_pool2d(x, 2)
            x = block(x)
            features.append(x)
        return features


class AttentionUnet(nn.Module):
    """Encoder blocks joined by pooling, decoder blocks by transposed convolutions and gates."""

    def __init__(
        self,
        channels: int,
        classes: int,
        widths: list[int],
        *,
        dropout: Sequence[float],
        spatial: bool,
        gate: Gate,
    ) -> None:
        """Builds a network with a block of the encoder for each width."""
        super().__init__()
        self.encoder = GatedEncoder()
        for (inputs, width), rate in zip(pairwise([channels, *widths]), dropout, strict=True):
            self.encoder.append(convolutions(inputs, width, rate, spatial))
        self.encoder.out_channels = widths
        self.encoder.dropout = dropout
        self.encoder.spatial = spatial
        self.decoder = nn.ModuleList()
        for level in reversed(range(len(widths) - 1)):
            block = GatedBlock(widths[level + 1], widths[level], dropout[level], spatial, gate)
            self.decoder.append(block)
        self.head = nn.Conv2d(widths[0], classes, 1)
        self.apply(draw_he_normal)

    def forward(self, images: Tensor) -> Tensor:
        """Returns the logits, as high and wide as the images."""
        *skips, x = self.encoder(images)
        for block in self.decoder:
            x = block(x, skips.pop())
        logits: Tensor = self.head(x)
        return logits


class GatedBlock(nn.Module):
    """One level of the decoder: upsampled, gated, joined and convolved."""

    def __init__(self, below: int, width: int, rate: float, spatial: bool, gate: Gate) -> None:
        """Builds a level of `width` maps above one of `below` maps."""
        super().__init__()
        self.up = nn.ConvTranspose2d(below, width, 2, stride=2)
        self.of_skip = nn.Conv2d(width, width, 1)
        self.of_features = nn.Conv2d(width, width, 1)
        self.attention = nn.Conv2d(width, 1, 1)
        self.block = convolutions(2 * width, width, rate, spatial)
        self.gate = gate

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        """Returns the features of this level; `skip` has its size, `below` half of it."""
        x = self.up(below)
        evidence = torch.relu(self.of_skip(skip) + self.of_features(x))
        attention = torch.sigmoid(self.attention(evidence))
        if self.gate == "reference":
            joined = torch.cat([x, x * attention], dim=1)
        else:
            joined = torch.cat([skip * attention, x], dim=1)
        features: Tensor = self.block(joined)
        return features


def convolutions(inputs: int, width: int, rate: float, spatial: bool) -> nn.Sequential:
    """Two convolutions with ELU, and dropout between them."""
    drop = nn.Dropout2d(rate) if spatial else nn.Dropout(rate)
    return nn.Sequential(
        nn.Conv2d(inputs, width, 3, padding=1),
        nn.ELU(),
        drop,
        nn.Conv2d(width, width, 3, padding=1),
        nn.ELU(),
    )


def draw_he_normal(module: nn.Module) -> None:
    """Draws the kernel of a convolution as `he_normal` of Keras does; its bias is zero.

    That is a normal distribution cut at two deviations, whose variance is 2 over the inputs.
    """
    if not isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        return
    inputs = module.weight[0].numel()
    deviation = math.sqrt(2 / inputs) / TRUNCATED
    nn.init.trunc_normal_(module.weight, std=deviation, a=-2 * deviation, b=2 * deviation)
    if module.bias is not None:
        nn.init.zeros_(module.bias)
