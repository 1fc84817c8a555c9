"""Images and features that are mirrored half of the time, as a coin says that a GPU may toss."""

import torch
from torch import Tensor

WIDTH = 3  # the dimension along which an image is mirrored


def toss_coin(rng: torch.Generator) -> Tensor:
    """Returns true half of the time; a GPU need not wait for the answer."""
    return torch.rand((), generator=rng, device=rng.device) < 0.5


def mirror_where(images: Tensor, is_mirrored: Tensor | None) -> Tensor:
    """Mirrors images, or features, if the coin says so."""
    if is_mirrored is None:
        return images
    return torch.where(is_mirrored, images.flip(WIDTH), images)
