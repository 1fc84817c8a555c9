"""How often the judge is wrong, by the kind of comparison: whole studies in which nothing differs.

Run it and read the table: `python -m benchmarks.calibration --only judge --studies 1000`.
"""

from concurrent.futures import Executor
from itertools import repeat

import numpy as np
from scipy import stats

from benchmarks.calibration_designs import KINDS
from benchmarks.calibration_looks import looks
from benchmarks.null_comparisons import Outcome
from benchmarks.text_table import print_heading, print_row

ALPHA = 0.05
KINDS_OF_COMPARISON = {**KINDS, "looks at 6 to 16 seeds": looks}
PIECES = 4  # each kind is judged in so many parts, side by side


def judged_studies(count: int, pool: Executor) -> None:
    """Prints the rejections and the coverage of every kind of comparison."""
    least, most = limit_of_chance(count, 0.025), limit_of_chance(count, 0.975)
    bounds = f"95 % bounds {least:.4f} to {most:.4f}; ! above"
    print_heading(f"Any rejection of a true null, {count} studies through the judge ({bounds})")
    print_row("kind of comparison", ["rejected", "coverage", "no interval"])
    for name in KINDS_OF_COMPARISON:
        parts = pool.map(outcomes, repeat(name), repeat(count // PIECES), range(PIECES))
        whole: list[Outcome] = []
        for part in parts:
            whole.extend(part)
        print_row(name, cells_of(whole))


def limit_of_chance(count: int, share: float) -> float:
    """A bound of what chance makes of a true rate of alpha."""
    return float(stats.binom.ppf(share, count, ALPHA) / count)


def outcomes(name: str, count: int, part: int) -> list[Outcome]:
    """Draws and judges studies of one kind."""
    rng = np.random.default_rng([part, *name.encode()])
    kind = KINDS_OF_COMPARISON[name]
    return [kind(rng) for _ in range(count)]


def cells_of(whole: list[Outcome]) -> list[str]:
    """The rates of one kind."""
    rate = float(np.mean([outcome.rejects for outcome in whole]))
    mark = "!" if rate > limit_of_chance(len(whole), 0.975) else ""
    covering = [outcome.covers for outcome in whole if outcome.covers is not None]
    coverage = "-"
    if covering:
        coverage = f"{np.mean(covering):.3f}"
    without = 1 - len(covering) / len(whole)
    return [f"{rate:.4f}{mark}", coverage, f"{without:.2f}"]
