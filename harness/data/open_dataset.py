"""Datasets by their parts: real ones as their files are, procedural ones drawn once and kept."""

from pathlib import Path
from typing import Any

import numpy as np

from harness.data.scans import Scans
from harness.spec.catalogue import catalogue, load_component
from harness.spec.options import typed_value
from harness.spec.values import Part
from harness.store import Home, Store, read_json, write_json


def scans(part: Part, home: Home) -> Scans:
    """One split of a dataset as its function yields it, or as it was kept."""
    component = catalogue("dataset")[part.name]
    if component.facts.made:
        return _made(part, home)
    return _call(part, home)


def _call(part: Part, home: Home) -> Scans:
    component = catalogue("dataset")[part.name]
    options = {k: v for k, v in part.options.items() if k not in ("split", "fingerprint")}
    values = {k: typed_value(component.options[k].type, v) for k, v in options.items()}
    found: Scans = load_component("dataset", part.name)(part.options["split"], home.data, **values)
    return found


def _made(part: Part, home: Home) -> Scans:
    """A procedural dataset: drawn once, kept under its key, opened as memory-mapped files."""
    store: Store = home.store("phantoms")
    if store.find(part.key) is None:
        with store.making(part.key) as folder:
            if folder is not None:
                _keep(_call(part, home), folder)
    return _kept(store.path(part.key))


def _keep(found: Scans, folder: Path) -> None:
    ragged = not isinstance(found.images, np.ndarray)
    names = [("images", found.images), ("masks", found.masks)]
    for name, arrays in names:
        if arrays is None:
            continue
        for i, array in enumerate(arrays if ragged else [np.asarray(arrays)]):
            np.save(folder / f"{name}-{i:05d}.npy", array)
    about = {
        "ids": list(found.ids),
        "volumes": list(found.volumes),
        "groups": None if found.groups is None else list(found.groups),
        "classes": list(found.classes),
        "ignore": found.ignore,
        "ragged": ragged,
    }
    write_json(folder / "scans.json", about)


def _kept(folder: Path) -> Scans:
    about: dict[str, Any] = read_json(folder / "scans.json")
    ragged = about.pop("ragged")
    arrays: dict[str, Any] = {}
    for name in ("images", "masks"):
        paths = sorted(folder.glob(f"{name}-*.npy"))
        opened = [np.load(path, mmap_mode="r") for path in paths]
        arrays[name] = (opened if ragged else opened[0]) if opened else None
    return Scans(**arrays, **{**about, "classes": tuple(about["classes"])})
