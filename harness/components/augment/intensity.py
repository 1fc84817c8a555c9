"""Changes of grey level, drawn for each patch; masks stay. Images run from 0 to 1 and are not
clipped.
"""

import torch
from torch import Tensor

from harness.components.augment import augment
from harness.spec.options import Fraction, NonNegative, Positive

Pair = tuple[Tensor, Tensor | None]


@augment(later=("least",))
def brightness(
    images: Tensor,
    masks: Tensor | None,
    rng: torch.Generator,
    *,
    most: NonNegative = 0.2,
    p: Fraction = 0.5,
    least: float | None = None,
) -> Pair:
    """A number between `least`, which is -`most` where it is not given, and `most` added."""
    low = -most if least is None else least
    return images + _number_per_patch(images, rng, low, most, p, otherwise=0.0), masks


@augment
def contrast(
    images: Tensor,
    masks: Tensor | None,
    rng: torch.Generator,
    *,
    low: Positive = 0.75,
    high: Positive = 1.25,
    p: Fraction = 0.5,
) -> Pair:
    """Distances from the patch's mean times a number between `low` and `high`."""
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    factor = _number_per_patch(images, rng, low, high, p, otherwise=1.0)
    return mean + (images - mean) * factor, masks


@augment
def gamma(
    images: Tensor,
    masks: Tensor | None,
    rng: torch.Generator,
    *,
    low: Positive = 0.7,
    high: Positive = 1.4,
    p: Fraction = 0.5,
) -> Pair:
    """Grey levels to a power between `low` and `high`; the sign is kept."""
    power = _number_per_patch(images, rng, low, high, p, otherwise=1.0)
    return images.sign() * images.abs().clamp(min=1e-6) ** power, masks


@augment
def noise(
    images: Tensor,
    masks: Tensor | None,
    rng: torch.Generator,
    *,
    most: NonNegative = 0.05,
    p: Fraction = 0.5,
) -> Pair:
    """Gaussian noise with a deviation of up to `most`."""
    deviation = _number_per_patch(images, rng, 0.0, most, p, otherwise=0.0)
    normal = torch.randn(images.shape, generator=rng, device=rng.device)
    return images + deviation * normal, masks


def _number_per_patch(
    images: Tensor,
    rng: torch.Generator,
    low: float,
    high: float,
    p: float,
    *,
    otherwise: float,
) -> Tensor:
    """Draws a number between `low` and `high` for each patch: with the probability `p`, else
    `otherwise`.
    """
    draws = torch.rand(2, len(images), generator=rng, device=rng.device)
    numbers = low + (high - low) * draws[1]
    unchanged = torch.full_like(numbers, otherwise)
    return torch.where(draws[0] < p, numbers, unchanged).view(-1, 1, 1, 1)
