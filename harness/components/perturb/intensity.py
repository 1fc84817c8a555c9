"""Changes of grey level or colour: paper 004's brightness, contrast and saturation, paper 001's
shift and gamma, noise.

Images come as float32 (n, channels, h, w), 8- and 16-bit ones from 0 to 1, float ones in their own
units, and stay float32. Nothing is rounded to grey levels. What leaves the range is clipped, as a
camera would: the range is 0 to 1, or wider where a float image already is. `clip: false` leaves it,
as paper 001 does. Each image is changed by itself, and its noise is drawn from its name: the same
at every strength, for every network and in every part of a test set.
"""

import torch
from torch import Tensor

from harness.components.perturb import perturb

LUMA = (0.299, 0.587, 0.114)
OF_AN_IMAGE = (1, 2, 3)  # the dimensions that are reduced to one number


@perturb(version=2, neutral=1.0, least=0.0)
def brightness(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """Every grey level times `strength` (1 changes nothing)."""
    changed = images * strength
    return _clip(changed, images)


@perturb(neutral=0.0)
def shift(images: Tensor, strength: float, rng: torch.Generator, *, clip: bool = True) -> Tensor:
    """`strength` added to every grey level (0 changes nothing)."""
    changed = images + strength
    return _clip(changed, images, clip)


@perturb(version=2, neutral=1.0, least=0.0)
def contrast(images: Tensor, strength: float, rng: torch.Generator, *, clip: bool = True) -> Tensor:
    """Distances from the image's mean grey times `strength` (1 changes nothing)."""
    mean = _as_grey(images).mean(dim=OF_AN_IMAGE, keepdim=True)
    distance = images - mean
    changed = images + (strength - 1) * distance
    return _clip(changed, images, clip)


@perturb(version=2, neutral=1.0, least=0.0)
def saturation(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """A blend with the grey image: 1 changes nothing, 0 is grey."""
    colour = images - _as_grey(images)
    changed = images + (strength - 1) * colour
    return _clip(changed, images)


@perturb(neutral=1.0, least=0.0)
def gamma(images: Tensor, strength: float, rng: torch.Generator) -> Tensor:
    """Grey levels to the power `strength` (1 changes nothing); the sign is kept, and nothing is
    clipped.
    """
    powers = images.abs() ** strength
    return images.sign() * powers


@perturb(version=2, neutral=0.0, least=0.0)
def noise(images: Tensor, strength: float, rng: torch.Generator, *, clip: bool = True) -> Tensor:
    """Gaussian noise with the deviation `strength` (0 changes nothing)."""
    normal = torch.randn(images.shape, generator=rng, device=images.device)
    changed = images + strength * normal
    return _clip(changed, images, clip)


def _clip(changed: Tensor, images: Tensor, clip: bool = True) -> Tensor:
    """Cuts off what leaves the range of the images before the change: 0 to 1, or wider where they
    were wider.
    """
    if not clip:
        return changed
    lowest = images.amin(dim=OF_AN_IMAGE, keepdim=True)
    highest = images.amax(dim=OF_AN_IMAGE, keepdim=True)
    low = lowest.clamp(max=0)
    high = highest.clamp(min=1)
    return changed.clamp(low, high)


def _as_grey(images: Tensor) -> Tensor:
    """Returns the luma of colour images, one plane each; grey images are returned as they are."""
    if images.shape[1] != 3:
        return images
    weights = torch.tensor(LUMA, device=images.device)
    weighted_planes = images * weights.view(1, 3, 1, 1)
    return weighted_planes.sum(dim=1, keepdim=True)
