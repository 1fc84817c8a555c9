"""Smooth random fields and named random streams, of which every phantom is made."""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Array = NDArray[np.floating[Any]]


def stream(*words: int | str) -> np.random.Generator:
    """A random stream that depends on its words alone, the same in every process and on every machine."""
    numbers = [word if isinstance(word, int) else zlib.crc32(word.encode()) for word in words]
    return np.random.default_rng(np.random.SeedSequence(numbers))


def smooth(rng: np.random.Generator, shape: Sequence[int], sigma: Sequence[float]) -> Array:
    """Gaussian noise of variance one, correlated over `sigma` pixels along each axis."""
    field, steps = _coarse(rng, shape, sigma)
    for axis in reversed(
        range(len(steps))
    ):  # the last axis first: its short runs are slow, so do few of them
        field = _stretch(field, axis, steps[axis], shape[axis])
    return field


def smooth_slices(
    rng: np.random.Generator, shape: Sequence[int], sigma: Sequence[float]
) -> Iterator[Array]:
    """The slices of a `smooth` volume one by one, which needs little memory."""
    field, steps = _coarse(rng, shape, sigma)
    for z in range(shape[0]):
        low, part = divmod(z, steps[0])
        slab = field[low] + np.float32(part / steps[0]) * (field[low + 1] - field[low])
        yield _stretch(_stretch(slab, 1, steps[2], shape[2]), 0, steps[1], shape[1])


def _coarse(
    rng: np.random.Generator, shape: Sequence[int], sigma: Sequence[float]
) -> tuple[Array, list[int]]:
    """Filtered noise on a grid of one sample every `steps` pixels."""
    steps = [max(1, int(s / 1.25)) for s in sigma]
    scale = [s / step if s > 0.3 else 0.0 for s, step in zip(sigma, steps, strict=True)]
    margin = [int(3 * s) + 1 if s else 0 for s in scale]
    samples = [-(-n // step) + 1 for n, step in zip(shape, steps, strict=True)]
    noise = rng.standard_normal(
        [n + 2 * m for n, m in zip(samples, margin, strict=True)], dtype=np.float32
    )
    inner = tuple(slice(m, m + n) for m, n in zip(margin, samples, strict=True))
    field = gaussian_filter(noise, scale, truncate=3.0)[inner]
    return field * np.float32(np.sqrt(np.prod([_gain(s) for s in scale]))), steps


def _gain(sigma: float) -> float:
    """What filtering white noise takes from its variance, so that small fields are as strong as large ones."""
    taps = np.arange(-int(3 * sigma + 0.5), int(3 * sigma + 0.5) + 1)
    kernel = np.exp(-0.5 * (taps / sigma) ** 2) if sigma else np.ones(1)
    return float(kernel.sum() ** 2 / (kernel**2).sum())


def _stretch(field: Array, axis: int, step: int, length: int) -> Array:
    """`field` with `step` - 1 linearly interpolated samples between neighbours along one axis."""
    before = (slice(None),) * axis
    if step > 1:
        below, above = field[(*before, slice(0, -1))], field[(*before, slice(1, None))]
        weight = (np.arange(step, dtype=np.float32) / np.float32(step)).reshape(
            -1, *[1] * (field.ndim - 1 - axis)
        )
        between = np.expand_dims(above - below, axis + 1) * weight
        between += np.expand_dims(below, axis + 1)
        field = between.reshape(*field.shape[:axis], -1, *field.shape[axis + 1 :])
    return field[(*before, slice(length))]


def ramp(x: Array, low: float, high: float) -> Array:
    """0 below `low`, 1 above `high`, smooth between them."""
    t = np.clip((x - np.float32(low)) / np.float32(high - low), 0, 1)
    return t * t * (3 - 2 * t)


def to_bytes(image: Array, low: int = 0) -> NDArray[np.uint8]:
    """Grey levels rounded and clipped to `low` .. 255."""
    return np.clip(np.rint(image), low, 255).astype(np.uint8)
