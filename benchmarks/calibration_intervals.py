"""How often each interval covers the truth."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.text_table import print_heading, print_row
from harness.stats import clusters, effects, intervals, ranks, shifts
from harness.stats.result import Array

SIZES = (3, 5, 10, 20)
RESAMPLES = 999
Estimate = Callable[[np.random.Generator, int], Any]


@dataclass(frozen=True)
class Offer:
    """An interval on data of its own, with the truth that it should cover."""

    name: str
    truth: float
    estimate: Estimate


@dataclass(frozen=True)
class Cell:
    """One offer, by its position, at one sample size."""

    offer: int
    n: int
    count: int


@dataclass(frozen=True)
class Coverage:
    """The share of intervals that hold the truth, and of those without a bound."""

    covering: float
    boundless: float


def coverage(count: int, pool: Executor) -> None:
    """Prints every interval, with how often it is infinite."""
    remark = "in brackets: share of intervals without a bound"
    print_heading(f"Coverage of 95 % intervals, {count} studies ({remark})")
    print_row("interval", [f"n = {n}" for n in SIZES])
    for i, offer in enumerate(offers()):
        designs = [Cell(i, n, count) for n in SIZES]
        cells = []
        for shares in pool.map(measure_coverage, designs):
            brackets = f" ({shares.boundless:.2f})" if shares.boundless else ""
            cells.append(f"{shares.covering:.3f}{brackets}")
        print_row(offer.name, cells)


def measure_coverage(cell: Cell) -> Coverage:
    """Counts the intervals of a cell that hold the truth."""
    offer = offers()[cell.offer]
    rng = np.random.default_rng([cell.offer, cell.n])
    covering = 0
    boundless = 0
    for _ in range(cell.count):
        interval = offer.estimate(rng, cell.n)
        covering += interval.low <= offer.truth <= interval.high
        boundless += bool(np.isinf(interval.low) or np.isinf(interval.high))
    return Coverage(covering / cell.count, boundless / cell.count)


def offers() -> list[Offer]:
    """Lists every interval with null and large effects on normal data."""
    every_offer = [
        *offers_of_means(intervals.t),
        *offers_of_means(intervals.bca, resamples=RESAMPLES),
        *offers_of_means(intervals.percentile, resamples=RESAMPLES),
        Offer("hierarchical (n seeds x 20)", 0.0, _hierarchical),
    ]
    for shift in (0.0, 1.5):
        every_offer.extend(offers_of_effects(shift))
    for rho in (0.0, 0.8):
        every_offer.extend(offers_of_correlations(rho))
    every_offer.append(Offer("icc1 .3 (n seeds x 20)", 0.3, _icc))
    return every_offer


def offers_of_means(interval: Callable[..., Any], **options: int) -> list[Offer]:
    """Offers an interval of a mean on normal and on skewed data."""

    def of_normal(rng: np.random.Generator, n: int) -> Any:
        return interval(rng.normal(size=n), **options)

    def of_skewed(rng: np.random.Generator, n: int) -> Any:
        return interval(rng.exponential(size=n), **options)

    name = interval.__name__
    return [
        Offer(f"{name} (normal)", 0.0, of_normal),
        Offer(f"{name} (skewed)", 1.0, of_skewed),
    ]


def offers_of_effects(shift: float) -> list[Offer]:
    """Offers the intervals of all effects between groups, and of pairs, that differ by a shift."""
    win = float(stats.norm.cdf(shift / np.sqrt(2)))
    # What rank_biserial estimates depends on n a little: the truth here is that of many pairs.
    win_of_pairs = float(stats.norm.cdf(shift * np.sqrt(2)))
    return [
        _offer_of_groups(shifts.mean_difference, shift, shift),
        _offer_of_groups(shifts.hodges_lehmann, shift, shift),
        _offer_of_groups(shifts.cohens_d, shift, shift),
        _offer_of_groups(shifts.hedges_g, shift, shift),
        _offer_of_groups(effects.cliffs_delta, shift, 2 * win - 1),
        _offer_of_groups(effects.probability_of_improvement, shift, win),
        _offer_of_pairs(shifts.mean_difference_paired, shift, shift),
        _offer_of_pairs(shifts.hodges_lehmann_paired, shift, shift),
        _offer_of_pairs(shifts.cohens_dz, shift, shift),
        _offer_of_pairs(effects.rank_biserial, shift, 2 * win_of_pairs - 1),
    ]


def _offer_of_groups(effect: Callable[..., Any], shift: float, truth: float) -> Offer:
    """Offers the interval of an effect between two groups that differ by a shift."""

    def estimate(rng: np.random.Generator, n: int) -> Any:
        x = rng.normal(shift, size=n)
        y = rng.normal(size=n)
        return effect(x, y)

    return Offer(f"{effect.__name__} {shift}", truth, estimate)


def _offer_of_pairs(effect: Callable[..., Any], shift: float, truth: float) -> Offer:
    """Offers the interval of an effect of pairs that differ by a shift."""

    def estimate(rng: np.random.Generator, n: int) -> Any:
        differences = rng.normal(shift, size=n)
        return effect(differences, np.zeros(n))

    return Offer(f"{effect.__name__} {shift}", truth, estimate)


def offers_of_correlations(rho: float) -> list[Offer]:
    """Offers the intervals of all rank correlations of normal scores that correlate by rho."""
    kendall = float(2 / np.pi * np.arcsin(rho))
    spearman = float(6 / np.pi * np.arcsin(rho / 2))
    return [
        _offer_of_correlation(ranks.kendall, rho, kendall),
        _offer_of_correlation(ranks.spearman, rho, spearman),
        _offer_of_correlation(ranks.pearson, rho, rho),
    ]


def _offer_of_correlation(correlate: Callable[..., Any], rho: float, truth: float) -> Offer:
    """Offers the interval of a correlation between scores that correlate by rho."""

    def estimate(rng: np.random.Generator, n: int) -> Any:
        x = rng.normal(size=n)
        rest = np.sqrt(1 - rho**2) * rng.normal(size=n)
        y = rho * x + rest
        return correlate(x, y, resamples=9)

    return Offer(f"{correlate.__name__} {rho}", truth, estimate)


def images_of_networks(
    rng: np.random.Generator,
    seeds: int,
    images: int,
    icc: float,
) -> tuple[Array, Array]:
    """Draws scores of images whose networks explain a share `icc` of the variance."""
    label = np.repeat(np.arange(seeds), images)
    between = np.sqrt(icc) * rng.normal(size=seeds)
    within = np.sqrt(1 - icc) * rng.normal(size=label.size)
    return between[label] + within, label.astype(float)


def _hierarchical(rng: np.random.Generator, n: int) -> Any:
    scores, seeds = images_of_networks(rng, n, 20, 0.5)
    return intervals.hierarchical(scores, seeds, resamples=RESAMPLES)


def _icc(rng: np.random.Generator, n: int) -> Any:
    scores, seeds = images_of_networks(rng, n, 20, 0.3)
    return clusters.icc1(scores, seeds)
