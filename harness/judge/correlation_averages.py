"""Correlations averaged over strata, as paper 001 averages them over targets, and what the metrics
that they are of need to be known.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.judge.arms import Levels, at_stratum
from harness.judge.contrasts import Contrast
from harness.judge.sentences import number
from harness.spec.estimators import NOTHING, estimators
from harness.study.comparison import Comparison

TARGET = "test_on"


@dataclass(frozen=True)
class AverageCorrelation:
    """The mean of one correlation coefficient over strata that differ in one setting alone."""

    over: str  # the setting that the strata differ in: the target, where it is among them
    stratum: Levels  # the levels of the other settings
    test: str
    values: tuple[float, ...]

    @property
    def mean(self) -> float:
        """The mean coefficient."""
        return float(np.mean(self.values))

    @property
    def deviation(self) -> float:
        """The standard deviation, by n - 1 as in the paper's tables."""
        return float(np.std(self.values, ddof=1))

    @property
    def sentence(self) -> str:
        """The mean and the spread, for a reader."""
        low, high = min(self.values), max(self.values)
        return (
            f"{self.test} averaged over {len(self.values)} levels of {self.over}"
            f"{at_stratum(self.stratum)}: {number(self.mean)}, standard deviation "
            f"{number(self.deviation)}, from {number(low)} to {number(high)}"
        )


def average_correlations(
    comparison: Comparison, contrasts: Sequence[Contrast]
) -> list[AverageCorrelation]:
    """The averages of the correlations of a comparison; none where it has one stratum."""
    if comparison.correlate is None or not comparison.strata:
        return []
    paths = comparison.strata
    position = paths.index(TARGET) if TARGET in paths else 0
    values: dict[tuple[str, Levels], list[float]] = {}
    for contrast in contrasts:
        if not np.isfinite(contrast.estimate):
            continue
        rest = contrast.stratum[:position] + contrast.stratum[position + 1 :]
        values.setdefault((contrast.test, rest), []).append(contrast.estimate)
    averages = []
    for (test, rest), coefficients in values.items():
        if len(coefficients) > 1:
            average = AverageCorrelation(paths[position], rest, test, tuple(coefficients))
            averages.append(average)
    return averages


def notes_on_correlations(comparison: Comparison, contrasts: Sequence[Contrast]) -> Iterator[str]:
    """What a reader of correlations must know: their averages, and what their estimators need."""
    for average in average_correlations(comparison, contrasts):
        yield average.sentence
    if comparison.correlate is None:
        return
    by_metric = estimators()
    for metric in comparison.metrics:
        if metric in by_metric:
            yield f"{metric} looks at {by_metric[metric].needs_text}"


def metric_label(metric: str) -> str:
    """A metric as tables name it: an estimator says what it needs beside unlabelled images."""
    estimator = estimators().get(metric)
    if estimator is None or estimator.needs_text == NOTHING:
        return metric
    return f"{metric} (needs {estimator.needs_text})"
