"""How well whole verdicts keep their promise where networks are few and their values many."""

from concurrent.futures import Executor

import numpy as np

from benchmarks.null_studies import Promise, null_studies, promise_of
from benchmarks.text_table import print_heading, print_row


def networks(count: int, pool: Executor) -> None:
    """Prints, for each kind of comparison, how often the judge shows what is not there."""
    print_heading(f"Whole verdicts on {count} null studies, alpha = .05")
    print_row("comparison", ["rejected", "covered", "these only"])
    names = [study.name for study in null_studies()]
    numbers = range(len(names))
    counts = [count] * len(names)
    promises = pool.map(_promise_of_number, numbers, counts)
    for name, promise in zip(names, promises, strict=True):
        print_row(name, _cells(promise))


def _cells(promise: Promise) -> list[str]:
    """A promise as the cells of a row."""
    covered = f"{promise.covered:.3f}"
    if np.isnan(promise.covered):
        covered = "-"
    rejected = f"{promise.rejected:.3f}"
    only_these = f"{promise.only_these:.2f}"
    return [rejected, covered, only_these]


def _promise_of_number(number: int, count: int) -> Promise:
    """The promise of the study at a position of the list: a study holds functions, which no process
    can be sent.
    """
    return promise_of(null_studies()[number], count)
