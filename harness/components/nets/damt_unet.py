"""The networks of DAMT-Net (Peng 2020): a U-Net with group norm, a decoder that paints the images
again, and two critics that tell the domains apart.
"""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.nets import net
from harness.spec.options import Count

GROUPS = 32
LABEL_WIDTHS = (64, 128, 256, 512)  # of the critic of labels
FEATURE_WIDTH = 48  # of the critic of features
FEATURE_GROUPS = 4
HIDDEN = (288, 144)


@net(
    multiple=16,
    without={"prune": "cannot be pruned: its skips have strides of 1 to 8, not of 2 to 16"},
)
def damt_unet(channels: int, classes: int, *, width: Count = 64) -> nn.Module:
    """The U-Net of DAMT-Net: five levels with group norm, 64 to 1024 maps in the paper."""
    widths = [width * 2**level for level in range(5)]
    return DamtUnet(channels, classes, widths)


class Encoder(nn.ModuleList):
    """Blocks joined by pooling, the bottleneck last; it gives what each of them makes."""

    out_channels: list[int]

    def forward(self, images: Tensor) -> list[Tensor]:
        """Returns the feature maps of every block, each half as high and wide as those before."""
        features: list[Tensor] = []
        x = images
        for block in self:
            if features:
                x = F.max_pool2d(x, 2)
            x = block(x)
            features.append(x)
        return features


class DamtUnet(nn.Module):
    """Encoder blocks joined by pooling; upsampled maps become half as many before the skip."""

    def __init__(self, channels: int, classes: int, widths: list[int]) -> None:
        """Builds a network with a block of the encoder for each width."""
        super().__init__()
        self.encoder = Encoder(_block(*pair) for pair in pairwise([channels, *widths]))
        self.encoder.out_channels = widths
        self.decoder = nn.ModuleList(Up(*pair) for pair in pairwise(reversed(widths)))
        self.head = nn.Conv2d(widths[0], classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Returns the logits, as high and wide as the images."""
        *skips, x = self.encoder(images)
        for up in self.decoder:
            x = up(x, skips.pop())
        logits: Tensor = self.head(x)
        return logits


class Up(nn.Module):
    """One level of the decoder: upsampled, narrowed, joined with the skip and convolved."""

    def __init__(self, below: int, width: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(below, width, 1)
        self.block = _block(2 * width, width)

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        """Returns the features of this level; `skip` has its size, `below` half of it."""
        x = self.narrow(_twice_as_large(below))
        features: Tensor = self.block(torch.cat([x, skip], dim=1))
        return features


class Painter(nn.Module):
    """The decoder that paints the images again: from the bottleneck up, without skips."""

    def __init__(self, widths: list[int], channels: int) -> None:
        """Builds a block for each width but the first, which is that of the bottleneck."""
        super().__init__()
        self.blocks = nn.ModuleList(_block(*pair) for pair in pairwise(widths))
        self.head = nn.Conv2d(widths[-1], channels, 1)

    def forward(self, bottleneck: Tensor) -> Tensor:
        """Returns images, twice as large for each block."""
        x = bottleneck
        for block in self.blocks:
            x = block(_twice_as_large(x))
        images: Tensor = self.head(x)
        return images

    def error(self, bottleneck: Tensor, images: Tensor) -> Tensor:
        """Returns the mean squared error; what is painted too large or small is brought to size."""
        painted = self(bottleneck).float()
        size = images.shape[-2:]
        if painted.shape[-2:] != size:
            painted = F.interpolate(painted, size, mode="bilinear", align_corners=False)
        return F.mse_loss(painted, images)


class LabelCritic(nn.Sequential):
    """Tells by maps of class probabilities which domain they are of: a logit for each region."""

    def __init__(self, classes: int) -> None:
        """Builds five convolutions of 4 x 4 with stride 2."""
        layers: list[nn.Module] = []
        for inputs, width in pairwise([classes, *LABEL_WIDTHS]):
            layers.append(nn.Conv2d(inputs, width, 4, stride=2, padding=1))
            layers.append(nn.LeakyReLU(0.2))
        layers.append(nn.Conv2d(LABEL_WIDTHS[-1], 1, 4, stride=2, padding=1))
        super().__init__(*layers)

    def error(self, likelihoods: Tensor, domain: int) -> Tensor:
        """Returns the binary cross-entropy of the verdicts on maps that are of one domain."""
        verdicts = self(likelihoods)
        truth = torch.full_like(verdicts, domain)
        return F.binary_cross_entropy_with_logits(verdicts, truth)


class FeatureCritic(nn.Sequential):
    """Tells by a network's last features of one size which domain they are of: two logits."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        """Builds three convolutions with pooling and three full layers."""
        layers: list[nn.Module] = []
        for inputs in (channels, FEATURE_WIDTH, FEATURE_WIDTH):
            layers.append(nn.Conv2d(inputs, FEATURE_WIDTH, 3, padding=1))
            layers.append(nn.GroupNorm(FEATURE_GROUPS, FEATURE_WIDTH, affine=False))
            layers.append(nn.ReLU())
            layers.append(nn.MaxPool2d(2))
        layers.append(nn.Flatten())
        first, second = HIDDEN
        layers.append(nn.Linear(FEATURE_WIDTH * (height // 8) * (width // 8), first))
        layers.append(nn.ReLU())
        layers.append(nn.Linear(first, second))
        layers.append(nn.ReLU())
        layers.append(nn.Linear(second, 2))
        super().__init__(*layers)

    def error(self, features: Tensor, domain: int) -> Tensor:
        """Returns the cross-entropy of the verdicts on features that are of one domain."""
        verdicts = self(features)
        truth = torch.full((len(verdicts),), domain, device=verdicts.device)
        return F.cross_entropy(verdicts, truth)


def _twice_as_large(maps: Tensor) -> Tensor:
    return F.interpolate(maps, scale_factor=2, mode="bilinear", align_corners=False)


def _block(inputs: int, width: int) -> nn.Sequential:
    """Two convolutions, each with group norm that learns nothing and ReLU."""
    layers: list[nn.Module] = []
    for channels in (inputs, width):
        layers.append(nn.Conv2d(channels, width, 3, padding=1))
        layers.append(nn.GroupNorm(math.gcd(GROUPS, width), width, affine=False))
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)
