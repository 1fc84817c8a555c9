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
    count = len(images)
    turns = torch.randint(0, 4, (count,), generator=rng, device=rng.device)
    mirrored = torch.rand(count, generator=rng, device=rng.device) < 0.5
    posed = _in_pose(images, turns, mirrored)
    if masks is None:
        return posed, None
    return posed, _in_pose(masks, turns, mirrored)


@augment
def z_flip(images: Tensor, masks: Tensor | None, rng: torch.Generator) -> Pair:
    """The order of the slices reversed in half of the patches (grey images, whose channels are
    slices).
    """
    draws = torch.rand(len(images), generator=rng, device=rng.device)
    reverses = draws.view(-1, 1, 1, 1) < 0.5
    reversed_images = images.flip(1)
    changed = torch.where(reverses, reversed_images, images)
    return changed, masks


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
    """Turned by up to `degrees`, scaled by 1 +- `scale`, moved, sheared; mirrored at the edge,
    masks by nearest.
    """
    draws = torch.rand(len(images), 5, generator=rng, device=rng.device)
    draws = 2 * draws - 1
    angle, size, right, down, slant = draws.unbind(1)
    angle = angle * math.radians(degrees)
    size = 1 + size * scale
    right = right * shift
    down = down * shift
    slant = torch.tan(slant * math.radians(shear))
    cos = torch.cos(angle) / size
    sin = torch.sin(angle) / size
    rows = [cos, -sin + slant, right, sin, cos, down]
    matrix = torch.stack(rows, 1).view(-1, 2, 3)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)
    moved = _read_at(grid, images, "bilinear")
    if masks is None:
        return moved, None
    labels = _read_at(grid, masks[:, None].float(), "nearest")[:, 0]
    if masks.is_floating_point():  # a plane of weights
        return moved, labels.to(masks.dtype)
    return moved, labels.round().to(masks.dtype)


def _in_pose(batch: Tensor, turns: Tensor, mirrored: Tensor) -> Tensor:
    """Turns each of a batch by its quarters, then mirrors those that are to be.

    It uses torch.where instead of indexing: an index computed on the GPU would have to be copied to
    the CPU first.
    """
    like_batch = (-1,) + (1,) * (batch.ndim - 1)
    result = batch
    for quarters in (1, 2, 3):
        is_turned = (turns == quarters).view(like_batch)
        turned_batch = torch.rot90(batch, quarters, (-2, -1))
        result = torch.where(is_turned, turned_batch, result)
    return torch.where(mirrored.view(like_batch), result.flip(-1), result)


def _read_at(grid: Tensor, batch: Tensor, mode: str) -> Tensor:
    """Reads a batch at the points of a grid; beyond an edge it goes on as its mirror image."""
    return F.grid_sample(batch, grid, mode=mode, padding_mode="reflection", align_corners=False)
