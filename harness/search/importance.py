"""Which settings of a search mattered: fANOVA by Optuna, with how far chance alone moves it.

A forest is fitted to the means of the points, and the variance of what it predicts over the whole
space is split: an importance is the share that one setting explains by itself. What is left of 1 is
interaction. Forests hang on the points that happened to be drawn, so that many are fitted, each to
points drawn anew with replacement; the interval holds the middle nine tenths of them. Beside it
stands what the same forests make of scores that were dealt out anew: a setting whose importance is
no larger is told apart from chance by nothing.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.search.cells import on_scale
from harness.search.history import SearchHistory, SearchPoint
from harness.search.summary import ended_points, means_of
from harness.study.search import Dimension

if TYPE_CHECKING:
    import optuna

ABSENT = "not set"  # the level of a setting in points where it does not count
FORESTS = 16
TREES = 12
MOST_POINTS = 400  # that a forest is fitted to; of more, as many are drawn
FEW_FOR_EACH = 10  # points for each setting, below which a list is called uncertain
FEWEST = 8  # points below which there is no list


@dataclass(frozen=True)
class Importance:
    """The share of the variance that a setting explains: median, interval, and that of chance."""

    path: str
    share: float
    low: float
    high: float
    chance: float  # the 95th percentile where the scores have nothing to do with the settings

    @property
    def is_clear(self) -> bool:
        """Whether nearly every forest makes more of it than chance does."""
        return self.low > self.chance


@dataclass(frozen=True)
class Importances:
    """The importances for one objective, the largest first, and what to know before believing."""

    metric: str
    rows: tuple[Importance, ...]
    note: str


def importances(history: SearchHistory, objective: int = 0) -> Importances:
    """Returns the importance of each setting; none, with the reason, where points are too few."""
    metric = history.objectives[objective].metric
    points = ended_points(history)
    values = np.array([means_of(point)[objective] for point in points], dtype=float)
    if len(points) < FEWEST:
        text = f"{len(points)} points have ended, and a list of importances needs {FEWEST}"
        return Importances(metric, (), text)
    if np.ptp(values) == 0:
        return Importances(metric, (), "all points have the same score")
    shares = _shares(history.dimensions, points, values, deal_anew=False)
    chance = _shares(history.dimensions, points, values, deal_anew=True)
    rows: list[Importance] = []
    for number, dimension in enumerate(history.dimensions):
        low, share, high = np.quantile(shares[:, number], [0.05, 0.5, 0.95])
        limit = np.quantile(chance[:, number], 0.95)
        rows.append(Importance(dimension.path, float(share), float(low), float(high), float(limit)))
    rows.sort(key=lambda row: -row.share)
    return Importances(metric, tuple(rows), _note(history, len(points)))


def _note(history: SearchHistory, count: int) -> str:
    """What the list stands on, and whether that is little."""
    dimensions = len(history.dimensions)
    text = f"from {count} points in {dimensions} settings, {FORESTS} forests"
    if count < FEW_FOR_EACH * dimensions:
        text += "; so few points leave the order uncertain"
    return text


def _shares(
    dimensions: Sequence[Dimension],
    points: Sequence[SearchPoint],
    values: "np.ndarray[Any, np.dtype[np.float64]]",
    *,
    deal_anew: bool,
) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Returns the share of each setting in each forest (forests, settings)."""
    shares = np.zeros((FORESTS, len(dimensions)))
    count = min(len(points), MOST_POINTS)
    for number in range(FORESTS):
        rng = np.random.default_rng([number, int(deal_anew)])
        drawn = rng.integers(len(points), size=count)
        scores = values[drawn]
        if deal_anew:
            scores = rng.permutation(values)[drawn]
        drawn_points = [points[index] for index in drawn]
        shares[number] = _shares_of_forest(dimensions, drawn_points, scores.tolist(), number)
    return shares


def _shares_of_forest(
    dimensions: Sequence[Dimension],
    points: Sequence[SearchPoint],
    scores: Sequence[float],
    seed: int,
) -> list[float]:
    """Returns the share of each setting in one forest; zeros where the scores do not differ."""
    import optuna

    if min(scores) == max(scores):
        return [0.0] * len(dimensions)
    distributions = {dimension.path: _distribution(dimension) for dimension in dimensions}
    trials = []
    for point, score in zip(points, scores, strict=True):
        params = {dimension.path: _param(dimension, point) for dimension in dimensions}
        trial = optuna.trial.create_trial(params=params, distributions=distributions, value=score)
        trials.append(trial)
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        study = optuna.create_study()
        study.add_trials(trials)
    finally:
        optuna.logging.set_verbosity(level)
    evaluator = optuna.importance.FanovaImportanceEvaluator(n_trees=TREES, seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        explained = evaluator.evaluate(study)
    return [explained.get(dimension.path, 0.0) for dimension in dimensions]


def _distribution(dimension: Dimension) -> "optuna.distributions.BaseDistribution":
    """The range of a setting as a forest splits it: a log range by its logarithm."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if dimension.kind == "categorical":
        levels = list(dimension.levels)
        return CategoricalDistribution([*levels, ABSENT] if dimension.condition else levels)
    low = on_scale(dimension, dimension.low or 0.0)
    high = on_scale(dimension, dimension.high or 0.0)
    return FloatDistribution(low, high)


def _param(dimension: Dimension, point: SearchPoint) -> Any:
    """The value of a point; where a range does not count it stands in its middle."""
    level = point.levels.get(dimension.path)
    if dimension.kind == "categorical":
        return ABSENT if level is None else level
    low = on_scale(dimension, dimension.low or 0.0)
    high = on_scale(dimension, dimension.high or 0.0)
    if level is None:
        return (low + high) / 2
    return min(max(on_scale(dimension, float(level)), low), high)
