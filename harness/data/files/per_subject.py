"""Grey values of a scanner without units -> those of a subject, by the subject's own tissue."""

from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.data.files.lazy import Lazy
from harness.data.files.window import Limits, to_eight_bits

SubjectWindow = Limits | Literal["type", "image", "subject", "z_score"] | None

PERCENTILES = (0.5, 99.5)  # of the voxels above 0: a few bright vessels must not darken a brain


def normalise_subject(volume: Lazy, window: SubjectWindow) -> Lazy:
    """Normalises the slices of one subject's whole volume, read when the first slice is.

    `subject` maps the middle 99 % of the voxels above 0 to 0 .. 255. `z_score` takes their mean
    away and divides by their standard deviation, as float32; voxels of 0, outside the brain, stay
    0. Other windows are those of `to_eight_bits`.
    """
    if window == "subject":
        return _by_percentiles(volume)
    if window == "z_score":
        return _by_moments(volume)
    return to_eight_bits(volume, window)


def _by_percentiles(volume: Lazy) -> Lazy:
    """Maps the middle 99 % of a subject's tissue to 0 .. 255, and what is outside to its ends."""

    @cache
    def limits() -> tuple[float, float]:
        low, high = np.percentile(_tissue(volume), PERCENTILES)
        return float(low), float(high)

    def convert(image: NDArray[Any], _: int) -> NDArray[Any]:
        low, high = limits()
        span = (high - low) or 1.0  # a subject of one grey value becomes black
        grey = np.clip((image.astype(np.float64) - low) / span, 0, 1)
        return np.rint(grey * 255).astype(np.uint8)

    return volume.map(convert, dtype=np.uint8)


def _by_moments(volume: Lazy) -> Lazy:
    """Gives a subject's tissue a mean of 0 and a standard deviation of 1."""

    @cache
    def moments() -> tuple[float, float]:
        tissue = _tissue(volume)
        return float(tissue.mean()), float(tissue.std())

    def convert(image: NDArray[Any], _: int) -> NDArray[Any]:
        mean, deviation = moments()
        values = image.astype(np.float64)
        scores = (values - mean) / (deviation or 1.0)
        return np.where(values > 0, scores, 0).astype(np.float32)

    return volume.map(convert, dtype=np.float32)


def _tissue(volume: Lazy) -> NDArray[np.float64]:
    """The grey values above 0 of a whole volume; all of them where none is."""
    values = np.asarray(volume).astype(np.float64)
    tissue: NDArray[np.float64] = values[values > 0]
    return tissue if tissue.size else values.ravel()
