"""PatchGAN (Isola 2017): a critic that judges overlapping windows of 70 x 70 pixels."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.nets.resampling import BlurDown, start_weights
from harness.components.nets.resnet_generator import as_signed

SLOPE = 0.2  # of what is below zero


class PatchCritic(nn.Module):
    """Three blurred halvings, one more convolution, and a verdict for each window: 1 is real."""

    def __init__(self, channels: int, width: int) -> None:
        """Builds a critic that starts with `width` maps."""
        super().__init__()
        layers = [nn.Conv2d(channels, width, 4, padding=1), nn.LeakyReLU(SLOPE), BlurDown()]
        for maps in (width, 2 * width):
            layers += [*_convolution(maps), BlurDown()]
        layers += [*_convolution(4 * width), nn.Conv2d(8 * width, 1, 4, padding=1)]
        self.layers = nn.Sequential(*layers)
        start_weights(self)

    def forward(self, images: Tensor) -> Tensor:
        """Returns a verdict on each window of images."""
        verdicts: Tensor = self.layers(as_signed(images))
        return verdicts


def least_squares(verdicts: Tensor, truth: float) -> Tensor:
    """LSGAN (Mao 2017): the mean squared distance of the verdicts from the truth."""
    return F.mse_loss(verdicts, torch.full_like(verdicts, truth))


def _convolution(maps: int) -> list[nn.Module]:
    """A convolution to twice the maps, instance norm, and leaky ReLU."""
    return [
        nn.Conv2d(maps, 2 * maps, 4, padding=1),
        nn.InstanceNorm2d(2 * maps),
        nn.LeakyReLU(SLOPE),
    ]
