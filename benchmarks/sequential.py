"""Seeds until decided, through the judge: how often it is wrong, how often and how soon it decides,
and how often its interval holds the truth.

Each study is judged with all of its seeds, which says after how many it was decided, and again with
those seeds alone, as a study that ends there is.

Run it and read the tables: `python -m benchmarks.sequential --studies 2000`.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import repeat

import numpy as np
import pandas as pd

from benchmarks.calibration_judge import limit_of_chance
from benchmarks.null_studies import load_text, planned_rows
from benchmarks.text_table import print_heading, print_row
from harness.judge.answer import judge
from harness.judge.contrasts import Contrast
from harness.stats.power import power
from harness.stats.result import Array
from harness.study.cells import Cell
from harness.study.load import Study

TEXT = """seeds: {until: decided, least: 4, most: %d}
grid:
  fit.steps: [%s]
  fit.batch: [1, 2%s]
compare:
"""
BY = "  - {{name: {}, metric: dice, by: fit.batch, against: '1', unit: seed{}, {}}}\n"
ALONE = "within: [fit.steps], correct: null"
FAMILY = "where: {{fit.steps: {}}}"
AT_ONCE = 50  # studies of two arms that are strata of one, so that its tables are read once for all
FAMILIES_AT_ONCE = 10  # studies of more arms, each with its own family of p values
PIECES = 4

Draw = Callable[[np.random.Generator, int], Array]


def normal(rng: np.random.Generator, seeds: int) -> Array:
    """Normal differences."""
    return rng.normal(size=seeds)


def exponential(rng: np.random.Generator, seeds: int) -> Array:
    """Skewed differences whose mean is zero, though their signs are not random."""
    return rng.exponential(size=seeds) - 1


def laplace(rng: np.random.Generator, seeds: int) -> Array:
    """Differences of two exponential scores: heavy tails, and signs that are random."""
    return rng.exponential(size=seeds) - rng.exponential(size=seeds)


@dataclass(frozen=True)
class Case:
    """A study until decided, and what is true of it: the mean difference of each further arm."""

    name: str
    most: int
    truths: tuple[float, ...] = (0.0,)
    options: str = ""
    draw: Draw = normal
    margin: float = 0.0

    @property
    def at_once(self) -> int:
        """How many studies are judged at once."""
        return AT_ONCE if len(self.truths) == 1 else FAMILIES_AT_ONCE


@dataclass(frozen=True)
class Answer:
    """What one study came to: of its first contrast, and whether any contrast is false."""

    decided: bool
    seeds: int
    covers: bool
    estimate: float
    is_false: bool


SIZES = [Case(f"no difference, at most {most}", most) for most in (10, 12, 20)]
MARGIN = ", margin: 1.5"
SIGNS = ", test: sequential_signs"
CASES = [
    *SIZES,
    Case("1.5 SD, at most 10", 10, (1.5,)),
    Case("margin 1.5 SD, at the margin, at most 12", 12, (1.5,), MARGIN, margin=1.5),
    Case("margin 1.5 SD, no difference, at most 12", 12, (0.0,), MARGIN, margin=1.5),
    Case("skewed, mean 0, t, at most 10", 10, draw=exponential),
    Case("skewed, mean 0, signs, at most 10", 10, options=SIGNS, draw=exponential),
    Case("of two skewed scores, t, at most 10", 10, draw=laplace),
    Case("of two skewed scores, signs, at most 10", 10, options=SIGNS, draw=laplace),
    Case("1.5 SD, signs, at most 10", 10, (1.5,), SIGNS),
    Case("1 SD, at most 10", 10, (1.0,)),
    Case("1 SD, at most 20", 20, (1.0,)),
    Case("3 arms, 2 with 2 SD, 1 with none, at most 12", 12, (0.0, 2.0, 2.0)),
    Case("the same with a margin of 1.5 SD", 12, (0.0, 2.0, 2.0), MARGIN, margin=1.5),
    Case("3 arms without a difference, at most 12", 12, (0.0, 0.0, 0.0)),
]


@cache
def study_of(case: Case) -> tuple[Study, pd.DataFrame, pd.DataFrame]:
    """Many studies of a case as the strata of one, each a family of its own."""
    further = "".join(f", {arm + 2}" for arm in range(1, len(case.truths)))
    numbers = [str(number + 1) for number in range(case.at_once)]
    text = TEXT % (case.most, ", ".join(numbers), further)
    if len(case.truths) == 1:
        text += BY.format("a", case.options, ALONE)
    else:
        for number in numbers:
            text += BY.format(f"a{number}", case.options, FAMILY.format(number))
    study = load_text(text)
    runs, rows = planned_rows(study, images=1)
    rows = rows[rows["metric"] == "dice"].reset_index(drop=True)
    return study, runs, rows


def answers(case: Case, count: int, part: int) -> list[Answer]:
    """Draws and judges studies of one case."""
    rng = np.random.default_rng([part, *case.name.encode()])
    drawn: list[Answer] = []
    for _ in range(max(1, count // case.at_once)):
        drawn += answers_at_once(case, rng)
    return drawn


def answers_at_once(case: Case, rng: np.random.Generator) -> Iterator[Answer]:
    """Studies judged at their end, and again where the first contrast of each was decided."""
    study, runs, rows = study_of(case)
    cells = [study.cells[cell] for cell in rows["cell"]]
    table = rows.drop(columns=["fit", "cell", "test_set", "strength"])
    table["value"] = _scores(case, cells, rng)
    whole = _contrasts(case, study, runs, table)
    seeds = [contrasts[0].decided_after or case.most for contrasts in whole]
    is_needed = [cell.trial.fit.seed < seeds[cell.trial.fit.steps - 1] for cell in cells]
    needed = table[is_needed]
    is_run = runs["run"].isin(needed["run"])
    ended = _contrasts(case, study, runs[is_run], needed)
    for contrasts, at_end, count in zip(whole, ended, seeds, strict=True):
        first = at_end[0]
        false_claims = 0
        for contrast, truth in zip(contrasts, case.truths, strict=True):
            false_claims += _is_false(case, contrast, truth)
        covers = first.low <= case.truths[0] <= first.high
        yield Answer(bool(first.decided_after), count, covers, first.estimate, false_claims > 0)


def _contrasts(
    case: Case, study: Study, runs: pd.DataFrame, table: pd.DataFrame
) -> list[tuple[Contrast, ...]]:
    """The contrasts of each of the studies that are judged at once."""
    verdicts = judge(study, runs, table).verdicts
    if len(case.truths) > 1:
        return [verdict.contrasts for verdict in verdicts]
    return [(contrast,) for contrast in verdicts[0].contrasts]


def _is_false(case: Case, contrast: Contrast, truth: float) -> bool:
    """Whether a contrast claims what is not so."""
    if contrast.outcome == "differs":
        return truth == 0
    return contrast.outcome == "equivalent" and abs(truth) >= case.margin


def _scores(case: Case, cells: Sequence[Cell], rng: np.random.Generator) -> list[float]:
    """A score for each cell: what the arms of a seed share, and the difference of its arm."""
    differences: dict[tuple[int | None, int], Array] = {}
    for steps in range(1, case.at_once + 1):
        differences[steps, 1] = np.zeros(case.most)
        for arm, truth in enumerate(case.truths, 2):
            differences[steps, arm] = truth + case.draw(rng, case.most)
    scores = []
    for cell in cells:
        fit = cell.trial.fit
        scores.append(float(differences[fit.steps or 0, fit.batch][fit.seed]))
    return scores


def print_cases(cases: Sequence[Case], count: int, pool: Executor) -> None:
    """Prints a row for each case."""
    least, most = limit_of_chance(count, 0.025), limit_of_chance(count, 0.975)
    bounds = f"95 % bounds of .05: {least:.4f} to {most:.4f}"
    print_heading(f"Seeds until decided, {count} studies through the judge ({bounds})")
    columns = ["false", "decided", "seeds", "covers", "mean", "fixed: power"]
    print_row("differences, and how many seeds", columns)
    for case in cases:
        whole: list[Answer] = []
        for part in pool.map(answers, repeat(case), repeat(count // PIECES), range(PIECES)):
            whole.extend(part)
        print_row(case.name, cells_of(case, whole))


def cells_of(case: Case, whole: Sequence[Answer]) -> list[str]:
    """The rates of one case, and the power of as many seeds, fixed before."""
    fixed = "-"
    if case.truths[0] and not case.margin:
        chance = power("t_paired", (case.most, case.most), case.truths[0])
        fixed = f"{chance:.3f} of {case.most}"
    return [
        f"{np.mean([answer.is_false for answer in whole]):.4f}",
        f"{np.mean([answer.decided for answer in whole]):.3f}",
        f"{np.mean([answer.seeds for answer in whole]):.1f}",
        f"{np.mean([answer.covers for answer in whole]):.3f}",
        f"{np.mean([answer.estimate for answer in whole]):.2f}",
        fixed,
    ]


def main() -> None:
    """Prints all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="", help="Cases whose names hold these words.")
    options = parser.parse_args()
    cases = [case for case in CASES if options.only in case.name]
    with ProcessPoolExecutor(options.workers) as pool:
        print_cases(cases, options.studies, pool)


if __name__ == "__main__":
    main()
