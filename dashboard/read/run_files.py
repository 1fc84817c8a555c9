"""The files of a run: only what lies under harness's own folders, and only when it is looked at."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlparse

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from dashboard.read.records import Unreadable, database
from harness.record.database import Run
from harness.store import Home

Picture = NDArray[np.uint8]
PANELS = ("input", "truth", "prediction", "error")
GAP = 4  # white columns between the panels of a prediction
MOST = 60_000_000  # pixels of a picture that is opened
MISSED, INVENTED = (213, 94, 0), (0, 114, 178)


def roots() -> tuple[Path, ...]:
    hidden = Home.here().hidden
    return tuple((hidden / kind).resolve() for kind in ("artifacts", "trials"))


def confined(path: Path) -> Path:
    """A path as it is after all links, which must lie under the artifact root."""
    real = path.resolve()
    if not any(real.is_relative_to(root) for root in roots()):
        raise Unreadable(
            f"{path} lies outside of {roots()[0]}, so it is not opened.",
            "Look at it in the MLflow UI.",
        )
    return real


def folder_of(run: Run) -> Path:
    """Where the artifacts of a run lie."""
    with database() as db:
        found = db.execute("SELECT artifact_uri FROM runs WHERE run_uuid = ?", (run.id,)).fetchone()
    said = urlparse(found[0] if found and found[0] else "")
    if said.scheme not in ("", "file"):
        raise Unreadable(f"The files of this run are at {found[0]}.", "The MLflow UI shows them.")
    return confined(Path(unquote(said.path)))


def files_of(run: Run) -> Iterator[tuple[str, Path]]:
    """The artifacts of a run by their names; links that lead out of the root are left out."""
    root = folder_of(run)
    for path in sorted(root.rglob("*")):
        real = path.resolve()
        if path.is_file() and any(real.is_relative_to(r) for r in roots()):
            yield str(path.relative_to(root)), real


def text_of(run: Run, name: str) -> str:
    """A text among a run's artifacts, cut where it is too long for a page."""
    path = confined(folder_of(run) / name)
    if not path.is_file():
        raise Unreadable(f"The run has no {name}.", "Nothing more is known of it.")
    return path.read_bytes()[:40_000].decode("utf-8", "replace")


def figures_of(run: Run) -> dict[str, Path]:
    """The figures that the probes of a run drew, by name; else those in the trial's folder."""
    try:
        places = [folder_of(run) / "figures"]
    except Unreadable:
        places = []
    places.append(confined(Home.here().store("trials").path(run.key) / "figures"))
    for place in places:
        found = {p.stem: confined(p) for p in sorted(place.glob("*.png"))} if place.is_dir() else {}
        if found:
            return found
    return {}


def opened(path: Path) -> Picture:
    """A picture's pixels; `Unreadable` where it is none."""
    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST:
                raise Unreadable(
                    f"{path.name} has {image.width} x {image.height} pixels.",
                    "Open it with a viewer.",
                )
            return np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError) as error:
        remedy = "Its trial can be measured again: remove its folder under .harness/trials and `harness run`."
        raise Unreadable(f"The picture {path.name} cannot be read: {error}.", remedy) from None


def panels(name: str, picture: Picture) -> dict[str, Picture]:
    """The four panels of a prediction; any other picture whole."""
    width = (picture.shape[1] - GAP * (len(PANELS) - 1)) / len(PANELS)
    gaps = [round(width) + i * (round(width) + GAP) for i in range(len(PANELS) - 1)]
    white = width == int(width) and all((picture[:, g : g + GAP] == 255).all() for g in gaps)
    if not name.startswith("prediction") or not white:
        return {name: picture}
    starts = [i * (int(width) + GAP) for i in range(len(PANELS))]
    return {
        panel: picture[:, at : at + int(width)] for panel, at in zip(PANELS, starts, strict=True)
    }


def errors(picture: Picture) -> NDArray[np.bool_]:
    """Where a panel of errors says that something was missed or invented."""
    found: NDArray[np.bool_] = (picture == MISSED).all(2) | (picture == INVENTED).all(2)
    return found


def overlay(grey: Picture, first: Picture, second: Picture) -> Picture:
    """Where only the first run errs (orange), only the second (blue), and both (pink)."""
    a, b = errors(first), errors(second)
    out = (grey * 0.7).astype(np.uint8)
    for where, colour in (
        (a & ~b, (230, 159, 0)),
        (~a & b, (86, 180, 233)),
        (a & b, (204, 121, 167)),
    ):
        out[where] = colour
    return out
