"""Changes of grey level or colour, as paper 004 defines them; images run from 0 to 1 and are clipped, not rounded."""

import torch
from torch import Tensor

from harness.perturb import perturb

LUMA = (0.299, 0.587, 0.114)


@perturb
def brightness(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """Every grey level times `strength` (1 changes nothing)."""
    return (images * strength).clamp(0, 1)


@perturb
def contrast(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """Distances from the image's mean grey times `strength` (1 changes nothing)."""
    mean = _grey(images).mean(dim=(1, 2, 3), keepdim=True)
    return (mean + (images - mean) * strength).clamp(0, 1)


@perturb
def saturation(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """A blend with the grey image: 1 changes nothing, 0 is grey."""
    grey = _grey(images)
    return (grey + (images - grey) * strength).clamp(0, 1)


@perturb
def noise(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """Gaussian noise with the deviation `strength` (0 changes nothing)."""
    return (images + strength * torch.randn(images.shape, generator=rng, device=images.device)).clamp(0, 1)


def _grey(images: Tensor) -> Tensor:
    """The luma of a colour image; a grey one is its own."""
    if images.shape[1] != 3:
        return images
    weights = torch.tensor(LUMA, device=images.device).view(1, 3, 1, 1)
    return (images * weights).sum(dim=1, keepdim=True)
