"""Small or empty files of the true layout of a data set, for the tests of the named ones."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import tifffile
from PIL import Image

from harness.spec.catalogue import load_component


def open_split(name: str, split: str, home: Path, **options: Any) -> Any:
    """A split of a named data set, opened as a study file would name it."""
    return load_component("dataset", name)(split, home, **options)


def write_png(path: Path, image: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(image)).save(path)
    return path


def write_tif(path: Path, image: Any, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.asarray(image), **options)
    return path


def write_nifti(path: Path, volume: Any, kind: Callable[..., Any] = nibabel.Nifti1Image) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = kind(np.asarray(volume), np.eye(4))
    nibabel.save(image, path)
    return path


def write_sparse_tif(path: Path, shape: tuple[int, ...]) -> Any:
    """A volume of zeros that takes little disk, mapped so that a test can write into it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return tifffile.memmap(path, shape=shape, dtype=np.uint8)


def link_copies(first: Path, names: list[str]) -> None:
    """The same file under many names, without the disk that copies would take."""
    for name in names:
        copy = first.parent / name
        if not copy.exists():
            os.link(first, copy)


def noise(*shape: int, seed: int = 0) -> Any:
    values = np.random.default_rng(seed).integers(0, 256, shape)
    return values.astype(np.uint8)
