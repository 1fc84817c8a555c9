"""What a split of a data set looks like from outside: how many images, how large, of which kind."""

import math
from dataclasses import dataclass, replace
from typing import Any

from harness.data.open_dataset import is_drawn, open_anew, open_split
from harness.data.scans import Scans
from harness.spec.values import Part
from harness.store import Home

COUNTS_OF_IMAGES = ("slices", "images", "subjects")
SMALL = {"size": 64, "slices": 4, "images": 4, "subjects": 2}  # what is drawn only to be looked at
FAILURES = (ValueError, LookupError, OSError, ArithmeticError)  # of a set that cannot be drawn so


@dataclass(frozen=True)
class Outline:
    """What is known of a split before anything of it is used; None is not known."""

    count: int | None  # at most so many images
    planes: int  # of one image: 1 where it is grey
    size: tuple[int, int] | None  # height and width of the image with the shortest side
    has_masks: bool
    classes: tuple[str, ...]  # () where masks number objects


def outline_of(part: Part, home: Home) -> Outline | None:
    """The outline of a split: by the headers of its files, or by a small one that is drawn.

    None where only opening the whole would tell.
    """
    if not is_drawn(part):
        return _outline(open_anew(part, home))
    if home.store("phantoms").find(part.key) is not None:
        return _outline(open_split(part, home))
    small = _small(part)
    try:
        outline = _outline(open_anew(small, home))
    except FAILURES:
        return None
    side = _side(part)
    has_said_side = side is not None and outline.size == (_side(small), _side(small))
    size = (side, side) if side is not None and has_said_side else None
    return replace(outline, count=_most_images(part), size=size)


def _small(part: Part) -> Part:
    """The same drawn data set, with few small images."""
    options = dict(part.options)
    for name, most in SMALL.items():
        if isinstance(options.get(name), int):
            options[name] = min(options[name], most)
    return replace(part, options=options)


def _side(part: Part) -> int | None:
    value = part.options.get("size")
    return value if isinstance(value, int) else None


def _most_images(part: Part) -> int | None:
    """How many images a drawn set has at most, by the options that count them."""
    counts = [part.options[name] for name in COUNTS_OF_IMAGES if name in part.options]
    return math.prod(counts) if counts else None


def _outline(scans: Scans) -> Outline:
    """The outline of an open split, of which no pixel is read."""
    shapes = _shapes(scans.images)
    smallest = min(shapes, key=lambda shape: min(shape[:2]))
    planes = smallest[2] if len(smallest) > 2 else 1
    size = (smallest[0], smallest[1])
    return Outline(len(scans), planes, size, scans.masks is not None, tuple(scans.classes))


def _shapes(images: Any) -> list[tuple[int, ...]]:
    """The size of every image, without reading one where they are read when asked for."""
    if hasattr(images, "shapes"):
        return list(images.shapes)
    if hasattr(images, "shape"):
        return [tuple(images.shape[1:])]
    return [tuple(image.shape) for image in images]
