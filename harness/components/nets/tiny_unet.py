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
    return TinyUnet(channels, classes, [width, 2 * width, 4 * width, 8 * width])


class Encoder(nn.ModuleList):
    """Blocks joined by pooling; it gives what each of them makes."""

    out_channels: list[int]

    def forward(self, images: Tensor) -> list[Tensor]:
        features: list[Tensor] = []
        x = images
        for i, block in enumerate(self):
            x = block(x if i == 0 else nn.functional.max_pool2d(x, 2))
            features.append(x)
        return features


class TinyUnet(nn.Module):
    """Encoder blocks joined by pooling, decoder blocks by bilinear upsampling and concatenation."""

    def __init__(self, channels: int, classes: int, widths: list[int]) -> None:
        super().__init__()
        inputs = [channels, *widths[:-1]]
        self.encoder = Encoder(_block(i, o) for i, o in zip(inputs, widths, strict=True))
        self.encoder.out_channels = widths
        ups = list(reversed(widths))
        self.decoder = nn.ModuleList(_block(i + o, o) for i, o in pairwise(ups))
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        *skips, x = self.encoder(images)
        for block in self.decoder:
            x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
            x = block(torch.cat([x, skips.pop()], dim=1))
        logits: Tensor = self.head(x)
        return logits


def _block(inputs: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for i in (inputs, outputs):
        layers += [
            nn.Conv2d(i, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)
