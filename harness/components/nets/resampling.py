"""Halving and doubling without aliasing, and the start of the weights, of paper 002's CUT networks
(Zhang 2019, "Making convolutional networks shift-invariant again").
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GAIN = 0.02  # of Xavier's start


class BlurDown(nn.Module):
    """Half as high and wide: a blur by 1 2 1 along both sides, then every second pixel."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        weights = torch.tensor([1.0, 2.0, 1.0]) / 4
        self.register_buffer("kernel", torch.outer(weights, weights), persistent=False)

    def forward(self, maps: Tensor) -> Tensor:
        """Blurs every map by itself; the border is mirrored."""
        channels = maps.shape[1]
        kernels = self.kernel.to(maps.dtype).expand(channels, 1, 3, 3)
        framed = F.pad(maps, (1, 1, 1, 1), mode="reflect")
        return F.conv2d(framed, kernels, stride=2, groups=channels)


class BlurUp(nn.Module):
    """Twice as high and wide, blurred by 1 3 3 1 along both sides: bilinear interpolation."""

    def forward(self, maps: Tensor) -> Tensor:
        """Returns the maps between their pixels; the border is repeated."""
        return F.interpolate(maps, scale_factor=2, mode="bilinear", align_corners=False)


def start_weights(module: nn.Module) -> None:
    """Gives convolutions and linear layers Xavier's weights with the gain .02, and no bias."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_normal_(layer.weight, gain=GAIN)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
