"""How often each test rejects a true null, and how often each interval covers the truth: run it, read the tables."""

import argparse
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import Any

import numpy as np
from scipy import stats

from harness.stats import clusters, corrections, effects, intervals, models, post_hoc, ranks, shifts
from harness.stats.power import MANY, PAIRED, TESTS, attainable
from harness.stats.result import Array

SIZES = (3, 5, 10, 20)
ALPHA = 0.05
RANDOM = {"permutation_paired", "permutation_unpaired", "brunner_munzel"}
RANKS: dict[str, Any] = {f.__name__: f for f in (ranks.kendall, ranks.spearman, ranks.pearson)}
SHAPED = {
    "welch",
    "student",
    "t_paired",
    "equivalence",
    "equivalence_paired",
    "permutation_paired",
    "permutation_unpaired",
}
Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Continuous scores: nothing ties."""
    return rng.normal(size=shape)


def coarse(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Scores in a few steps, as counts or rounded percentages are: many ties."""
    return rng.integers(0, 5, size=shape).astype(float)


def skewed(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Scores with a long tail."""
    return rng.exponential(size=shape)


def studies(name: str, draw: Draw, n: int, count: int) -> Iterator[float]:
    """p values of `count` studies in which the null is true; for an equivalence test the difference is the margin."""
    rng = np.random.default_rng([n, *name.encode(), *draw.__name__.encode()])
    options: dict[str, Any] = {"resamples": 999} if name in RANDOM else {}
    if name.startswith("equivalence"):
        options["margin"] = 1.0
    for _ in range(count):
        data = list(draw(rng, (groups_of(name), n)))
        if name in PAIRED:  # what pairs share
            shared = draw(rng, (n,))
            data = [d + shared for d in data]
        if "margin" in options:
            data[0] = data[0] + 1.0
        try:
            yield TESTS[name](*data, **options).p
        except ValueError:  # a t test of samples that do not vary: no verdict, so no rejection
            yield 1.0


def groups_of(name: str) -> int:
    """How many groups a test is tried on."""
    return 1 if name == "t_one" else 3 if name in MANY else 2


def rejected(cell: tuple[str, Draw, int, int]) -> float:
    """The share of studies that reject; NaN where the null would not be true, or ranks make the shape irrelevant."""
    name, draw, n, count = cell
    if name in RANKS:
        rng = np.random.default_rng([n, *name.encode(), *draw.__name__.encode()])
        found = (RANKS[name](*draw(rng, (2, n)), resamples=999).p for _ in range(count))
        return float(np.mean([p <= ALPHA for p in found]))
    if (draw is skewed and name not in SHAPED) or (draw is not normal and name == "t_one"):
        return float("nan")
    return float(np.mean([p <= ALPHA for p in studies(*cell)]))


def rejections(count: int, pool: Executor) -> None:
    """Every declared test, on data without ties, with many, and (where the shape matters) skewed."""
    low, high = (stats.binom.ppf(q, count, ALPHA) / count for q in (0.025, 0.975))
    heading(
        f"Rejections of a true null in {count} studies, alpha = .05 (95 % bounds {low:.4f} to {high:.4f}; ! above)"
    )
    row(
        "test",
        *(f"{d.__name__[:6]} {n}" for d in (normal, coarse, skewed) for n in SIZES),
        "min p 3",
        "min p 5",
    )
    for name in (*TESTS, *RANKS):
        rates = pool.map(
            rejected, [(name, d, n, count) for d in (normal, coarse, skewed) for n in SIZES]
        )
        cells = [
            "-" if np.isnan(rate) else f"{rate:.4f}" + ("!" if rate > high else "")
            for rate in rates
        ]
        floors = [
            2 / math.factorial(n) if name in RANKS else attainable(name, (n,) * groups_of(name))
            for n in (3, 5)
        ]
        row(name, *cells, *(f"{floor:.4f}" for floor in floors))


def families(count: int, pool: Executor) -> None:
    """Post hoc tests and corrections: how often anything at all is rejected in four groups that do not differ."""
    heading(f"Any rejection among the six pairs of four equal groups, {count} studies")
    row("post hoc", *(f"n = {n}" for n in SIZES))
    holm: Callable[[Array], Array] = corrections.holm
    for name, test in post_hoc.POST_HOC.items():
        rates = []
        for n in SIZES:
            rng = np.random.default_rng(n)
            found = [
                np.array([r.p for r in test(*rng.normal(size=(4, n))).values()])
                for _ in range(count)
            ]
            rates.append(
                np.mean([(p if name == "nemenyi" else holm(p)).min() <= ALPHA for p in found])
            )
        row(name + ("" if name == "nemenyi" else " + holm"), *(f"{rate:.4f}" for rate in rates))
    row("correction", "5 of 10 true", "all 10 true")
    for correct in (
        corrections.bonferroni,
        corrections.holm,
        corrections.shaffer,
        corrections.bh,
        corrections.by,
    ):
        rng, any_false, share = np.random.default_rng(0), 0, []
        for _ in range(count):
            any_false += correct(rng.uniform(size=10)).min() <= ALPHA
            z = rng.normal(size=10) + np.r_[np.zeros(5), np.full(5, 3.0)]
            small = correct(2 * stats.norm.sf(np.abs(z))) <= ALPHA
            share.append(small[:5].sum() / max(1, small.sum()))
        row(correct.__name__, f"FDR {np.mean(share):.4f}", f"FWER {any_false / count:.4f}")


def covered(cell: tuple[int, int, int]) -> tuple[float, float]:
    """The share of intervals that hold the truth, and of those without a bound."""
    which, n, count = cell
    _, truth, find = list(offered())[which]
    rng = np.random.default_rng([which, n])
    found = [find(rng, n) for _ in range(count)]
    boundless = np.mean([np.isinf(f.low) or np.isinf(f.high) for f in found])
    return float(np.mean([f.low <= truth <= f.high for f in found])), float(boundless)


def coverage(count: int, pool: Executor) -> None:
    """Every interval offered, with how often it is infinite."""
    heading(
        f"Coverage of 95 % intervals, {count} studies (in brackets: share of intervals without a bound)"
    )
    row("interval", *(f"n = {n}" for n in SIZES))
    for which, (name, _, _) in enumerate(offered()):
        shares = pool.map(covered, [(which, n, count) for n in SIZES])
        row(name, *(f"{hit:.3f}" + (f" ({open_:.2f})" if open_ else "") for hit, open_ in shares))


def offered(
    resamples: int = 999,
) -> Iterator[tuple[str, float, Callable[[np.random.Generator, int], Any]]]:
    """Every interval with the truth it should cover: null and large effects on normal data."""
    for f in (intervals.t, intervals.bca, intervals.percentile):
        options = {} if f is intervals.t else {"resamples": resamples}
        yield (
            f"{f.__name__} (normal)",
            0.0,
            lambda rng, n, f=f, o=options: f(rng.normal(size=n), **o),
        )
        yield (
            f"{f.__name__} (skewed)",
            1.0,
            lambda rng, n, f=f, o=options: f(rng.exponential(size=n), **o),
        )
    yield "hierarchical (n seeds x 20)", 0.0, lambda rng, n: nested(rng, n, resamples)
    for shift in (0.0, 1.5):
        win = float(stats.norm.cdf(shift / np.sqrt(2)))
        for f, truth in (
            (shifts.mean_difference, shift),
            (shifts.hodges_lehmann, shift),
            (shifts.cohens_d, shift),
            (shifts.hedges_g, shift),
            (effects.cliffs_delta, 2 * win - 1),
            (effects.probability_of_improvement, win),
        ):
            yield (
                f"{f.__name__} {shift}",
                truth,
                lambda rng, n, f=f, s=shift: f(rng.normal(s, size=n), rng.normal(size=n)),
            )
        for f in (shifts.mean_difference_paired, shifts.hodges_lehmann_paired, shifts.cohens_dz):
            yield (
                f"{f.__name__} {shift}",
                shift,
                lambda rng, n, f=f, s=shift: f(rng.normal(s, size=n), np.zeros(n)),
            )
        # What rank_biserial estimates at n depends on n a little: the truth here is that of many pairs.
        both = float(2 * stats.norm.cdf(shift * np.sqrt(2)) - 1)
        yield (
            f"rank_biserial {shift}",
            both,
            lambda rng, n, s=shift: effects.rank_biserial(rng.normal(size=n) + s, np.zeros(n)),
        )
    for rho in (0.0, 0.8):
        tau, spear = float(2 / np.pi * np.arcsin(rho)), float(6 / np.pi * np.arcsin(rho / 2))
        for f, truth in ((ranks.kendall, tau), (ranks.spearman, spear), (ranks.pearson, rho)):
            yield (
                f"{f.__name__} {rho}",
                truth,
                lambda rng, n, f=f, r=rho: f(*joint(rng, n, r), resamples=9),
            )
    yield "icc1 .3 (n seeds x 20)", 0.3, lambda rng, n: clusters.icc1(*within(rng, n, 20, 0.3))


def joint(rng: np.random.Generator, n: int, rho: float) -> tuple[Array, Array]:
    """Two scores with a known correlation."""
    x = rng.normal(size=n)
    return x, rho * x + np.sqrt(1 - rho**2) * rng.normal(size=n)


def within(rng: np.random.Generator, seeds: int, images: int, icc: float) -> tuple[Array, Array]:
    """Scores of images whose networks explain a share `icc` of the variance, and their seeds."""
    label = np.repeat(np.arange(seeds), images)
    return np.sqrt(icc) * rng.normal(size=seeds)[label] + np.sqrt(1 - icc) * rng.normal(
        size=label.size
    ), label


def nested(rng: np.random.Generator, seeds: int, resamples: int) -> Any:
    """A hierarchical interval of twenty images within each seed."""
    return intervals.hierarchical(*within(rng, seeds, 20, 0.5), resamples=resamples)


def trap(count: int, pool: Executor) -> None:
    """Fifty images of one network are not fifty networks: three seeds against three, judged in three ways."""
    heading(
        f"Pooled images: 3 seeds x 50 images per arm, no difference, {count} studies, Mann-Whitney at alpha = .05"
    )
    row("variance between seeds", "pooled", "seed means", "mixed model", "effective n")
    for icc in (0.0, 0.1, 0.3, 0.5, 0.8):
        rng, pooled, means, mixed, worth = np.random.default_rng(0), 0, 0, [], []
        for i in range(count):
            (x, seed), (y, _) = within(rng, 3, 50, icc), within(rng, 3, 50, icc)
            pooled += TESTS["mann_whitney"](x, y).p <= ALPHA
            averaged = [v.reshape(3, 50).mean(axis=1) for v in (x, y)]
            means += TESTS["welch"](*averaged).p <= ALPHA
            worth.append(clusters.effective_n(x, seed))
            if i < count // 4:
                mixed.append(_mixed_p(x, y, seed) <= ALPHA)
        row(
            f"{icc}",
            f"{pooled / count:.4f}",
            f"{means / count:.4f}",
            f"{np.mean(mixed):.3f}",
            f"{np.median(worth):.0f}",
        )


def _mixed_p(x: Array, y: Array, seed: Array) -> float:
    import pandas as pd

    table = pd.DataFrame(
        {"dice": np.r_[x, y], "init": ["a"] * x.size + ["b"] * y.size, "seed": np.r_[seed, seed]}
    )
    return models.mixed_effects(table, "dice ~ init", random=("init:seed",)).terms[0].p


def heading(text: str) -> None:
    """A table's title."""
    print(f"\n{text}")


def row(first: str, *cells: str) -> None:
    """One line of a table."""
    print(f"{first:30s}" + "".join(f"{cell:>13s}" for cell in cells), flush=True)


TABLES = {"rejections": rejections, "families": families, "coverage": coverage, "trap": trap}


def main() -> None:
    """Every table, in some six minutes on two free cores; --quick in one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="200 studies per cell rather than 2,000"
    )
    parser.add_argument("--only", choices=list(TABLES), help="one table")
    parser.add_argument("--workers", type=int, default=2)
    chosen = parser.parse_args()
    start = time.perf_counter()
    with ProcessPoolExecutor(chosen.workers) as pool:
        for name, table in TABLES.items():
            if chosen.only in (None, name):
                table(200 if chosen.quick else 2000, pool)
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
