"""The pictures that recorded trials kept of their test images, cut into their panels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.record.database import Run
from harness.record.files_of_run import file_of_run, sizes_of_artifacts
from harness.record.tracker import Tracker
from harness.store import file_name

Picture = NDArray[np.uint8]  # (h, w, 3)

PANELS = ("input", "truth", "prediction", "error")
GAP = 4  # white columns between the panels of a prediction
MOST_PIXELS = 60_000_000  # of a picture that is opened


@dataclass(frozen=True)
class ImageScores:
    """What a trial measured of one metric: a value for each test image."""

    metric: str
    values: Mapping[str, float]


def scores_of_images(tracker: Tracker, run: Run, metrics: Sequence[str]) -> ImageScores | None:
    """The values of the first of these metrics that a trial has for images."""
    import pandas as pd  # half a second, which a report of nothing need not wait for

    path = file_of_run(tracker, run, "rows.parquet")
    if path is None:
        return None
    rows = pd.read_parquet(path)
    if "image" not in rows:
        return None
    of_images = rows[rows["image"].notna()]
    for metric in metrics:
        of_metric = of_images[of_images["metric"] == metric]
        if len(of_metric):
            means = of_metric.groupby("image", sort=False)["value"].mean().dropna()
            return ImageScores(metric, {str(image): float(mean) for image, mean in means.items()})
    return None


def kept_files(tracker: Tracker, run: Run) -> set[str]:
    """The names of the files that a trial kept, in the store or among the artifacts of its run."""
    names = set(sizes_of_artifacts(tracker, run))
    folder = tracker.home.store("trials").find(run.key)
    if folder is not None:
        for path in folder.rglob("*"):
            if path.is_file():
                names.add(path.relative_to(folder).as_posix())
    return names


def name_of_prediction(image: str) -> str:
    """The file of a trial that shows a test image with what was predicted."""
    name = file_name(f"prediction-{image}", also=".")
    return f"figures/{name}.png"


def panels_of_prediction(tracker: Tracker, run: Run, image: str) -> dict[str, Picture]:
    """The panels of a test image by their names; none where its picture cannot be read."""
    try:
        path = file_of_run(tracker, run, name_of_prediction(image))
        return {} if path is None else panels_in(read_pixels(path))
    except ValueError:  # broken; what speaks of that is `harness check`
        return {}


class PictureTooLarge(ValueError):
    """A picture of more pixels than anybody looks at."""


def read_pixels(path: Path) -> Picture:
    """The pixels of a picture; a ValueError says why they cannot be had."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                size = f"{image.width} x {image.height}"
                raise PictureTooLarge(f"{path.name} has {size} pixels")
            return np.asarray(image.convert("RGB"))
    except PictureTooLarge:
        raise
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"The picture {path.name} cannot be read: {error}") from None


def caption_in(path: Path) -> str:
    """What a picture says of itself; empty where it says nothing, as one of an earlier version."""
    from PIL import Image

    try:
        with Image.open(path) as image:
            return str(image.info.get("Description", ""))
    except (OSError, ValueError, Image.DecompressionBombError):
        return ""


def panels_in(picture: Picture) -> dict[str, Picture]:
    """The four panels of the picture of a prediction; none where it has no such panels."""
    count = len(PANELS)
    width, rest = divmod(picture.shape[1] - GAP * (count - 1), count)
    if rest or width <= 0:
        return {}
    panels = {}
    for number, panel in enumerate(PANELS):
        start = number * (width + GAP)
        if number and not (picture[:, start - GAP : start] == 255).all():
            return {}
        panels[panel] = picture[:, start : start + width]
    return panels
