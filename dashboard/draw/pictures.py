"""Pictures of predictions: cut into their panels, and the errors of two laid over each other."""

import numpy as np
from numpy.typing import NDArray

from dashboard.draw.colours import PINK, rgb
from harness.report.colours import BLUE, ORANGE, SKY_BLUE, VERMILION
from harness.report.kept_pictures import Picture, panels_in

MISSED = rgb(VERMILION)  # pixels of the panel of errors
INVENTED = rgb(BLUE)


def panels(name: str, picture: Picture) -> dict[str, Picture]:
    """Cuts the picture of a prediction into its four panels; any other picture stays whole."""
    whole = {name: picture}
    if not name.startswith("prediction"):
        return whole
    return panels_in(picture) or whole


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
    pixels[second_errs] = rgb(SKY_BLUE)
    pixels[first_errs & second_errs] = rgb(PINK)
    return pixels
