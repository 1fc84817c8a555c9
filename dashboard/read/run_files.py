"""The files of a run: only what lies under harness's own folders, read only when looked at."""

from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlparse

import streamlit as st

from dashboard.read.database import Unreadable, readable, tracker
from harness.record.database import Run
from harness.record.files_of_run import (
    artifact_folder,
    downloads_of,
    file_of_run,
    is_on_this_machine,
    sizes_of_artifacts,
)
from harness.report.kept_pictures import Picture, PictureTooLarge, read_pixels
from harness.store import Home

MOST_BYTES = 40_000  # of a text that a page shows


def roots(run: Run) -> tuple[Path, ...]:
    """Returns the folders that files of a run may be read from.

    A database server that was chosen is believed where it says that artifacts are; a file, which
    may have come from anywhere, is not.
    """
    reader = tracker()
    hidden = reader.home.hidden
    folders = [hidden / "artifacts", hidden / "trials", downloads_of(reader.home, run)]
    if reader.file is None:
        folder = artifact_folder(run, reader.home)
        if folder is not None:
            folders.append(folder)
    return tuple(folder.resolve() for folder in folders)


def is_inside_roots(path: Path, run: Run) -> bool:
    """Whether a path, after all its links, lies under a folder that files may be read from."""
    real = path.resolve()
    return any(real.is_relative_to(root) for root in roots(run))


def inside_roots(path: Path, run: Run) -> Path:
    """Returns a path after all its links; `Unreadable` if it leads out of harness's folders."""
    if not is_inside_roots(path, run):
        raise Unreadable(
            f"{path} lies outside of {roots(run)[0]}, so it is not opened.",
            "Look at it in the MLflow UI.",
        )
    return path.resolve()


def folder_of(run: Run) -> Path | None:
    """Returns the folder of a run's artifacts; None where a server keeps them."""
    if not is_on_this_machine(run):
        return None
    folder = artifact_folder(run, tracker().home)
    if folder is None:  # it is gone, and may never have been harness's
        folder = Path(unquote(urlparse(run.artifact_uri).path))
    return inside_roots(folder, run)


def sizes_of_files(run: Run) -> dict[str, int]:
    """Returns the artifacts of a run by name, with their sizes; no link that leads out counts."""
    folder = folder_of(run)
    with readable() as reader:
        sizes = sizes_of_artifacts(reader, run)
    if folder is None:
        return sizes
    return {name: size for name, size in sizes.items() if is_inside_roots(folder / name, run)}


def file_of(run: Run, name: str) -> Path:
    """Returns a file among a run's artifacts, which is downloaded now where a server keeps it."""
    folder = folder_of(run)
    if folder is not None:
        path: Path | None = inside_roots(folder / name, run)
    else:
        inside_roots(downloads_of(tracker().home, run) / name, run)
        path = _file_on_server(run, name)
    if path is None or not path.is_file():
        raise Unreadable(f"The run has no {name}.", "Nothing more is known of it.")
    return path


def _file_on_server(run: Run, name: str) -> Path | None:
    """Returns the file of a run that a server keeps; `Unreadable` says why it does not come."""
    with readable() as reader:
        try:
            return file_of_run(reader, run, name)
        except ValueError as error:
            raise Unreadable(f"{error}.", "Look at it in the MLflow UI.") from None


def text_of(run: Run, name: str) -> str:
    """Returns a text among a run's artifacts, cut where it is too long for a page."""
    return file_of(run, name).read_bytes()[:MOST_BYTES].decode("utf-8", "replace")


def figures_of(run: Run) -> dict[str, Path]:
    """Returns the figures that a run's probes drew, by name; else those in the trial's folder."""
    folders = [inside_roots(Home.here().store("trials").path(run.key) / "figures", run)]
    with suppress(Unreadable):
        folder = folder_of(run)
        if folder is not None:
            folders.insert(0, folder / "figures")
    for folder in folders:
        figures = {path.stem: inside_roots(path, run) for path in sorted(folder.glob("*.png"))}
        if figures:
            return figures
    if is_on_this_machine(run):
        return {}
    return {Path(name).stem: file_of(run, name) for name in _figures_on_server(run)}


@st.cache_resource(max_entries=256, show_spinner=False)
def _names_on_server(address: str, run: str, _run: Run) -> list[str]:
    return list(sizes_of_files(_run))


def _figures_on_server(run: Run) -> list[str]:
    """Returns the names of a run's figures among its artifacts, which never change."""
    names = _names_on_server(tracker().uri, run.id, run)
    return [name for name in names if name.startswith("figures/") and name.endswith(".png")]


def read_picture(path: Path) -> Picture:
    """Returns the pixels of a picture; `Unreadable` where it is none."""
    try:
        return read_pixels(path)
    except PictureTooLarge as error:
        raise Unreadable(f"{error}.", "Open it with a viewer.") from None
    except ValueError as error:
        remedy = (
            "Its trial can be measured again: remove its folder under .harness/trials and "
            "`harness run`."
        )
        raise Unreadable(f"{error}.", remedy) from None
