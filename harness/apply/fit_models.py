"""The finished fits of a study, or of a folder, as models; they prepare images as in training."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from harness.apply.foreign_models import digest_of
from harness.apply.model import LeftOut, Model, OpenModel, Prepare
from harness.apply.reference import Reference
from harness.data.images import Unlabelled
from harness.spec.records import FitRecord
from harness.spec.states import State
from harness.spec.trusted import read_part, read_trusted_fit
from harness.spec.values import LAST, Fit, Part
from harness.store import Home
from harness.study.cells import Cell
from harness.study.load import Study
from harness.train.build import trained_network
from harness.train.prepare import open_steps


def models_of_study(study: Study, home: Home) -> list[Model | LeftOut]:
    """Every checkpoint that the trials of a study test, named by the settings that vary."""
    cells_of: dict[tuple[str, str], list[Cell]] = {}
    for cell in study.cells:
        key = (cell.trial.fit.key, cell.trial.pick.key)
        cells_of.setdefault(key, []).append(cell)
    models: list[Model | LeftOut] = []
    for cells in cells_of.values():
        trial = cells[0].trial
        name = _name_of(cells, study.cells)
        if home.store("fits").find(trial.fit.key) is None:
            reason = f"it is not trained yet; harness run {study.path} trains it"
            models.append(LeftOut(name, reason))
        else:
            models.append(_fit_model(name, trial.fit, trial.pick, home))
    return models


def _name_of(cells: Iterable[Cell], all_cells: Iterable[Cell]) -> str:
    """The levels that the cells of a checkpoint share, where others differ in them."""
    levels: list[str] = []
    for path in _varying(all_cells):
        own = {cell.levels.get(path, "") for cell in cells}
        if len(own) == 1:
            level = own.pop()
            if level:
                levels.append(_with_setting(path, level))
    first = next(iter(cells))
    return ", ".join(levels) or first.trial.fit.level


def _varying(cells: Iterable[Cell]) -> list[str]:
    """The settings that differ between cells."""
    values: dict[str, set[str]] = {}
    for cell in cells:
        for path, level in cell.levels.items():
            values.setdefault(path, set()).add(level)
    return [path for path, levels in values.items() if len(levels) > 1]


def _with_setting(path: str, level: str) -> str:
    """A level, with the last word of its setting before a bare number."""
    if level.replace(".", "", 1).isdigit():
        return f"{path.split('.')[-1]} {level}"
    return level


def models_of_folder(folder: Path, home: Home) -> Iterator[Model | LeftOut]:
    """Every checkpoint in the folder of a finished fit."""
    record = FitRecord.read(folder)
    try:
        fit = read_trusted_fit(record.fit, record.key)
    except ValueError as error:
        yield LeftOut(folder.name, f"its fit cannot be read any more: {error}")
        return
    own_home = _home_around(folder) or home
    names = {}
    for key, plain in record.picks.items():
        names[key] = LAST if not plain else read_part("pick", plain)
    for pick in names.values():
        name = f"{fit.level} {folder.name[:6]}"
        if len(names) > 1:
            name = f"{name} {pick.level}"
        yield _fit_model(name, fit, pick, own_home)


def _home_around(folder: Path) -> Home | None:
    """The home that a folder of a fit lies in, by the names of the folders around it."""
    folder = folder.resolve()
    if folder.parent.name == "fits" and folder.parents[1].name == ".harness":
        return Home(folder.parents[2])
    return None


def _fit_model(name: str, fit: Fit, pick: Part, home: Home) -> Model | LeftOut:
    """A checkpoint of a finished fit."""
    folder = home.store("fits").path(fit.key)
    if FitRecord.read(folder).state is State.DIVERGED:
        return LeftOut(name, "its training diverged")
    weights = folder / f"{pick.key}.safetensors"
    if not weights.exists():
        return LeftOut(name, f"it has no checkpoint of the pick {pick.level}; harness run makes it")
    source = f"fit {fit.key}"
    digest = digest_of(weights, fit.key)
    opener = partial(_open_fit, fit, pick, home)
    return Model(name, source, digest, opener, looks_at_set=_has_steps(fit))


def _has_steps(fit: Fit) -> bool:
    """Whether images are changed before a fit's network sees them."""
    return any(part.options["to"] in ("target", "all") for part in fit.prepare)


def _open_fit(
    fit: Fit, pick: Part, home: Home, reference: Reference, device: torch.device
) -> OpenModel:
    """The network of a fit, and the `prepare` steps that its test images go through."""
    net = trained_network(fit, pick, home, device)
    record = FitRecord.read(home.store("fits").path(fit.key))
    slices = int(fit.net.options["slices"])
    return OpenModel(
        net=net,
        prepare=_steps_of(fit, home, reference, device),
        channels=record.channels // slices,
        slices=slices,
    )


def _steps_of(fit: Fit, home: Home, reference: Reference, device: torch.device) -> Prepare:
    """What is done to an image before this network, as it was in training."""
    if not _has_steps(fit):
        return _keep
    steps = [step for step in open_steps(fit, home, device).steps if step.changes_tests]

    def prepare(images: Unlabelled) -> Unlabelled:
        """Changes the images beside a sample of all, then lets go of the sample."""
        joined = reference.beside(images)
        for step in steps:
            joined = joined.with_pixels(step)
        pixels = joined.pixels[: len(images.pixels)]
        return replace(images, pixels=pixels, unperturbed=None)

    return prepare


def _keep(images: Unlabelled) -> Unlabelled:
    return images
