"""A search small enough to be run in a test, and one that is scored without any training."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.search.asking import recorded_search
from harness.search.driving import Driver, Training
from harness.search.history import SearchPoint
from harness.store import Home
from harness.study.load import Study, load_study
from harness.study.points import PointCell, cell_at
from harness.study.search import Search

SEARCH = """
name: tiny-search
question: Which settings are best?
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 48}
    net: {arch: tiny_unet, slices: 3, width: 2}
    method: {name: supervised, epochs: 1, lr: 1e-3}
    patch: 32
    batch: 4
    steps: 1
search:
  over:
    fit.net.width: {int: [2, 4]}
    fit.method.lr: {float: [1e-4, 1e-1], log: true}
    fit.method.optimiser: [adam, sgd]
    fit.method.optimiser.momentum: {float: [0, 0.9], when: {fit.method.optimiser: sgd}}
  sampler: random
  maximise: dice
  budget: {trainings: 20}
"""

Score = Callable[[Training], tuple[float, ...]]


def write_search(folder: Path, *edits: tuple[str, str]) -> Path:
    """Writes the small search with some texts replaced, which must be there."""
    text = SEARCH
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    file = folder / "search.yaml"
    file.write_text(text)
    return file


def open_driver(study: Study, home: Home) -> Driver:
    """The search of a study, taken up as a new process would."""
    search = search_of(study)
    recorded = recorded_search(study, search, home)

    def cell_of(values: Mapping[str, Any], seed: int) -> PointCell:
        return cell_at(study.raw, values, seed)

    return Driver(search, recorded, cell_of)


def search_of(study: Study) -> Search:
    assert study.search is not None
    return study.search


def score_of(training: Training) -> tuple[float, ...]:
    """A score without a training: wide networks are better, and each seed has its own noise."""
    fit = training.cell.trial.fit
    width = int(fit.net.options["width"])
    rate = float(fit.method.options["lr"])
    noise = hash((training.seed, width)) % 7
    return (width / 10 + noise / 100 + rate,)


def search_on(driver: Driver, score: Score = score_of, most: int = 10_000) -> int:
    """Scores what a search asks for, one after the other; returns how many trainings there were."""
    count = 0
    while count < most and (training := driver.next_training()) is not None:
        driver.score(training, score(training))
        count += 1
    return count


def study_of(folder: Path, *edits: tuple[str, str]) -> Study:
    """The small search with some texts replaced, read."""
    return load_study(write_search(folder, *edits))


def facts_of(points: tuple[SearchPoint, ...]) -> list[object]:
    """What two searches have in common that did the same at other times."""
    facts: list[object] = []
    for point in points:
        facts.append((point.levels, point.scores, point.state, point.trial_keys))
    return facts
