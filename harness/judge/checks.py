"""What a reader should know of the values behind a verdict; information, never a gate."""

import math
from collections.abc import Iterable, Iterator

import numpy as np
from scipy import stats

from harness.judge.estimates import result_or_reason
from harness.judge.measured import Sample
from harness.judge.sentences import p_value
from harness.judge.verdicts import Arm, Pooled
from harness.stats.clusters import effective_n, icc1
from harness.study.comparison import Comparison


def normality(arms: Iterable[Arm]) -> Iterator[str]:
    """Shapiro-Wilk for each arm that varies."""
    for arm in arms:
        values = arm.sample.array()
        if not 3 <= values.size <= 5000 or np.ptp(values) == 0:
            continue
        p = p_value(float(stats.shapiro(values).pvalue))
        power = ", with little power at this n" if values.size < 20 else ""
        name = f"{arm.name} at {arm.at}" if arm.at else arm.name
        yield f"normality of {name}: Shapiro-Wilk {p}{power}; for information only"


def pooled_values(comparison: Comparison, sample: Sample, arm: str, *, is_averaged: bool) -> Pooled:
    """What the images or patients of an arm are worth, for those of one network resemble each
    other.
    """
    values = sample.array()
    clusters = np.array(sample.clusters)
    networks = len(set(sample.clusters))
    icc, _ = result_or_reason(icc1, values, clusters)
    worth: float | None = 1.0
    if networks > 1:
        worth, _ = result_or_reason(effective_n, values, clusters)
    return Pooled(
        arm=arm,
        images=len(sample.units),
        networks=networks,
        icc=icc,
        worth=math.nan if worth is None else worth,
        unit=comparison.unit,
        is_averaged=is_averaged,
    )
