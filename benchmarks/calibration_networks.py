"""How well whole verdicts keep their promise where networks are few and their values many."""

from concurrent.futures import Executor

import numpy as np

from benchmarks.null_studies import Promise, null_studies, promise_of
from benchmarks.text_table import print_heading, print_row


def networks(count: int, pool: Executor) -> None:
    """Prints, for each kind of comparison, how often the judge shows what is not there."""
    print_heading(f"Whole verdicts on {count} null studies, alpha = .05")
    print_row("comparison", ["rejected", "covered", "these only"])
    numbers = range(len(null_studies()))
    counts = [count] * len(numbers)
    for number, promise in zip(numbers, pool.map(_promise_of_number, numbers, counts), strict=True):
        covered = "-" if np.isnan(promise.covered) else f"{promise.covered:.3f}"
        cells = [f"{promise.rejected:.3f}", covered, f"{promise.only_these:.2f}"]
        print_row(null_studies()[number].name, cells)


def _promise_of_number(number: int, count: int) -> Promise:
    """The promise of the study at a position of the list: a study holds functions, which no process
    can be sent.
    """
    return promise_of(null_studies()[number], count)
