"""A U-Net of a few ten thousand weights, for laptops, tests and first looks."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from harness.components.nets import net
from harness.spec.options import Count


@net(
    multiple=8,
    without={"prune": "cannot be pruned: its skips have strides of 1, 2 and 4, not of 2 to 16"},
)
def tiny_unet(channels: int, classes: int, *, width: Count = 8) -> nn.Module:
    """A U-Net of four levels that starts with `width` maps."""
    widths = [width, 2 * width, 4 * width, 8 * width]
    return TinyUnet(channels, classes, widths)


class Encoder(nn.ModuleList):
    """Blocks joined by pooling; it gives what each of them makes."""

    out_channels: list[int]

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


class TinyUnet(nn.Module):
    """Encoder blocks joined by pooling, decoder blocks by bilinear upsampling and concatenation."""

    def __init__(self, channels: int, classes: int, widths: list[int]) -> None:
        """Builds a network with a block of the encoder for each width."""
        super().__init__()
        self.encoder = Encoder(_block(*pair) for pair in pairwise([channels, *widths]))
        self.encoder.out_channels = widths
        upwards = pairwise(reversed(widths))
        self.decoder = nn.ModuleList(_block(below + skip, skip) for below, skip in upwards)
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Returns the logits, as high and wide as the images."""
        *skips, x = self.encoder(images)
        for block in self.decoder:
            x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = block(torch.cat([x, skips.pop()], dim=1))
        logits: Tensor = self.head(x)
        return logits


def _block(inputs: int, outputs: int) -> nn.Sequential:
    """Two convolutions, each with batch norm and ReLU."""
    layers: list[nn.Module] = []
    for channels in (inputs, outputs):
        layers.append(nn.Conv2d(channels, outputs, 3, padding=1, bias=False))
        layers.append(nn.BatchNorm2d(outputs))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)
