"""Kinds of comparisons over seeds and folds, each on data in which its null is true."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.null_comparisons import Judged, NullStudies, effects
from harness.spec.values import Trial
from harness.stats.result import Array

SEEDS = 8
MARGIN = 1.5


def seed_of(trial: Trial) -> int:
    return trial.fit.seed


def fold_of(trial: Trial) -> int:
    """The fold of a trial, from 0."""
    fold: Any = trial.fit.fold
    return int(fold[0])


def cell_of(trial: Trial) -> tuple[Any, Any]:
    """What tells arms and points apart in these studies."""
    return trial.fit.batch, trial.fit.patch


def over_seeds(trials: Sequence[Trial], rng: np.random.Generator) -> Array:
    """Scores of networks that share the luck of their seed."""
    noise = rng.normal(size=len(trials))
    return effects(trials, seed_of, rng) + noise


def independent(trials: Sequence[Trial], rng: np.random.Generator) -> Array:
    """Scores of networks that share nothing."""
    return rng.normal(size=len(trials))


def over_folds(trials: Sequence[Trial], rng: np.random.Generator) -> Array:
    """Scores of a cross-validation: what the folds of an arm share is 1 / folds of its variance."""
    folds = len(set(map(fold_of, trials)))
    share = 1 / folds
    of_arms = effects(trials, cell_of, rng, np.sqrt(share))
    own = rng.normal(0, np.sqrt(1 - share), size=len(trials))
    return effects(trials, fold_of, rng) + of_arms + own


def with_margin(trials: Sequence[Trial], rng: np.random.Generator) -> Array:
    """Scores whose second arm lies higher by the margin of equivalence."""
    return over_seeds(trials, rng) + _margin_of(trials)


def with_margin_over_folds(trials: Sequence[Trial], rng: np.random.Generator) -> Array:
    """Scores of folds whose second arm lies higher by the margin of equivalence."""
    return over_folds(trials, rng) + _margin_of(trials)


def _margin_of(trials: Sequence[Trial]) -> Array:
    batches = np.array([trial.fit.batch for trial in trials])
    return np.where(batches == batches.max(), MARGIN, 0.0)


def additive(trials: Sequence[Trial], rng: np.random.Generator) -> Array:
    """Scores of two factors that matter, each by itself."""
    return _values(trials, _on_a_plane, rng)


def _on_a_plane(trial: Trial) -> float:
    """The mean of a trial whose two factors add up."""
    return trial.fit.batch / 2 + trial.fit.patch / 32


def crossing(trials: Sequence[Trial], rng: np.random.Generator) -> Array:
    """Scores of two arms whose means are equal, but that rise and fall along the other factor."""
    return _values(trials, _on_a_cross, rng)


def _on_a_cross(trial: Trial) -> float:
    """The mean of a trial of one of two arms, of which one rises and one falls."""
    step = (trial.fit.patch - 64) / 32
    return step if trial.fit.batch == 2 else -step


def _values(
    trials: Sequence[Trial], mean: Callable[[Trial], float], rng: np.random.Generator
) -> Array:
    """Scores of networks that share nothing, about a mean of each."""
    means = np.array([mean(trial) for trial in trials])
    return np.asarray(means + independent(trials, rng), dtype=np.float64)


def crossing_over_seeds(trials: Sequence[Trial], rng: np.random.Generator) -> Array:
    """The same of networks that share the luck of their seed."""
    of_seeds = effects(trials, seed_of, rng)
    return crossing(trials, rng) + of_seeds


TWO = "grid: {fit.batch: [2, 4]}\n"
FOUR = "grid: {fit.batch: [1, 2, 3, 4]}\n"
GRID = "grid: {fit.batch: [2, 4, 6], fit.patch: [32, 64, 96]}\n"
CROSSED = "grid: {fit.batch: [2, 4], fit.patch: [32, 64, 96]}\n"
EMPTY = """
exclude: [{fit.batch: 2, fit.patch: 32}, {fit.batch: 6, fit.patch: 96}]
"""
ZIPPED = """
zip:
  fit.fold: [[0, 5], [1, 5], [2, 5], [3, 5], [4, 5]]
  fit.seed: [0, 1, 2, 3, 4]
"""
INTERACTION = "fit.batch:fit.patch"


def comparing(*entries: str) -> str:
    """The comparisons of a study."""
    lines = [f"  - {{name: c{i}, metric: dice, {entry}}}\n" for i, entry in enumerate(entries)]
    return "compare:\n" + "".join(lines)


def modelling(formula: str, unit: str, paired: str) -> str:
    """A comparison by a model."""
    return f'compare:\n  - {{name: c, model: "dice ~ {formula}", unit: {unit}, paired: {paired}}}\n'


def studies(text: str, scores: Any, **facts: Any) -> NullStudies:
    return NullStudies(text, scores, **facts)


def pairs_of(seeds: int) -> str:
    return f"seeds: {seeds}\n" + TWO + comparing("by: fit.batch, unit: seed")


def folds_of(count: int, grid: str, *entries: str) -> str:
    return f"folds: {count}\n" + grid + comparing(*entries)


BY = "by: fit.batch, unit: "
TREND = "trend: fit.batch, unit: "
ALIKE = f"{BY}seed, margin: {MARGIN}"
ALIKE_FOLDS = f"{BY}fold, margin: {MARGIN}"
INDEPENDENT = BY + "seed, paired: false"
PRIMARY = [f"{BY}seed, primary: true", f"{BY}seed, primary: true, test: wilcoxon", TREND + "seed"]
EIGHT = f"seeds: {SEEDS}\n"

KINDS: dict[str, Judged] = {
    "seeds, 8 pairs": studies(pairs_of(8), over_seeds),
    "seeds, 20 pairs": studies(pairs_of(20), over_seeds),
    "seeds, 10 pairs, a fifth lost": studies(pairs_of(10), over_seeds, lost=0.2),
    "seeds, independent": studies(EIGHT + TWO + comparing(INDEPENDENT), independent),
    "family: all pairs of 4": studies(EIGHT + FOUR + comparing(BY + "seed"), over_seeds),
    "family: 3 comparisons": studies(EIGHT + TWO + comparing(*PRIMARY), over_seeds),
    "equivalence, seeds": studies(EIGHT + TWO + comparing(ALIKE), with_margin, truth=MARGIN),
    "trend, seeds": studies(EIGHT + FOUR + comparing(TREND + "seed"), over_seeds),
    "trend, independent": studies(
        EIGHT + FOUR + comparing(TREND + "seed, paired: false"), independent
    ),
    "folds, 5": studies(folds_of(5, TWO, BY + "fold"), over_folds),
    "folds, 10": studies(folds_of(10, TWO, BY + "fold"), over_folds),
    "folds zipped with seeds, 5": studies(ZIPPED + TWO + comparing(BY + "seed"), over_folds),
    "equivalence, 10 folds": studies(
        folds_of(10, TWO, ALIKE_FOLDS), with_margin_over_folds, truth=MARGIN
    ),
    "trend, 10 folds": studies(folds_of(10, FOUR, TREND + "fold"), over_folds),
    "trend, 5 folds": studies(folds_of(5, FOUR, TREND + "fold"), over_folds),
    "model, 10 folds": studies(
        "folds: 10\n" + FOUR + modelling("C(fit.batch)", "fold", "true"), over_folds
    ),
    "anova, full grid": studies(
        "seeds: 4\n" + GRID + modelling("C(fit.batch) * C(fit.patch)", "seed", "false"),
        additive,
        term=INTERACTION,
    ),
    "anova, empty cells": studies(
        "seeds: 4\n" + GRID + EMPTY + modelling("C(fit.batch) * C(fit.patch)", "seed", "false"),
        additive,
        term=INTERACTION,
    ),
    "anova, numeric factor": studies(
        EIGHT + CROSSED + modelling("C(fit.batch) * fit.patch", "seed", "false"),
        crossing,
        term="fit.batch",
    ),
    "mixed, numeric factor": studies(
        EIGHT + CROSSED + modelling("C(fit.batch) * fit.patch", "seed", "true"),
        crossing_over_seeds,
        term="fit.batch",
    ),
}
