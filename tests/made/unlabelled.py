"""Images of nobody's study, and networks that say something of them."""

import torch
from torch import Tensor, nn

from harness.data.images import Unlabelled
from harness.measure.estimators import UserImages
from harness.store import Home
from tests.made.fits import CPU


def clouds(count: int = 5, size: int = 32, seed: int = 0) -> Unlabelled:
    """Returns grey images of clouds, each a group of its own."""
    rng = torch.Generator().manual_seed(seed)
    coarse = torch.rand(count, 1, 5, 5, generator=rng)
    pixels = torch.nn.functional.interpolate(coarse, size=(size, size), mode="bilinear")
    names = [f"image {number}" for number in range(count)]
    alone = torch.arange(count)
    return Unlabelled(pixels, names, [f"stack {name}" for name in names], alone, alone)


def user_images(home: Home, count: int = 5) -> UserImages:
    return UserImages(clouds(count), home, CPU)


class BrightIsForeground(nn.Module):
    """A network whose foreground is what is brighter than a grey level."""

    def __init__(self, level: float, slope: float = 20.0) -> None:
        super().__init__()
        self.features = nn.Identity()
        self.level = nn.Parameter(torch.tensor(level))
        self.slope = slope
        self.passes = 0

    def forward(self, images: Tensor) -> Tensor:
        self.passes += 1
        return self.slope * (self.features(images) - self.level)
