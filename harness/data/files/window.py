"""Grey values of any depth -> 8 bits, only where an option says how."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.data.files.lazy import Lazy
from harness.data.refused import Refused

Window = tuple[float, float] | Literal["type", "image"] | None


def windowed(images: Lazy, window: Window) -> Lazy:
    """None: as they are; (low, high): that range; 'type': that of the data type; 'image': each image's own."""
    if window is None:
        return images
    low, high = _ends(images, window)

    def convert(image: NDArray[Any], _: int) -> NDArray[Any]:
        values = image.astype(np.float64)
        bottom, top = (values.min(), values.max()) if low is None or high is None else (low, high)
        span = (top - bottom) or 1.0  # a constant image becomes black
        return np.rint(np.clip((values - bottom) / span, 0, 1) * 255).astype(np.uint8)

    return images.map(convert, dtype=np.uint8)


def _ends(images: Lazy, window: tuple[float, float] | str) -> tuple[float | None, float | None]:
    if window == "image":
        return None, None
    if window == "type":
        if images.dtype.kind == "f":
            raise Refused(
                "window: type is the range of whole numbers; give floating-point images [low, high]"
            )
        limits = np.iinfo(images.dtype)
        return float(limits.min), float(limits.max)
    low, high = map(float, window)
    if not low < high:
        raise Refused(f"window: [{low:g}, {high:g}] is empty; the first number is the lower one")
    return low, high
