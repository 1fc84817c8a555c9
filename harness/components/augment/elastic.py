"""Elastic deformation (Simard 2003), as the training of paper 001 has it."""

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.components.augment import augment
from harness.spec.options import Fraction, NonNegative, Positive


@augment
def elastic(
    images: Tensor,
    masks: Tensor | None,
    rng: torch.Generator,
    *,
    alpha: NonNegative = 2000.0,
    sigma: Positive = 50.0,
    p: Fraction = 0.2,
) -> tuple[Tensor, Tensor | None]:
    """In a share `p` of the patches, pixels move by white noise that is blurred by `sigma` and
    multiplied by `alpha`.
    """
    # Images are interpolated by cubics, masks and planes take the nearest pixel; mirrored at edges.
    count, _, height, width = images.shape
    device = rng.device
    moves = torch.rand(count, generator=rng, device=device) < p
    is_moved = moves.view(-1, 1, 1, 1)
    noise = torch.randn(count, 2, height, width, generator=rng, device=device)
    down_blur = _blur(height, sigma, device)
    right_blur = _blur(width, sigma, device)
    offsets = alpha * (down_blur @ noise @ right_blur.T)
    offsets = torch.where(is_moved, offsets, 0.0)
    grid = _grid_of(offsets)
    moved = _read_at(grid, images, "bicubic")
    moved = torch.where(is_moved, moved, images)
    if masks is None:
        return moved, None
    labels = _read_at(grid, masks[:, None].float(), "nearest")
    labels = labels[:, 0].to(masks.dtype)
    return moved, torch.where(is_moved[:, 0], labels, masks)


def _grid_of(offsets: Tensor) -> Tensor:
    """The points that pixels are read at, as grid_sample takes them, for offsets in pixels."""
    count, _, height, width = offsets.shape
    identity = torch.eye(2, 3, device=offsets.device)
    still = F.affine_grid(
        identity.expand(count, 2, 3),
        [count, 1, height, width],
        align_corners=False,
    )
    right, down = offsets.unbind(1)
    moved = [right / (width / 2), down / (height / 2)]
    return still + torch.stack(moved, dim=-1)


def _blur(side: int, sigma: float, device: torch.device) -> Tensor:
    """The matrix that blurs a line of pixels by a Gaussian; beyond an end the line is mirrored."""
    reach = round(4 * sigma)
    distances = torch.arange(-reach, reach + 1, device=device)
    kernel = torch.exp(-(distances**2) / (2 * sigma**2))
    kernel = kernel / kernel.sum()
    positions = torch.arange(side, device=device)
    sources = positions[:, None] + distances
    sources = sources % (2 * side)
    from_the_end = 2 * side - 1 - sources
    mirrored = torch.minimum(sources, from_the_end)
    weights = kernel.expand(side, -1)
    matrix = torch.zeros(side, side, device=device)
    return matrix.scatter_add_(1, mirrored, weights)


def _read_at(grid: Tensor, batch: Tensor, mode: str) -> Tensor:
    """Reads a batch at the points of a grid; beyond an edge it goes on as its mirror image."""
    return F.grid_sample(batch, grid, mode=mode, padding_mode="reflection", align_corners=False)
