"""Tests that need a GPU, and images that lie on it."""

import pytest
import torch
from torch import Tensor

from harness.data.images import Labelled, Unlabelled

CUDA = torch.device("cuda")
NEEDS_GPU = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
]


def volume_on(device: torch.device, pixels: Tensor) -> Labelled:
    """Returns grey slices (n, h, w) of one volume on a device; what is bright is foreground."""
    count = len(pixels)
    names = [f"z{position}" for position in range(count)]
    images = Unlabelled(
        pixels[:, None].to(device),
        ids=names,
        groups=["v"] * count,
        first=torch.zeros(count, dtype=torch.long, device=device),
        last=torch.full((count,), count - 1, device=device),
    )
    masks = (pixels > 127).to(torch.uint8).to(device)
    return Labelled(images, masks, ("background", "object"))
