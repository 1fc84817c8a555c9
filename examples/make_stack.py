"""Writes a small stack to try harness on, where no stack of your own is at hand.

    python examples/make_stack.py

raw/ gets grey sections with bright bodies in noise, masks/ a mask for each, with the grey edges
that an image program leaves.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter, zoom

SECTIONS = 24
SIZE = 128  # pixels
BODIES = 0.15  # the share of the volume that they fill
COARSE = 8  # sections and pixels over which a body keeps its shape

Array = NDArray[Any]


def draw_stack(sections: int, size: int) -> tuple[Array, Array]:
    """Draws sections of bodies that go on from one to the next, and their masks."""
    rng = np.random.default_rng(0)
    side = size // COARSE
    coarse = rng.normal(size=(sections // COARSE + 2, side, side))
    field = zoom(coarse, COARSE, order=3)[:sections, :size, :size]
    is_body = field > np.quantile(field, 1 - BODIES)
    bodies = 255.0 * is_body
    masks = gaussian_filter(bodies, (0, 0.6, 0.6))
    light = gaussian_filter(bodies, (0, 1.5, 1.5))
    noise = rng.normal(0, 12, field.shape)
    images = 90 + light / 4 + noise
    images = np.clip(images, 0, 255)
    return images.astype(np.uint8), masks.round().astype(np.uint8)


def write_stack(folder: Path, sections: int = SECTIONS, size: int = SIZE) -> None:
    """Writes a picture for each section, and one for its mask."""
    images, masks = draw_stack(sections, size)
    for name, stack in (("raw", images), ("masks", masks)):
        target = folder / name
        target.mkdir()
        for number, section in enumerate(stack):
            file = target / f"section_{number:03}.png"
            Image.fromarray(section).save(file)


if __name__ == "__main__":
    write_stack(Path.cwd())
