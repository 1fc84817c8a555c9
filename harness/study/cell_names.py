"""How runs and jobs are called: by the levels of the study's axes, the seed last."""

from collections.abc import Iterable

from harness.spec.level_words import (
    bare_name,
    data_in_words,
    level_in_words,
    split_outside_brackets,
)
from harness.spec.naming import short_names
from harness.spec.values import Fit
from harness.study.cells import Cell

NOT_SAID = ("fit.seed", "probes")  # the seed comes last, and what is measured tells nothing apart
MOST_OF_A_LIST = 3
# Settings that are lists: an empty one goes without saying.
LISTS = ("prepare", "fit.prepare", "fit.augment")


def run_name(cell: Cell) -> str:
    """A run's name: 'uniform green · seed 20'."""
    return _name(_words(cell), cell.trial.fit)


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
