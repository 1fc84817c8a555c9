"""A folder, a file or a study -> models, and a sentence for each that cannot be one."""

import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from harness.apply.fit_models import models_of_folder
from harness.apply.foreign_models import NOT_READ, SCRIPTS, WEIGHTS, foreign_model
from harness.apply.model import LeftOut, Model, Unusable
from harness.apply.normalise import Normalise
from harness.apply.open_images import content_of
from harness.apply.zoo_models import DESCRIPTIONS, zoo_model
from harness.data.files.open import by_number
from harness.data.refused import Refused
from harness.spec.records import FitRecord
from harness.store import Home

READABLE = (
    "a study's fits, TorchScript (.pt), safetensors with a .yaml beside it that says net:, and "
    "packages of the BioImage Model Zoo (.zip)"
)


def models_at(path: Path, home: Home, way: Normalise) -> list[Model | LeftOut]:
    """The models in a folder or a file; `Refused` where it holds none at all."""
    if not path.exists():
        raise Refused(f"{path}: there is no such file or folder")
    models = list(_models_at(path, home, way))
    if path.is_dir() and not models:
        models = list(_models_in(path, home, way))
    if not models and path.is_file():
        raise Refused(f"{path}: this is no model; models are {READABLE}")
    if not models:
        raise Refused(f"{path}: it holds no model, but {content_of(path)}; models are {READABLE}")
    return models


def _models_in(folder: Path, home: Home, way: Normalise) -> Iterator[Model | LeftOut]:
    """The models of a folder, in the order of the numbers in their names."""
    fits = folder / ".harness" / "fits"
    if fits.is_dir():
        folder = fits
    for path in sorted(folder.iterdir(), key=by_number):
        is_unfinished = path.name.endswith((".partial", ".broken", ".old"))
        if not path.name.startswith(".") and not is_unfinished:
            yield from _models_at(path, home, way)


def _models_at(path: Path, home: Home, way: Normalise) -> Iterator[Model | LeftOut]:
    """What one file or folder holds; nothing where it is no model."""
    if (path / FitRecord.FILE).exists():
        yield from models_of_folder(path, home)
    elif path.is_dir():
        if any((path / name).exists() for name in DESCRIPTIONS):
            yield _model_or_reason(path, zoo_model, way)
    elif path.name.endswith((*WEIGHTS, *SCRIPTS, *NOT_READ)):
        yield _model_or_reason(path, foreign_model, way)
    elif path.suffix == ".zip" and _is_zoo_package(path):
        yield _model_or_reason(path, zoo_model, way)


def _is_zoo_package(path: Path) -> bool:
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any(name in archive.namelist() for name in DESCRIPTIONS)


def _model_or_reason(
    path: Path, read: Callable[[Path, Normalise], Model], way: Normalise
) -> Model | LeftOut:
    """A model, or the sentence why it is none."""
    try:
        return read(path, way)
    except (Unusable, OSError) as error:
        return LeftOut(path.name, str(error))


def with_distinct_names(models: list[Model | LeftOut]) -> list[Model | LeftOut]:
    """The same models, with a number behind a name that an earlier one has."""
    counts: dict[str, int] = {}
    renamed: list[Model | LeftOut] = []
    for model in models:
        counts[model.name] = counts.get(model.name, 0) + 1
        count = counts[model.name]
        name = model.name if count == 1 else f"{model.name} ({count})"
        renamed.append(replace(model, name=name))
    return renamed
