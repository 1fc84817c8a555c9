"""A named data set from the web into HARNESS_DATA: complete or absent, one fetch at a time."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from harness.data.examine import examine
from harness.data.fetch.download import Progress, download, quiet, sha256_of
from harness.data.fetch.sources import Source, sources
from harness.data.fetch.unpack import unpack
from harness.data.refused import NoSplit, Refused
from harness.spec.catalogue import catalogue, load_component
from harness.spec.options import did_you_mean
from harness.store import locked

RECORD = "fetched.json"  # what was downloaded: address, checksum, size
Get = Callable[[str, Path, str | None], Path]


def fetch_dataset(
    name: str, home: Path, progress: Progress = quiet, *, timeout: float = 30.0, pause: float = 1.0
) -> Path:
    """Downloads and unpacks a data set; what is there already is left alone."""
    home = Path(home).expanduser()
    wanted, target = sources(name), home / name
    if target.exists():
        return target
    home.mkdir(parents=True, exist_ok=True)

    def refuse() -> None:
        raise Refused(
            f"{target}: another fetch of {name} is running; wait for it, or stop it first"
        )

    with locked(home / f".{name}.lock", refuse):
        get = partial(download, progress=progress, timeout=timeout, pause=pause)
        return target if target.exists() else _fetched(name, home, wanted, get)


def _fetched(name: str, home: Path, wanted: list[Source], get: Get) -> Path:
    work = home / f"{name}.partial"
    files, record = work / "files", []
    shutil.rmtree(files, ignore_errors=True)  # of an attempt that was stopped while it unpacked
    files.mkdir(parents=True)
    archives = []
    for i, source in enumerate(wanted):
        kept = work / "downloads" / f"{i:02d}-{Path(source.to).name}"
        if not (kept.exists() and (source.sha256 is None or sha256_of(kept) == source.sha256)):
            _download(home / name, source, kept, get)
        record.append(
            {
                "url": source.url,
                "sha256": sha256_of(kept),
                "bytes": kept.stat().st_size,
                "file": source.to,
            }
        )
        archives.append((source, kept))
    for source, kept in sorted(
        archives, key=lambda pair: pair[0].unpack is None
    ):  # what may fail comes first
        _place(source, kept, files)
    (files / RECORD).write_text(json.dumps(record, indent=1) + "\n")
    os.replace(files, home / name)
    shutil.rmtree(work)
    return home / name


def _place(source: Source, kept: Path, files: Path) -> None:
    if source.unpack is None:
        (files / source.to).parent.mkdir(parents=True, exist_ok=True)
        os.replace(kept, files / source.to)
        return
    try:
        unpack(kept, source.unpack, files / source.into)
    except Refused:
        if source.sha256 is None:  # it may be a page that says why not; another fetch gets another
            kept.unlink()
        raise


def _download(folder: Path, source: Source, kept: Path, get: Get) -> None:
    try:
        get(source.url, kept, source.sha256)
    except Refused as error:
        if "put it at" not in str(error):
            raise
        where = folder / (source.into or "" if source.unpack else source.to)
        what = f"unpack it into {where}" if source.unpack else f"put it at {where}"
        raise Refused(f"{str(error).split(' and put it at')[0]} and {what}") from error


@dataclass(frozen=True)
class Report:
    """What `check` found: problems must be mended, notes should be known, splits are what can be read."""

    name: str
    folder: Path
    splits: dict[str, int]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether a study can use it."""
        return not self.problems and bool(self.splits)


def check(name: str, home: Path, *, pixels: bool = True) -> Report:
    """Opens every split of a data set as a study would, and reads every image and mask unless `pixels` is false."""
    known = catalogue("dataset")
    if name not in known:
        raise Refused(f"there is no data set {name!r}; {did_you_mean(name, known)}")
    home = Path(home).expanduser()
    report = Report(name, home / name, {}, notes=_recorded(home / name))
    for split in known[name].facts.splits:
        if split != "all":
            report = _checked(report, home, split, pixels)
    return replace(report, problems=tuple(dict.fromkeys(report.problems)))


def _checked(report: Report, home: Path, split: str, pixels: bool) -> Report:
    try:
        scans = load_component("dataset", report.name)(split, home)
        found = examine(scans) if pixels else None
    except NoSplit:  # an option of the data set decides which splits there are
        return report
    except (Refused, OSError) as error:
        return replace(report, problems=(*report.problems, str(error)))
    splits = {**report.splits, split: len(scans)}
    problems = [f"{split}: {text}" for text in (found.problems if found else ())]
    notes = [f"{split}: {text}" for text in (found.notes if found else ())]
    return replace(
        report, splits=splits, problems=(*report.problems, *problems), notes=(*report.notes, *notes)
    )


def _recorded(folder: Path) -> tuple[str, ...]:
    """Which downloads had no published checksum to be compared with."""
    try:
        record = json.loads((folder / RECORD).read_text())
        published = {source.url: source.sha256 for source in sources(folder.name)}
        return tuple(
            f"{r['file']}: no checksum is published; what came has sha256 {r['sha256']}"
            for r in record
            if published.get(r["url"]) is None
        )
    except (OSError, ValueError, KeyError):
        return ()
