"""Pictures of a person's own, and a mask for each, in raw/ and masks/."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]
NAMES = ("ash", "birch", "cedar", "elm", "fir", "oak")


def picture(number: int, size: int = 32) -> Array:
    """Noise: no two pictures are one."""
    noise = np.random.default_rng(number).integers(0, 256, (size, size))
    return noise.astype(np.uint8)


def disc(value: int = 255, size: int = 32) -> Array:
    """A mask of a square of one value."""
    mask = np.zeros((size, size), np.uint8)
    mask[8:24, 8:24] = value
    return mask


def write(file: Path, pixels: Array) -> None:
    """Writes a picture, and the folder that it belongs to."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)


def write_pairs(folder: Path, mask: Array, names: tuple[str, ...] = NAMES) -> None:
    """Writes a picture and the same mask for each name."""
    for number, name in enumerate(names):
        file = f"{name}.png"
        write(folder / "raw" / file, picture(number))
        write(folder / "masks" / file, mask)
