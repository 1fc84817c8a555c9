"""Changes of grey level or colour: paper 004's brightness, contrast and saturation, paper 001's shift and gamma, noise.

Images come as float32 (n, channels, h, w), 8- and 16-bit ones from 0 to 1, float ones in their own units, and stay
float32. Nothing is rounded to grey levels. What leaves the range is clipped, as a camera would: the range is 0 to 1,
or wider where a float image already is. `clip: false` leaves it, as paper 001 does. Each image is changed by itself,
and its noise is drawn from its name: the same at every strength, for every network and in every part of a test set.
"""

import torch
from torch import Tensor

from harness.components.perturb import perturb

LUMA = (0.299, 0.587, 0.114)


@perturb(version=2, neutral=1.0, least=0.0)
def brightness(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """Every grey level times `strength` (1 changes nothing)."""
    return _clipped(images * strength, images)


@perturb(neutral=0.0)
def shift(images: Tensor, strength: float, rng: torch.Generator, *, clip: bool = True) -> Tensor:
    """`strength` added to every grey level (0 changes nothing)."""
    return _clipped(images + strength, images, clip)


@perturb(version=2, neutral=1.0, least=0.0)
def contrast(images: Tensor, strength: float, rng: torch.Generator, *, clip: bool = True) -> Tensor:
    """Distances from the image's mean grey times `strength` (1 changes nothing)."""
    mean = _grey(images).mean(dim=(1, 2, 3), keepdim=True)
    return _clipped(images + (strength - 1) * (images - mean), images, clip)


@perturb(version=2, neutral=1.0, least=0.0)
def saturation(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """A blend with the grey image: 1 changes nothing, 0 is grey."""
    return _clipped(images + (strength - 1) * (images - _grey(images)), images)


@perturb(neutral=1.0, least=0.0)
def gamma(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """Grey levels to the power `strength` (1 changes nothing); the sign is kept, and nothing is clipped."""
    return images.sign() * images.abs() ** strength


@perturb(version=2, neutral=0.0, least=0.0)
def noise(images: Tensor, strength: float, rng: torch.Generator, *, clip: bool = True) -> Tensor:
    """Gaussian noise with the deviation `strength` (0 changes nothing)."""
    return _clipped(
        images + strength * torch.randn(images.shape, generator=rng, device=images.device),
        images,
        clip,
    )


def _clipped(changed: Tensor, images: Tensor, clip: bool = True) -> Tensor:
    if not clip:
        return changed
    low = images.amin(dim=(1, 2, 3), keepdim=True).clamp(max=0)
    high = images.amax(dim=(1, 2, 3), keepdim=True).clamp(min=1)
    return changed.clamp(low, high)


def _grey(images: Tensor) -> Tensor:
    """The luma of a colour image; a grey one is its own."""
    if images.shape[1] != 3:
        return images
    weights = torch.tensor(LUMA, device=images.device).view(1, 3, 1, 1)
    return (images * weights).sum(dim=1, keepdim=True)
