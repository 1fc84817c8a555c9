"""The bytes behind a study's real data sets: their fingerprints go into every key, shared images are refused."""

import dataclasses
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.data.examine import examine
from harness.data.fingerprint import files_stamp, fingerprint, shared_images
from harness.data.open_dataset import open_split
from harness.data.scans import Scans
from harness.spec.catalogue import catalogue
from harness.spec.values import Fit, Part, Trial, fields_of, fits_of, parts_in, validation_of
from harness.store import Home, read_json, write_json
from harness.study.cells import Cell
from harness.study.document import Mark, Mistakes, Problem
from harness.study.load import Study


def identified(study: Study, home: Home) -> Study:
    """The study with a fingerprint in each dataset that is read from files; what cannot be read is a mistake."""
    every = {p.key: p for cell in study.cells for p in parts_in(cell.trial)}
    parts = {
        key: p for key, p in every.items() if p.reads or (p.kind == "dataset" and not _made(p))
    }
    if not parts:
        return study
    known, problems = {}, []
    for key, part in parts.items():
        try:
            known[key] = _of_file(part) if part.reads else _known(part, home)
        except (ValueError, LookupError, OSError) as error:
            problems.append(Problem(Mark(str(study.path), 1, 1), part.label, str(error)))
    problems += [] if problems else _overlaps(study, known)
    if problems:
        raise Mistakes(problems)
    marked = {key: _pinned(parts[key], known[key]) for key in parts}
    done: dict[int, Any] = {}
    cells = [Cell(replaced(cell.trial, marked, done), cell.levels) for cell in study.cells]
    once = {
        cell.trial.key: cell for cell in reversed(cells)
    }  # the same bytes by two names are one trial
    return dataclasses.replace(study, cells=tuple(reversed(once.values())))


def _made(part: Part) -> bool:
    return bool(catalogue("dataset")[part.name].facts.made)


def _known(part: Part, home: Home) -> dict[str, Any]:
    """The fingerprint and the digests of a split; read again only where a file has changed."""
    opened = open_split(part, home)
    kept = home.hidden / "fingerprints" / f"{part.key}.json"
    now = files_stamp(opened.sources) if opened.sources else None
    if kept.exists() and now is not None:
        found: dict[str, Any] = read_json(kept)
        if found["stamp"] == now:
            return _as_pinned(part, found)
    found = {"stamp": now, **_read(opened, part, home)}
    if home.hidden.exists():  # a plan alone writes nothing
        kept.parent.mkdir(exist_ok=True)
        write_json(kept, found)
    return _as_pinned(part, found)


def _of_file(part: Part) -> dict[str, Any]:
    """The digest of a file that a component reads."""
    path = Path(part.options[str(part.reads)]).expanduser()
    if not path.is_file():
        raise ValueError(
            f"{part.reads}: no file {path}; paths are relative to the folder that harness runs in"
        )
    with open(path, "rb") as handle:
        return _as_pinned(part, {"fingerprint": hashlib.file_digest(handle, "sha256").hexdigest()})


def _read(opened: Scans, part: Part, home: Home) -> dict[str, Any]:
    contents = examine(opened)
    if contents.problems:
        raise ValueError("; ".join(contents.problems))
    digests = dict(zip(opened.ids, contents.digests, strict=True))
    return {"fingerprint": fingerprint(opened), "digests": digests, "held": _held(part, home)}


def _held(part: Part, home: Home) -> str:
    """The fingerprint of the validation split beside a training split, where there is one."""
    if part.options["split"] != "train":
        return ""
    try:
        return fingerprint(open_split(validation_of(part), home))
    except LookupError:
        return ""


def _as_pinned(part: Part, found: dict[str, Any]) -> dict[str, Any]:
    wanted = part.options["fingerprint"]
    if wanted is not None and not found["fingerprint"].startswith(wanted):
        there = found["fingerprint"][:16]
        what = (
            f"the bytes are not those that the study names: found {there}, expected {wanted[:16]}"
        )
        raise ValueError(what)
    return found


def _pinned(part: Part, known: dict[str, Any]) -> Part:
    """A training set stands for its validation split too: picks and patience look at it."""
    held = known.get("held", "")
    mark = known["fingerprint"][:24] + (f"-{held[:12]}" if held else "")
    return replace(part, options={**part.options, "fingerprint": mark})


def _overlaps(study: Study, known: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    """Training and test images that are the same image, whatever they are called."""
    pairs = {}
    for cell in study.cells:
        fits = [cell.trial.fit, *[fit for fit, _ in fits_of(cell.trial.fit)]]
        for fit in fits:
            if {fit.train_on.key, cell.trial.test_on.key} <= known.keys():
                pairs[fit.train_on.key, cell.trial.test_on.key] = (fit.train_on, cell.trial.test_on)
    for (train, test), (trained, tested) in pairs.items():
        both = shared_images(known[train]["digests"], known[test]["digests"])
        if both:
            named = ", ".join(f"{a} = {b}" for a, b in both[:3])
            text = f"shares {len(both)} images with the training set {trained.label} ({named}); take another split"
            yield Problem(Mark(str(study.path), 1, 1), f"test_on {tested.label}", text)


def replaced(value: Any, parts: dict[str, Part], done: dict[int, Any]) -> Any:
    """A value with some of its datasets exchanged; cells share their parts, and go on sharing them."""
    if id(value) in done:
        return done[id(value)]
    if isinstance(value, Part):
        options = {k: replaced(v, parts, done) for k, v in value.options.items()}
        changed = any(options[k] is not value.options[k] for k in options)
        made: Any = parts.get(value.key) or (replace(value, options=options) if changed else value)
    elif isinstance(value, Fit | Trial):
        made = type(value)(
            **{name: replaced(inner, parts, done) for name, inner in fields_of(value)}
        )
    elif isinstance(value, list):
        items = [replaced(item, parts, done) for item in value]
        made = items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    else:
        return value
    done[id(value)] = made
    return made
