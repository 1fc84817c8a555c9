"""Pictures of cells with their masks, as a person would have them in a folder of their own."""

from pathlib import Path

import numpy as np
from PIL import Image

SIDE = 64


def write_cells(folder: Path, count: int, side: int = SIDE) -> None:
    """Writes so many grey pictures into images/, and a mask of the same name for each into masks/:
    bright discs on a noisy ground.
    """
    images = folder / "images"
    masks = folder / "masks"
    images.mkdir(parents=True, exist_ok=True)
    masks.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    for number in range(count):
        mask = _discs(rng, side)
        noise = rng.normal(0, 18, mask.shape)
        grey = 90 + 60 * mask + noise
        name = f"cell{number:02}.png"
        _save(grey.clip(0, 255), images / name)
        _save(255 * mask, masks / name)


def _save(array: np.ndarray, file: Path) -> None:
    picture = Image.fromarray(array.astype(np.uint8))
    picture.save(file)


def _discs(rng: np.random.Generator, side: int) -> np.ndarray:
    """1 within a few discs, 0 elsewhere."""
    rows, columns = np.mgrid[:side, :side]
    mask = np.zeros((side, side), dtype=np.uint8)
    for _ in range(4):
        row, column = rng.uniform(8, side - 8, 2)
        radius = rng.uniform(4, 9)
        distance = np.hypot(rows - row, columns - column)
        mask[distance < radius] = 1
    return mask
