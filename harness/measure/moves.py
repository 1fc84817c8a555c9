"""Images and masks whose pixels move: each pixel of the result is taken from somewhere else.

Offsets are (1, 2, h, w): how many rows down and how many columns to the right of itself each pixel
of the result is taken from. Beyond an edge the edge is repeated, in images and masks alike.
"""

import torch
from torch import Tensor


def move_image(image: Tensor, offsets: Tensor) -> Tensor:
    """Returns an image (1, channels, h, w) moved, interpolated linearly between four pixels."""
    height, width = image.shape[-2:]
    rows, columns = _positions(offsets, image)
    top = rows.floor().long()
    left = columns.floor().long()
    bottom = (top + 1).clamp(max=height - 1)
    right = (left + 1).clamp(max=width - 1)
    below = rows - top
    beside = columns - left
    upper = torch.lerp(
        image[..., top, left],
        image[..., top, right],
        beside,
    )
    lower = torch.lerp(
        image[..., bottom, left],
        image[..., bottom, right],
        beside,
    )
    return torch.lerp(upper, lower, below)


def move_mask(mask: Tensor, offsets: Tensor) -> Tensor:
    """Returns a mask (1, h, w) moved: each pixel has the label of the nearest one."""
    rows, columns = _positions(offsets, mask)
    nearest_row = (rows + 0.5).floor()
    nearest_column = (columns + 0.5).floor()
    return mask[:, nearest_row.long(), nearest_column.long()]


def _positions(offsets: Tensor, pixels: Tensor) -> tuple[Tensor, Tensor]:
    """Returns row and column that each pixel of the result is taken from, inside the image."""
    height, width = pixels.shape[-2:]
    expected = (1, 2, height, width)
    if tuple(offsets.shape) != expected:
        raise ValueError(
            "a perturbation with moves=True returns the offsets of the pixels, "
            f"{expected} for this image, not {tuple(offsets.shape)}"
        )
    down, right = offsets[0].to(pixels.device)
    own_rows = torch.arange(height, device=pixels.device)
    own_columns = torch.arange(width, device=pixels.device)
    rows = own_rows[:, None] + down
    columns = own_columns + right
    rows = rows.clamp(0, height - 1)
    columns = columns.clamp(0, width - 1)
    return rows, columns
