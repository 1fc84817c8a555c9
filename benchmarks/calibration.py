"""How often each test rejects a true null, and how often each interval covers the truth.

Run it and read the tables.
"""

import argparse
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.calibration_intervals import coverage
from benchmarks.calibration_judge import judged_studies
from benchmarks.calibration_networks import networks
from benchmarks.calibration_pooling import trap
from benchmarks.text_table import print_heading, print_row
from harness.spec.catalogue import catalogue, load_component
from harness.stats import corrections, post_hoc, ranks
from harness.stats.power import attainable
from harness.stats.result import Array

SIZES = (3, 5, 10, 20)
ALPHA = 0.05
TESTS = {name: load_component("test", name) for name in catalogue("test")}
RANKS = {"kendall": ranks.kendall, "spearman": ranks.spearman, "pearson": ranks.pearson}
TAKE_RESAMPLES = {"permutation_paired", "permutation_unpaired", "brunner_munzel"}
SENSITIVE_TO_SHAPE = {
    "welch",
    "student",
    "t_paired",
    "equivalence",
    "equivalence_paired",
    "permutation_paired",
    "permutation_unpaired",
}
CORRECTIONS = (
    corrections.bonferroni,
    corrections.holm,
    corrections.shaffer,
    corrections.bh,
    corrections.by,
)
Size = tuple[int, ...]


def draw_normal(rng: np.random.Generator, size: Size) -> Array:
    """Draws continuous scores: nothing ties."""
    return rng.normal(size=size)


def draw_coarse(rng: np.random.Generator, size: Size) -> Array:
    """Draws scores in a few steps, as counts or rounded percentages are: many ties."""
    steps = rng.integers(0, 5, size=size)
    return steps.astype(float)


def draw_skewed(rng: np.random.Generator, size: Size) -> Array:
    """Draws scores with a long tail."""
    return rng.exponential(size=size)


@dataclass(frozen=True)
class Shape:
    """A distribution of scores."""

    name: str
    draw: Callable[[np.random.Generator, Size], Array]


NORMAL = Shape("normal", draw_normal)
COARSE = Shape("coarse", draw_coarse)
SKEWED = Shape("skewed", draw_skewed)
SHAPES = (NORMAL, COARSE, SKEWED)


@dataclass(frozen=True)
class Studies:
    """Studies of one design in which the null is true: a test, its data, the group size."""

    test: str
    shape: Shape
    n: int
    count: int

    def rng(self) -> np.random.Generator:
        name_of_test = self.test.encode()
        name_of_shape = self.shape.name.encode()
        return np.random.default_rng([self.n, *name_of_test, *name_of_shape])


def group_count(name: str) -> int:
    """Returns how many groups a test is tried on: three where it takes many."""
    groups = catalogue("test")[name].facts.groups
    return 3 if groups == "many" else int(groups)


def p_values(studies: Studies) -> Iterator[float]:
    """Yields p of every study; for an equivalence test the difference is the margin."""
    name = studies.test
    test = TESTS[name]
    is_paired = catalogue("test")[name].facts.paired
    is_equivalence = name.startswith("equivalence")
    options: dict[str, Any] = {"resamples": 999} if name in TAKE_RESAMPLES else {}
    if is_equivalence:
        options["margin"] = 1.0
    rng = studies.rng()
    for _ in range(studies.count):
        groups = list(studies.shape.draw(rng, (group_count(name), studies.n)))
        if is_paired:
            shared = studies.shape.draw(rng, (studies.n,))
            groups = [group + shared for group in groups]
        if is_equivalence:
            groups[0] = groups[0] + 1.0
        try:
            yield test(*groups, **options).p
        except ValueError:  # a t test refuses samples that do not vary: no verdict, no rejection
            yield 1.0


def p_values_of_ranks(studies: Studies) -> Iterator[float]:
    """Yields p of rank correlations between scores that have nothing to do with one another."""
    rng = studies.rng()
    for _ in range(studies.count):
        x, y = studies.shape.draw(rng, (2, studies.n))
        yield RANKS[studies.test](x, y, resamples=999).p


def rejection_rate(studies: Studies) -> float:
    """Returns the share of studies that reject the null.

    It is NaN where the null would not be true, and where ranks make the shape irrelevant.
    """
    name = studies.test
    if name in RANKS:
        rejections = [p <= ALPHA for p in p_values_of_ranks(studies)]
        return float(np.mean(rejections))
    if studies.shape == SKEWED and name not in SENSITIVE_TO_SHAPE:
        return float("nan")
    if studies.shape != NORMAL and name == "t_one":
        return float("nan")
    rejections = [p <= ALPHA for p in p_values(studies)]
    return float(np.mean(rejections))


def smallest_p(name: str, n: int) -> float:
    """Returns the smallest p that a test or a rank correlation can give at a group size."""
    if name in RANKS:
        return 2 / math.factorial(n)
    return attainable(name, (n,) * group_count(name))


def rejections(count: int, pool: Executor) -> None:
    """Prints every test on data without ties, with many, and (where it matters) skewed."""
    low = stats.binom.ppf(0.025, count, ALPHA) / count
    high = stats.binom.ppf(0.975, count, ALPHA) / count
    bounds = f"95 % bounds {low:.4f} to {high:.4f}; ! above"
    print_heading(f"Rejections of a true null in {count} studies, alpha = .05 ({bounds})")
    head: list[str] = []
    for shape in SHAPES:
        head.extend(f"{shape.name} {n}" for n in SIZES)
    print_row("test", [*head, "min p 3", "min p 5"])
    for name in (*TESTS, *RANKS):
        designs: list[Studies] = []
        for shape in SHAPES:
            designs.extend(Studies(name, shape, n, count) for n in SIZES)
        cells = []
        for rate in pool.map(rejection_rate, designs):
            mark = "!" if rate > high else ""
            cells.append("-" if np.isnan(rate) else f"{rate:.4f}{mark}")
        cells.extend(f"{smallest_p(name, n):.4f}" for n in (3, 5))
        print_row(name, cells)


def families(count: int, pool: Executor) -> None:
    """Prints how often post hoc tests and corrections reject anything that is true."""
    print_heading(f"Any rejection among the six pairs of four equal groups, {count} studies")
    print_row("post hoc", [f"n = {n}" for n in SIZES])
    for name in post_hoc.POST_HOC:
        cells = [f"{post_hoc_rate(name, n, count):.4f}" for n in SIZES]
        correction = "" if name == "nemenyi" else " + holm"
        print_row(name + correction, cells)
    print_row("correction", ["5 of 10 true", "all 10 true"])
    for correct in CORRECTIONS:
        false_share, any_false = correction_rates(correct, count)
        print_row(correct.__name__, [f"FDR {false_share:.4f}", f"FWER {any_false:.4f}"])


def post_hoc_rate(name: str, n: int, count: int) -> float:
    """Returns how often a post hoc test rejects any pair of four groups that do not differ."""
    rng = np.random.default_rng(n)
    rejections = 0
    for _ in range(count):
        results = post_hoc.POST_HOC[name](*rng.normal(size=(4, n)))
        p = np.array([result.p for result in results.values()])
        if name != "nemenyi":
            p = corrections.holm(p)
        rejections += p.min() <= ALPHA
    return rejections / count


def correction_rates(correct: Callable[[Array], Array], count: int) -> tuple[float, float]:
    """Returns the mean share of false rejections, and how often all-true families are rejected."""
    rng = np.random.default_rng(0)
    effects = np.r_[np.zeros(5), np.full(5, 3.0)]
    any_false = 0
    shares = []
    for _ in range(count):
        p_of_true_nulls = rng.uniform(size=10)
        any_false += correct(p_of_true_nulls).min() <= ALPHA
        z = rng.normal(size=10) + effects
        is_rejected = correct(2 * stats.norm.sf(np.abs(z))) <= ALPHA
        shares.append(is_rejected[:5].sum() / max(1, is_rejected.sum()))
    return float(np.mean(shares)), any_false / count


TABLES = {
    "rejections": rejections,
    "families": families,
    "coverage": coverage,
    "trap": trap,
    "judge": judged_studies,
    "networks": networks,
}


def main() -> None:
    """Prints every table, in some twenty minutes on two free cores; --quick in three."""
    parser = argparse.ArgumentParser(description=__doc__)
    fewer = "200 studies per cell rather than 2,000"
    parser.add_argument("--quick", action="store_true", help=fewer)
    parser.add_argument("--studies", type=int, help="how many studies per cell")
    parser.add_argument("--only", choices=list(TABLES), help="one table")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    count = arguments.studies or (200 if arguments.quick else 2000)
    start = time.perf_counter()
    with ProcessPoolExecutor(arguments.workers) as pool:
        for name, table in TABLES.items():
            if arguments.only in (None, name):
                table(count, pool)
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
