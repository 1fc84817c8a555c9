"""One case as a picture: the image, with truth, prediction and errors laid over it or not."""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from dashboard.draw.pictures import error_mask
from harness.report.kept_pictures import Picture

TRUTH = "truth"
PREDICTION = "prediction"
ERRORS = "errors"
OVERLAYS = (TRUTH, PREDICTION, ERRORS)
WHITE = (255, 255, 255)
BLACK = (0, 0, 0)

Mask = NDArray[np.bool_]


def case_picture(panels: Mapping[str, Picture], overlays: Collection[str]) -> Picture:
    """Lays what is asked for over the input of a prediction's four panels."""
    picture = panels["input"].copy()
    if PREDICTION in overlays:
        picture = panels["prediction"].copy()
    if ERRORS in overlays:
        errs = error_mask(panels["error"])
        picture[errs] = panels["error"][errs]
    if TRUTH in overlays:
        mask = tinted_mask(panels["input"], panels["truth"])
        picture[_with_rim(mask) & ~mask] = BLACK  # so that white is seen on white
        picture[outline_of(mask)] = WHITE
    return picture


def tinted_mask(image: Picture, panel: Picture) -> Mask:
    """Returns where a panel is tinted: where it is another than the image below it."""
    difference = np.abs(panel.astype(int) - image.astype(int))
    mask: Mask = difference.max(axis=2) > 1
    return mask


def outline_of(mask: Mask) -> Mask:
    """Returns the pixels of a mask that have a neighbour outside of it, or lie at the border."""
    return mask & ~np.logical_and.reduce(_neighbours(mask))


def _with_rim(mask: Mask) -> Mask:
    """Returns a mask with the four neighbours of its pixels."""
    wide: Mask = mask | np.logical_or.reduce(_neighbours(mask))
    return wide


def _neighbours(mask: Mask) -> list[Mask]:
    """Returns the mask as each of the four neighbours of a pixel has it; outside there is none."""
    padded = np.pad(mask, 1)
    rows = padded[:, 1:-1]
    columns = padded[1:-1]
    above = rows[:-2]
    below = rows[2:]
    left = columns[:, :-2]
    right = columns[:, 2:]
    return [above, below, left, right]
