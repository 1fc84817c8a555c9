"""Sharpness lost; images come as float32 (n, channels, h, w) and stay so, unrounded and within
their range.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.components.perturb import perturb

REACH = 4  # deviations: where the kernel ends


@perturb(neutral=0.0, least=0.0)
def blur(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """A Gaussian blur with a deviation of `strength` pixels (0 changes nothing); border pixels go
    on beyond it.
    """
    reach = int(REACH * strength + 0.5)
    if reach == 0:
        return images
    distances = torch.arange(-reach, reach + 1, device=images.device)
    kernel = torch.exp(-0.5 * (distances / strength) ** 2)
    kernel = kernel / kernel.sum()
    line = kernel.view(1, 1, 1, -1)
    planes = images.flatten(0, 1)[:, None]
    wide_planes = F.pad(planes, (reach, reach, 0, 0), mode="replicate")
    planes = F.conv2d(wide_planes, line)
    high_planes = F.pad(planes, (0, 0, reach, reach), mode="replicate")
    planes = F.conv2d(high_planes, line.mT)
    return planes.view_as(images)
