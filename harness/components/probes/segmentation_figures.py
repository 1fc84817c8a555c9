"""A prediction as a picture: input, truth, prediction and error side by side."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from harness.components.probes.colours import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    as_bytes,
)

Picture = NDArray[np.uint8]  # (h, w, 3)

CLASSES = np.array(
    [as_bytes(colour) for colour in (GREEN, ORANGE, SKY, PURPLE, VERMILION, BLUE)]
)  # in turn, from the first class after the background
MISSED = VERMILION
INVENTED = BLUE
OPACITY = 0.45  # of a class over the image
DIMMED = 0.6  # the image under its errors
GAP = 4  # pixels


def panel(image: Tensor, truth: Tensor, prediction: Tensor) -> Picture:
    """Input, truth, prediction and error (missed: orange, invented: blue) side by side."""
    input_picture = _as_picture(image)
    gap = np.full((len(input_picture), GAP, 3), 255, np.uint8)
    sides = [
        input_picture,
        gap,
        _with_classes(input_picture, truth),
        gap,
        _with_classes(input_picture, prediction),
        gap,
        _with_errors(input_picture, truth > 0, prediction > 0),
    ]
    return np.concatenate(sides, axis=1)


def _as_picture(image: Tensor) -> Picture:
    """Stretches an image by itself, not its stack, over the grey levels: in colour where it has
    three channels.
    """
    planes = image.float().cpu().numpy()
    if len(planes) != 3:
        planes = np.repeat(planes[:1], 3, axis=0)
    picture = planes.transpose(1, 2, 0)
    low, high = np.percentile(picture, [0.5, 99.5])
    stretched = (picture - low) / max(high - low, 1e-6)
    return (np.clip(stretched, 0, 1) * 255).astype(np.uint8)


def _with_classes(picture: Picture, labels: Tensor) -> Picture:
    """Tints each pixel by its class; the background stays as it is."""
    classes = labels.cpu().numpy()
    colours = CLASSES[(classes - 1) % len(CLASSES)]
    tinted = (1 - OPACITY) * picture + OPACITY * colours
    is_class = (classes > 0)[:, :, None]
    return np.where(is_class, tinted, picture).astype(np.uint8)


def _with_errors(picture: Picture, truth: Tensor, prediction: Tensor) -> Picture:
    """Colours the pixels that the prediction missed and those that it invented."""
    errors = (picture * DIMMED).astype(np.uint8)
    errors[(truth & ~prediction).cpu().numpy()] = as_bytes(MISSED)
    errors[(~truth & prediction).cpu().numpy()] = as_bytes(INVENTED)
    return errors
