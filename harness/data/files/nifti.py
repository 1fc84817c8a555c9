"""NIfTI and Analyze: headers first, pixels when asked for."""

from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.files.stamps import file_stamp
from harness.data.files.stored import (
    Region,
    Shape,
    Stored,
    require_image,
    slices_of,
)
from harness.data.refused import Refused, explained_errors, sizes

NIFTI = (".nii", ".nii.gz", ".hdr", ".img")


def nifti(path: Path, key: str = "") -> Stored:
    """A NIfTI or Analyze volume as its header describes it, at the time point `key`.

    The orientation is not applied.
    """
    import nibabel

    is_packed = path.suffix == ".gz"
    advice = "this is no NIfTI or Analyze volume, or it was cut short; copy it again"
    with explained_errors(path, advice):
        image: Any = nibabel.load(path)
        data = image.dataobj
        is_scaled = _scaling(image) != (1.0, 0.0)
        kind = "float32" if is_scaled else str(data.dtype.newbyteorder("="))
        if not is_packed:
            _check_length(path, data)
    shape = tuple(int(length) for length in data.shape)
    if len(shape) > 3 and shape[3] > 1:
        _check_time_point(path, key, shape)
        shape = shape[:3]
    stored = Stored(
        path,
        shape,
        kind,
        read_nifti,
        axes="xyz"[: len(shape)],
        key=key,
        chunk=shape if is_packed else (),
        stamp=file_stamp(path),
    )
    return require_image(stored)


def _check_time_point(path: Path, key: str, shape: Shape) -> None:
    """Refuses a volume of several time points unless `key` is the number of one."""
    count = shape[3]
    if key.isdigit() and int(key) < count:
        return
    problem = f"it holds {count} time points ({sizes(shape)})"
    raise Refused(f"{path}: {problem}; say which, as key: '0' to '{count - 1}'")


def _scaling(image: Any) -> tuple[float, float]:
    """Slope and intercept of stored values; what is missing or not finite counts as no scaling."""
    slope = float(image.dataobj.slope or 1.0)
    intercept = float(image.dataobj.inter or 0.0)
    if not np.isfinite(slope):
        slope = 1.0
    if not np.isfinite(intercept):
        intercept = 0.0
    return slope, intercept


def _check_length(path: Path, data: Any) -> None:
    """Refuses a volume whose file of pixels is missing or shorter than its header says."""
    pixels = path.with_suffix(".img") if path.suffix == ".hdr" else path
    if not pixels.exists():
        raise Refused(f"{path}: its pixels should stand in {pixels.name}, which is missing")
    needed = int(data.offset) + prod(map(int, data.shape)) * data.dtype.itemsize
    size = pixels.stat().st_size
    if size < needed:
        problem = f"{size} bytes, but its header asks for {needed}"
        raise Refused(f"{pixels}: {problem}; it was cut short")


def read_nifti(stored: Stored, region: Region) -> NDArray[Any]:
    """Part of a NIfTI or Analyze volume, scaled as its header says."""
    import nibabel

    image: Any = nibabel.load(stored.path)
    index: tuple[Any, ...] = slices_of(region)
    if stored.key:
        index = (*index, int(stored.key))
    pixels = np.asarray(image.dataobj[index])
    return pixels.astype(stored.dtype, copy=False)
