"""Natural photographs that lie inside installed packages: an offline stand-in for ImageNet."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.components.datasets import dataset
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.data.splits import NAMES, check_split

# Left out: a second motorcycle, which shows the first from 7 cm to its right, and color, which is a painted wheel.
PLACES = {
    "astronaut": ("skimage", "data/astronaut.png"),
    "chelsea": ("skimage", "data/chelsea.png"),
    "china": ("sklearn", "datasets/images/china.jpg"),
    "coffee": ("skimage", "data/coffee.png"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
    "hubble": ("skimage", "data/hubble_deep_field.jpg"),
    "ihc": ("skimage", "data/ihc.png"),
    "motorcycle": ("skimage", "data/motorcycle_left.png"),
    "retina": ("skimage", "data/retina.jpg"),
    "rocket": ("skimage", "data/rocket.jpg"),
}
ROWS = {
    "train": (0.0, 0.7),
    "validation": (0.7, 0.85),
    "test": (0.85, 1.0),
}  # of each photograph's height


@dataset(version=1, made=True, tasks=(), splits=("train", "validation", "test"))
def photos(split: str, home: Path) -> Scans:
    """Colour photographs inside scikit-image and scikit-learn, one class each; lower strips validate and test."""
    check_split("photos", split, NAMES)
    found = {
        name: path
        for name, (package, file) in PLACES.items()
        if (path := _installed(package, file))
    }
    if not found:
        raise Refused(
            "photos: the installed scikit-image holds none of them; install scikit-image 0.25 or later"
        )
    images = [_strip(_rgb(path), *ROWS[split]) for path in found.values()]
    return Scans(images, None, list(found), list(found), list(found), classes=tuple(found))


def _installed(package: str, file: str) -> Path | None:
    """A file of a package that need not be installed, found without importing it."""
    spec = find_spec(package)
    roots = spec.submodule_search_locations if spec else None
    path = Path(roots[0]) / file if roots else None
    return path if path is not None and path.is_file() else None


def _rgb(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def _strip(image: NDArray[np.uint8], start: float, stop: float) -> NDArray[np.uint8]:
    return image[round(start * len(image)) : round(stop * len(image))].copy()
