"""Natural photographs that lie inside installed packages: an offline stand-in for ImageNet."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.components.datasets import dataset
from harness.data.refused import Refused, first_few
from harness.data.scans import Scans
from harness.data.splits import NAMES, check_split

# Left out: a second motorcycle, which shows the first from 7 cm to its right, and color, which is a
# painted wheel.
FILES = {
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
# The rows of a split as shares of each photograph's height.
ROWS = {"train": (0.0, 0.7), "validation": (0.7, 0.85), "test": (0.85, 1.0)}


@dataset(version=1, tasks=(), splits=("train", "validation", "test"))
def photos(split: str, home: Path) -> Scans:
    """Colour photographs inside scikit-image and scikit-learn, one class each; lower strips
    validate and test.
    """
    check_split("photos", split, NAMES)
    start, stop = ROWS[split]
    paths = _installed_files()
    strips = [_strip(_read_colours(path), start, stop) for path in paths]
    names = list(FILES)
    return Scans(strips, None, names, names, names, classes=tuple(names), sources=tuple(paths))


def _installed_files() -> list[Path]:
    """The file of each photograph; some alone would be another pretraining under the same name."""
    paths = []
    absent = []
    for package, file in FILES.values():
        path = _file_of_package(package, file)
        if path is None:
            absent.append(f"{package}/{file}")
        else:
            paths.append(path)
    if absent:
        raise Refused(
            f"photos: {len(absent)} of {len(FILES)} photographs are not installed "
            f"({first_few(absent, 3)}); install scikit-image 0.25 or later and scikit-learn"
        )
    return paths


def _file_of_package(package: str, file: str) -> Path | None:
    """A file of a package that need not be installed; the package is not imported."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / file
    return path if path.is_file() else None


def _read_colours(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.array(picture.convert("RGB"))


def _strip(image: NDArray[np.uint8], start: float, stop: float) -> NDArray[np.uint8]:
    """The rows of an image between two shares of its height."""
    height = len(image)
    first = round(start * height)
    last = round(stop * height)
    return image[first:last].copy()
