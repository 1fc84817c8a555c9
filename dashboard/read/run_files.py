"""The files of a run: only what lies under harness's own folders, read only when looked at."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlparse

import numpy as np
from PIL import Image, UnidentifiedImageError

from dashboard.draw.pictures import Picture
from dashboard.read.database import Unreadable, open_database
from harness.record.database import Run
from harness.store import Home

MOST_PIXELS = 60_000_000  # of a picture that is opened
MOST_BYTES = 40_000  # of a text that a page shows


def roots() -> tuple[Path, ...]:
    """Returns the folders that files may be read from."""
    hidden = Home.here().hidden
    return (hidden / "artifacts").resolve(), (hidden / "trials").resolve()


def is_inside_roots(path: Path) -> bool:
    """Whether a path, after all its links, lies under a folder that files may be read from."""
    real = path.resolve()
    return any(real.is_relative_to(root) for root in roots())


def inside_roots(path: Path) -> Path:
    """Returns a path after all its links; `Unreadable` if it leads out of harness's folders."""
    if not is_inside_roots(path):
        raise Unreadable(
            f"{path} lies outside of {roots()[0]}, so it is not opened.",
            "Look at it in the MLflow UI.",
        )
    return path.resolve()


def folder_of(run: Run) -> Path:
    """Returns the folder of a run's artifacts."""
    with open_database() as db:
        row = db.execute("SELECT artifact_uri FROM runs WHERE run_uuid = ?", (run.id,)).fetchone()
    address = row[0] if row is not None and row[0] else ""
    parsed = urlparse(address)
    if parsed.scheme not in ("", "file"):
        raise Unreadable(f"The files of this run are at {address}.", "The MLflow UI shows them.")
    return inside_roots(Path(unquote(parsed.path)))


def files_of(run: Run) -> Iterator[tuple[str, Path]]:
    """Yields the artifacts of a run by name; links that lead out of the roots are left out."""
    folder = folder_of(run)
    for path in sorted(folder.rglob("*")):
        if path.is_file() and is_inside_roots(path):
            yield str(path.relative_to(folder)), path.resolve()


def text_of(run: Run, name: str) -> str:
    """Returns a text among a run's artifacts, cut where it is too long for a page."""
    path = inside_roots(folder_of(run) / name)
    if not path.is_file():
        raise Unreadable(f"The run has no {name}.", "Nothing more is known of it.")
    return path.read_bytes()[:MOST_BYTES].decode("utf-8", "replace")


def figures_of(run: Run) -> dict[str, Path]:
    """Returns the figures that a run's probes drew, by name; else those in the trial's folder."""
    folders = [inside_roots(Home.here().store("trials").path(run.key) / "figures")]
    with suppress(Unreadable):
        folders.insert(0, folder_of(run) / "figures")
    for folder in folders:
        figures = {path.stem: inside_roots(path) for path in sorted(folder.glob("*.png"))}
        if figures:
            return figures
    return {}


def read_picture(path: Path) -> Picture:
    """Returns the pixels of a picture; `Unreadable` where it is none."""
    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                raise Unreadable(
                    f"{path.name} has {image.width} x {image.height} pixels.",
                    "Open it with a viewer.",
                )
            return np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, ValueError, Image.DecompressionBombError) as error:
        remedy = (
            "Its trial can be measured again: remove its folder under .harness/trials and "
            "`harness run`."
        )
        raise Unreadable(f"The picture {path.name} cannot be read: {error}.", remedy) from None
