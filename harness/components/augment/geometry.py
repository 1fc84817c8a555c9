"""Changes of place: the same for an image and its mask."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.components.augment import augment
from harness.spec.options import Fraction, NonNegative

Pair = tuple[Tensor, Tensor | None]


@augment
def flips(images: Tensor, masks: Tensor | None, rng: torch.Generator) -> Pair:
    """Each patch in one of the eight positions of a square: mirrored, turned by quarters."""
    turns = torch.randint(0, 4, (len(images),), generator=rng, device=rng.device)
    mirrored = torch.rand(len(images), generator=rng, device=rng.device) < 0.5
    return _posed(images, turns, mirrored), None if masks is None else _posed(
        masks, turns, mirrored
    )


def _posed(batch: Tensor, turns: Tensor, mirrored: Tensor) -> Tensor:
    """Chosen by masks rather than by indices, which a GPU would have to hand back to the processor."""
    shape = (-1,) + (1,) * (batch.ndim - 1)
    turned = batch
    for quarter in (1, 2, 3):
        turned = torch.where(
            (turns == quarter).view(shape), torch.rot90(batch, quarter, (-2, -1)), turned
        )
    return torch.where(mirrored.view(shape), turned.flip(-1), turned)


@augment
def z_flip(images: Tensor, masks: Tensor | None, rng: torch.Generator) -> Pair:
    """The order of the slices reversed in half of the patches (grey images, whose channels are slices)."""
    reversed_ = torch.rand(len(images), generator=rng, device=rng.device) < 0.5
    return torch.where(reversed_.view(-1, 1, 1, 1), images.flip(1), images), masks


@augment
def affine(
    images: Tensor,
    masks: Tensor | None,
    rng: torch.Generator,
    *,
    degrees: NonNegative = 45.0,
    scale: Fraction = 0.1,
    shift: Fraction = 0.0,
    shear: NonNegative = 0.0,
) -> Pair:
    """Turned by up to `degrees`, scaled by 1 +- `scale`, moved, sheared; mirrored at the edge, masks by nearest."""
    draws = torch.rand(len(images), 5, generator=rng, device=rng.device) * 2 - 1
    angle, slant = draws[:, 0] * math.radians(degrees), draws[:, 4] * math.radians(shear)
    size = 1 + draws[:, 1] * scale
    cos, sin = torch.cos(angle) / size, torch.sin(angle) / size
    rows = [cos, -sin + torch.tan(slant), draws[:, 2] * shift, sin, cos, draws[:, 3] * shift]
    grid = F.affine_grid(
        torch.stack(rows, 1).view(-1, 2, 3), list(images.shape), align_corners=False
    )
    moved = F.grid_sample(
        images, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    if masks is None:
        return moved, None
    labels = F.grid_sample(
        masks[:, None].float(), grid, mode="nearest", padding_mode="reflection", align_corners=False
    )
    return moved, labels[:, 0].round().to(masks.dtype)
