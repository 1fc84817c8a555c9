"""A study of one fit and one trial on the files of a person's own."""

from pathlib import Path

import numpy as np

OWN = """
name: own
question: Does it run?
base:
  fit:
    train_on:
      name: volume
      images: raw.npy
      masks: masks.npy
      splits: {train: [0, 3], validation: [3, 4], test: [4, 6]}
    net: {arch: tiny_unet, width: 2}
    patch: 32
    steps: 2
    method: {name: supervised, epochs: 1}
"""


def write_own_study(folder: Path) -> Path:
    """Writes the study and its files; the working folder is theirs."""
    write_own_images(folder, 0)
    rng = np.random.default_rng(0)
    np.save(folder / "masks.npy", rng.integers(0, 2, (6, 32, 32), dtype=np.uint8))
    file = folder / "own.yaml"
    file.write_text(OWN)
    return file


def write_own_images(folder: Path, seed: int) -> None:
    """Writes the images: others for each seed, and always as many bytes."""
    rng = np.random.default_rng(seed)
    np.save(folder / "raw.npy", rng.integers(0, 256, (6, 32, 32), dtype=np.uint8))
