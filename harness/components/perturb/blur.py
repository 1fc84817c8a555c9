"""Sharpness lost; images come as float32 (n, channels, h, w) and stay so, unrounded and within their range."""

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.components.perturb import perturb

REACH = 4  # deviations: where the kernel ends


@perturb(neutral=0.0, least=0.0)
def blur(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """A Gaussian blur with a deviation of `strength` pixels (0 changes nothing); border pixels go on beyond it."""
    reach = int(REACH * strength + 0.5)
    if reach == 0:
        return images
    kernel = torch.exp(
        -0.5 * (torch.arange(-reach, reach + 1, device=images.device) / strength) ** 2
    )
    line = (kernel / kernel.sum()).view(1, 1, 1, -1)
    planes = images.flatten(0, 1)[:, None]
    wide = F.conv2d(F.pad(planes, (reach, reach, 0, 0), mode="replicate"), line)
    both = F.conv2d(F.pad(wide, (0, 0, reach, reach), mode="replicate"), line.mT)
    return both.view_as(images)
