"""Grey values of any depth -> 8 bits, only where an option says how."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.data.files.lazy import Lazy
from harness.data.refused import Refused

Limits = tuple[float, float]
Window = Limits | Literal["type", "image"] | None


def to_eight_bits(images: Lazy, window: Window) -> Lazy:
    """Maps the grey values of a window to 0 .. 255, and what is outside it to its ends.

    None leaves the images as they are; (low, high) is the window itself; 'type' is the range of
    the data type; 'image' is the range of each image.
    """
    if window is None:
        return images
    limits = None if window == "image" else _limits(images, window)

    def convert(image: NDArray[Any], _: int) -> NDArray[Any]:
        values = image.astype(np.float64)
        low, high = limits or _range(values)
        span = (high - low) or 1.0  # a constant image becomes black
        grey = np.clip((values - low) / span, 0, 1)
        return np.rint(grey * 255).astype(np.uint8)

    return images.map(convert, dtype=np.uint8)


def _range(values: NDArray[Any]) -> Limits:
    return values.min(), values.max()


def _limits(images: Lazy, window: Limits | Literal["type"]) -> Limits:
    """The lowest and the highest grey value of a window that is the same for all images."""
    if window != "type":
        low, high = map(float, window)
        if not low < high:
            problem = f"[{low:g}, {high:g}] is empty"
            raise Refused(f"window: {problem}; the first number is the lower one")
        return low, high
    if images.dtype.kind == "f":
        problem = "type is the range of whole numbers"
        raise Refused(f"window: {problem}; give floating-point images [low, high]")
    integers = np.iinfo(images.dtype)
    return float(integers.min), float(integers.max)
