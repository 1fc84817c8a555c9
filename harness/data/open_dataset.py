"""Datasets by their parts: real ones as their files are, procedural ones drawn once and kept."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.data.scans import Scans
from harness.spec.catalogue import load_component
from harness.spec.options import typed_value
from harness.spec.values import Part
from harness.store import Home, read_json, write_json

COMMON_OPTIONS = ("split", "fingerprint")  # of every dataset; its function takes the others


@dataclass(frozen=True)
class SavedScans:
    """What scans.json says about a procedural dataset beside its arrays."""

    ids: list[str]
    volumes: list[str]
    groups: list[str] | None
    classes: list[str]
    ignore: int | None
    ragged: bool  # a file for each image, as they differ in size


def open_split(part: Part, home: Home) -> Scans:
    """A split of a dataset as its function yields it, or as it was kept.

    What is drawn from files is kept under the fingerprint of what came of them, not before.
    """
    has_lasting_key = is_drawn(part) or bool(part.options["fingerprint"])
    if part.component.facts.drawn and has_lasting_key:
        return _open_procedural(part, home)
    return open_anew(part, home)


def is_drawn(part: Part) -> bool:
    """Whether a dataset is made by the code alone, from no file."""
    facts = part.component.facts
    if not facts.drawn:
        return False
    return not any(part.options[name] == value for name, value in facts.files_where.items())


def open_anew(part: Part, home: Home) -> Scans:
    """What the function of a dataset yields for a split and the options of the part."""
    return open_inner(part, part.options["split"], home.data)


def open_inner(part: Part, split: str, folder: Path) -> Scans:
    """What a dataset yields for a split; one that is made of another one opens that by this.

    `folder` is that of all data sets.
    """
    options: dict[str, Any] = {}
    for name, value in part.options.items():
        if isinstance(value, Part):
            options[name] = value
        elif name not in COMMON_OPTIONS:
            options[name] = typed_value(part.component.options[name].type, value)
    function = load_component("dataset", part.name)
    scans: Scans = function(split, folder, **options)
    return scans


def _open_procedural(part: Part, home: Home) -> Scans:
    """A procedural dataset: drawn once, kept under its key, opened as memory-mapped files."""
    store = home.store("phantoms")
    if store.why_broken(part.key, with_digests=True) is not None or store.find(part.key) is None:
        with store.making(part.key) as folder:
            if folder is not None:
                _save(open_anew(part, home), folder)
    return _load(store.path(part.key))


def _save(scans: Scans, folder: Path) -> None:
    """Writes a file for each array, or for each image where they differ in size, and the names."""
    ragged = not hasattr(scans.images, "shape")
    for name, arrays in (("images", scans.images), ("masks", scans.masks)):
        if arrays is None:
            continue
        files = arrays if ragged else [np.asarray(arrays)]
        for i, array in enumerate(files):
            np.save(folder / f"{name}-{i:05d}.npy", array)
    saved = SavedScans(
        ids=list(scans.ids),
        volumes=list(scans.volumes),
        groups=None if scans.groups is None else list(scans.groups),
        classes=list(scans.classes),
        ignore=scans.ignore,
        ragged=ragged,
    )
    write_json(folder / "scans.json", asdict(saved))


def _load(folder: Path) -> Scans:
    """Opens what `_save` wrote; the arrays stay on disk."""
    saved = SavedScans(**read_json(folder / "scans.json"))
    return Scans(
        images=_load_arrays(folder, "images", saved.ragged),
        masks=_load_arrays(folder, "masks", saved.ragged),
        ids=saved.ids,
        volumes=saved.volumes,
        groups=saved.groups,
        classes=tuple(saved.classes),
        ignore=saved.ignore,
    )


def _load_arrays(folder: Path, name: str, ragged: bool) -> Any:
    """The arrays of one name, mapped: a list where sizes differ, None where there are none."""
    paths = sorted(folder.glob(f"{name}-*.npy"))
    arrays = [np.load(path, mmap_mode="r") for path in paths]
    if not arrays:
        return None
    return arrays if ragged else arrays[0]
