"""How runs and jobs are called: by the levels of the study's axes, the seed last."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.spec.level_words import (
    bare_name,
    data_in_words,
    level_in_words,
    split_outside_brackets,
)
from harness.spec.naming import short_names
from harness.spec.settings import settings
from harness.spec.values import Fit, Trial
from harness.study.cells import Cell

NOT_SAID = ("fit.seed", "probes")  # the seed comes last, and what is measured tells nothing apart
MOST_OF_A_LIST = 3
TARGET = "fit.adapt_to."
TEST_SET = "test_on"
# Settings that are lists: an empty one goes without saying.
LISTS = ("prepare", "fit.prepare", "fit.augment")


def run_name(cell: Cell) -> str:
    """A run's name: 'uniform green · seed 20'."""
    return _name([*_words(cell), *cell.words], cell.trial.fit)


def with_telling_words(cells: Sequence[Cell]) -> list[Cell]:
    """The cells, those of the same levels with what else they differ in: 'tested on lucchi'.

    A network that looks at no target has no level of it, though it is tested on each.
    """
    alike: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for index, cell in enumerate(cells):
        alike.setdefault(tuple(cell.levels.items()), []).append(index)
    telling = list(cells)
    for indices in alike.values():
        if len(indices) == 1:
            continue
        words = _differences([cells[index].trial for index in indices])
        for index, of_cell in zip(indices, words, strict=True):
            telling[index] = replace(cells[index], words=of_cell)
    return telling


def _differences(trials: Sequence[Trial]) -> list[tuple[str, ...]]:
    """What each of these trials differs in from another, in words."""
    of_trials = [_settings_that_matter(trial) for trial in trials]
    differing: list[str] = []
    for path in dict.fromkeys(itertools.chain(*of_trials)):
        if len({settings_of_trial.get(path) for settings_of_trial in of_trials}) > 1:
            differing.append(path)
    words = []
    for settings_of_trial in of_trials:
        of_trial: dict[str, None] = {}
        for path in differing:
            has_inner = any(inner.startswith(f"{path}.") for inner in differing)
            if path in settings_of_trial and not has_inner:
                of_trial[_setting_in_words(path, settings_of_trial[path])] = None
        words.append(tuple(of_trial))
    return words


def _settings_that_matter(trial: Trial) -> dict[str, str]:
    """The settings of a trial, without those of a target that nobody looks at."""
    own = settings(trial)
    if trial.fit.target is not None:
        return own
    return {path: level for path, level in own.items() if not f"{path}.".startswith(TARGET)}


def _setting_in_words(path: str, level: str) -> str:
    """A setting as it tells runs apart: 'tested on lucchi', 'width 8'."""
    word = short_names([level], path)[level]
    if path.split(".")[0] == TEST_SET:
        return f"tested on {word}"
    return word


def fit_name(cell: Cell) -> str:
    """The name of the training of a cell, by those of its levels that decide the weights."""
    words = _words(cell, "fit.")
    return _name(words or [data_in_words(cell.trial.fit.train_on.level)], cell.trial.fit)


def earlier_fit_name(fit: Fit) -> str:
    """The name of a training that others start from: 'colours on photos · seed 20'."""
    method = fit.method.given_label or fit.method.name
    return _name([f"{method} on {data_in_words(fit.train_on.level)}"], fit)


def _words(cell: Cell, prefix: str = "") -> list[str]:
    """What people call each level of a cell, of the settings that begin so.

    Numbers that move together, as a seed and the draw of its data, are said once.
    """
    words: list[str] = []
    for path, level in cell.levels.items():
        goes_without_saying = path in LISTS and level == "none"
        if path in NOT_SAID or goes_without_saying or not path.startswith(prefix):
            continue
        word = short_names([level], path)[level]
        is_bare_value = word.endswith(f" {level}")
        if not is_bare_value:
            word = _short_list(level) or level_in_words(level)
        if not is_bare_value or word not in words:
            words.append(word)
    return words


def _short_list(level: str) -> str:
    """A list by the names of its first components; empty where a level is none."""
    items = split_outside_brackets(level, "+")
    if len(items) < 2:
        return ""
    names = list(map(bare_name, items))
    if len(names) > MOST_OF_A_LIST:
        names = [*names[: MOST_OF_A_LIST - 1], f"{len(names) - MOST_OF_A_LIST + 1} more"]
    return "+".join(names)


def _name(words: Iterable[str], fit: Fit) -> str:
    """Words, and the seed."""
    return " · ".join([*words, f"seed {fit.seed}"])
