"""Smooth random fields and named random streams, of which every phantom is made."""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

Array = NDArray[np.floating[Any]]


def stream(*words: int | str) -> np.random.Generator:
    """Returns a random stream that depends on its words alone, the same on every machine."""
    numbers = [word if isinstance(word, int) else zlib.crc32(word.encode()) for word in words]
    return np.random.default_rng(np.random.SeedSequence(numbers))


def smooth(rng: np.random.Generator, shape: Sequence[int], sigma: Sequence[float]) -> Array:
    """Draws Gaussian noise of variance one, correlated over `sigma` pixels along each axis."""
    field, steps = _coarse(rng, shape, sigma)
    # The last axis comes first: its short runs are slow, and so there are few of them.
    for axis in reversed(range(len(steps))):
        field = _stretch(field, axis, steps[axis], shape[axis])
    return field


def smooth_slices(
    rng: np.random.Generator,
    shape: Sequence[int],
    sigma: Sequence[float],
) -> Iterator[Array]:
    """Yields the slices of a `smooth` volume in turn, which needs little memory."""
    field, steps = _coarse(rng, shape, sigma)
    for z in range(shape[0]):
        low, part = divmod(z, steps[0])
        slab = field[low] + np.float32(part / steps[0]) * (field[low + 1] - field[low])
        rows = _stretch(slab, 1, steps[2], shape[2])
        yield _stretch(rows, 0, steps[1], shape[1])


def _coarse(
    rng: np.random.Generator,
    shape: Sequence[int],
    sigma: Sequence[float],
) -> tuple[Array, list[int]]:
    """Draws filtered noise on a grid with a sample every `steps` pixels; returns it and them."""
    steps: list[int] = []
    scales: list[float] = []
    padded: list[int] = []
    inner: list[slice] = []
    for length, width in zip(shape, sigma, strict=True):
        step = max(1, int(width / 1.25))
        scale = width / step if width > 0.3 else 0.0
        margin = int(3 * scale) + 1 if scale else 0
        samples = -(-length // step) + 1
        steps.append(step)
        scales.append(scale)
        padded.append(samples + 2 * margin)
        inner.append(slice(margin, margin + samples))
    noise = rng.standard_normal(padded, dtype=np.float32)
    field = gaussian_filter(noise, scales, truncate=3.0)[tuple(inner)]
    gain = np.sqrt(np.prod([_gain(scale) for scale in scales]))
    return field * np.float32(gain), steps


def _gain(sigma: float) -> float:
    """Returns by how much a filter of this width divides the variance of white noise.

    Multiplying by it makes fields of small and of large structures equally strong.
    """
    reach = int(3 * sigma + 0.5)
    taps = np.arange(-reach, reach + 1)
    kernel = np.exp(-0.5 * (taps / sigma) ** 2) if sigma else np.ones(1)
    square_of_sum = kernel.sum() ** 2
    sum_of_squares = (kernel**2).sum()
    return float(square_of_sum / sum_of_squares)


def _stretch(field: Array, axis: int, step: int, length: int) -> Array:
    """Puts `step` - 1 linearly interpolated samples between neighbours along one axis."""
    before = (slice(None),) * axis
    if step > 1:
        below = field[(*before, slice(0, -1))]
        above = field[(*before, slice(1, None))]
        trailing = [1] * (field.ndim - 1 - axis)
        steps = np.arange(step, dtype=np.float32) / np.float32(step)
        weight = steps.reshape(-1, *trailing)
        between = np.expand_dims(above - below, axis + 1) * weight
        between += np.expand_dims(below, axis + 1)
        field = between.reshape(*field.shape[:axis], -1, *field.shape[axis + 1 :])
    return field[(*before, slice(length))]


def ramp(x: Array, low: float, high: float) -> Array:
    """Rises smoothly from 0 at `low` to 1 at `high`, and stays there."""
    t = np.clip((x - np.float32(low)) / np.float32(high - low), 0, 1)
    return t * t * (3 - 2 * t)


def to_bytes(image: Array, low: int = 0) -> NDArray[np.uint8]:
    """Rounds grey levels and clips them to `low` .. 255."""
    return np.clip(np.rint(image), low, 255).astype(np.uint8)
