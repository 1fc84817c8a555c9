"""Pictures of predictions: cut into their panels, and the errors of two laid over each other."""

import numpy as np
from numpy.typing import NDArray

from dashboard.draw.colours import BLUE, ORANGE, PINK, SKY, VERMILION, rgb

Picture = NDArray[np.uint8]
PANELS = ("input", "truth", "prediction", "error")
GAP = 4  # white columns between the panels of a prediction
MISSED = rgb(VERMILION)  # pixels of the panel of errors
INVENTED = rgb(BLUE)


def panels(name: str, picture: Picture) -> dict[str, Picture]:
    """Cuts the picture of a prediction into its four panels; any other picture stays whole."""
    count = len(PANELS)
    width, rest = divmod(picture.shape[1] - GAP * (count - 1), count)
    starts = [i * (width + GAP) for i in range(count)]
    is_prediction = name.startswith("prediction") and not rest
    if not is_prediction or not _has_gaps(picture, starts):
        return {name: picture}
    cut = {}
    for panel, start in zip(PANELS, starts, strict=True):
        cut[panel] = picture[:, start : start + width]
    return cut


def _has_gaps(picture: Picture, starts: list[int]) -> bool:
    """Whether white columns stand before each panel but the first."""
    for start in starts[1:]:
        gap = picture[:, start - GAP : start]
        if not (gap == 255).all():
            return False
    return True


def error_mask(picture: Picture) -> NDArray[np.bool_]:
    """Returns where a panel of errors says that something was missed or invented."""
    missed: NDArray[np.bool_] = (picture == MISSED).all(axis=2)
    invented: NDArray[np.bool_] = (picture == INVENTED).all(axis=2)
    return missed | invented


def overlay(grey: Picture, first: Picture, second: Picture) -> Picture:
    """Colours where only the first run errs (orange), only the second (blue), and both (pink)."""
    first_errs = error_mask(first)
    second_errs = error_mask(second)
    pixels = (grey * 0.7).astype(np.uint8)
    pixels[first_errs] = rgb(ORANGE)
    pixels[second_errs] = rgb(SKY)
    pixels[first_errs & second_errs] = rgb(PINK)
    return pixels
