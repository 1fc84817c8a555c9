"""Samples -> contrasts of other kinds than two arms: trends, correlations, terms of a model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from harness.judge.arms import Layout, Levels, arm_names, levels_text
from harness.judge.beside import beside_each_other
from harness.judge.choose_test import choose_for_trend, chosen_test, options_of_test
from harness.judge.contrasts import Contrast
from harness.judge.correlated_networks import SHARED, correlate_networks, sharing_of
from harness.judge.correlation_averages import metric_label
from harness.judge.estimates import (
    NO_RESULT,
    effect_between,
    estimate,
    join_notes,
    result_or_reason,
)
from harness.judge.measured import Measured, Sample, left_out, runs_behind, shared_units
from harness.judge.random_factors import WHY, RandomFactors, random_factors
from harness.spec.catalogue import load_component
from harness.stats.folds import of_folds
from harness.stats.models import anova, mixed_effects
from harness.stats.result import Correlation, Effect, Model, Term
from harness.study.comparison import Comparison
from harness.study.names import Names


def trend(comparison: Comparison, layout: Layout, measured: Measured) -> Iterator[Contrast]:
    """Tests whether the metric rises or falls along an ordered factor; the estimate is last point
    less first.
    """
    for stratum in measured.strata:
        samples = measured.of_stratum(stratum)
        curve = sorted(samples, key=lambda sample: float(sample.point))
        yield _trend_of(comparison, curve, layout.names)


def _trend_of(comparison: Comparison, curve: list[Sample], own: Names) -> Contrast:
    """The trend of one stratum, whose samples are given from the first point to the last."""
    first = curve[0]
    last = curve[-1]
    choice = choose_for_trend(comparison, first.units, last.units)
    paired = choice.is_paired
    level = 1 - comparison.alpha
    shared = None
    if paired:
        shared = sorted(shared_units(curve))
    arrays = [sample.array(shared) for sample in curve]
    options = options_of_test(comparison, choice.test)
    result, reason = result_or_reason(load_component("test", choice.test), *arrays, **options)
    result = result or NO_RESULT
    ends = (arrays[-1], arrays[0])
    difference = estimate(comparison, paired, *ends, level)
    effect, effect_reason = result_or_reason(effect_between, comparison, paired, *ends, level)
    notes_of_ends = join_notes([difference.note, effect_reason])
    names = arm_names(comparison, [sample.arm_or_point for sample in curve], own)
    return Contrast(
        first.stratum,
        names[last.arm_or_point],
        names[first.arm_or_point],
        n=tuple(map(len, arrays)),
        test=choice.test,
        why=choice.why,
        paired=paired,
        p=result.p,
        statistic=result.statistic,
        exact=bool(result.exact),
        estimate=difference.value,
        low=difference.low,
        high=difference.high,
        level=level,
        effect=effect,
        removed=left_out(curve) if paired else (),
        pairing=choice.pairing,
        note=join_notes([reason, result.note, notes_of_ends]),
        runs=runs_behind(curve),
    )


def correlation(
    comparison: Comparison,
    layout: Layout,
    x: Measured,
    y: Measured,
) -> Iterator[Contrast]:
    """Tests whether two metrics order the points alike; a point is a mean over its units."""
    planned: dict[Levels, set[Levels]] = {}
    if not layout.dimensions:
        for trial in layout.trial_places:
            planned.setdefault(trial.stratum, set()).add(trial.arm)
    of_x, of_y = beside_each_other(layout, x.samples, y.samples)
    names = arm_names(comparison, [sample.arm for sample in of_x], layout.names)
    strata = list(dict.fromkeys(sample.stratum for sample in of_x))
    if not layout.dimensions:
        strata = list(planned)
    for stratum in strata:
        pairs = []
        for pair in zip(of_x, of_y, strict=True):
            if pair[0].stratum == stratum:
                pairs.append(pair)
        removed = planned.get(stratum, set())
        removed = removed.difference(sample.arm for sample, _ in pairs)
        yield _correlation_of(comparison, stratum, pairs, names, sorted(removed))


def _correlation_of(
    comparison: Comparison,
    stratum: Levels,
    pairs: Sequence[tuple[Sample, Sample]],
    names: Mapping[Levels, str],
    removed: Sequence[Levels],
) -> Contrast:
    """The correlation of one stratum, whose points are pairs of samples: of one metric, and of
    another.
    """
    question = comparison.correlate
    assert question is not None
    test, why = chosen_test(comparison, paired=False)
    level = 1 - comparison.alpha
    options = {"level": level, **options_of_test(comparison, test)}
    if test != "pearson":
        options.update(tie_x=question.tie_x, tie_y=question.tie_y)
    sharing = sharing_of(pairs, comparison)
    points = []
    runs: dict[str, None] = {}
    for of_x, of_y in pairs:
        means = float(np.mean(of_x.values)), float(np.mean(of_y.values))
        points.append((names[of_x.arm], *means))
        runs.update(dict.fromkeys(runs_behind((of_x, of_y))))
    a = np.array([x for _, x, _ in points])
    b = np.array([y for _, _, y in points])
    result: Correlation | None
    if sharing.shape in ("across", "within", "each unit"):
        result, reason = result_or_reason(correlate_networks, sharing, test, options)
        reason_of_n = f"within each {comparison.unit}" if question.each_unit else SHARED
        why = f"{why}; {reason_of_n}"
    else:
        correlate = load_component("rank", test)
        result, reason = result_or_reason(correlate, a, b, **options)
    contrast = Contrast(
        stratum,
        metric_label(question.x),
        metric_label(question.y),
        n=(len(pairs),),
        test=test,
        why=why,
        paired=False,
        note=reason,
        removed=tuple(map(levels_text, removed)),
        runs=tuple(runs),
        only_these_networks=sharing.shape == "too few",
    )
    if result is None:
        return contrast
    return replace(
        contrast,
        n=(result.n,),
        p=result.p,
        statistic=result.value,
        exact=result.exact,
        estimate=result.value,
        low=result.low,
        high=result.high,
        level=level,
        note=result.note,
        points=tuple(points),
    )


def model(comparison: Comparison, layout: Layout, measured: Measured) -> Iterator[Contrast]:
    """The terms of a formula: mixed effects with the unit as a random factor where its units
    repeat, else ANOVA.
    """
    formula = str(comparison.model)
    for stratum in measured.strata:
        samples = measured.of_stratum(stratum)
        table = _model_table(comparison, samples)
        random = random_factors(comparison, table)
        repeats = bool(random)
        test, why = ("mixed", WHY[random]) if repeats else ANOVA
        n = (len(table),)
        contrast = Contrast(stratum, formula, "", n, test, why, paired=repeats)
        result, reason = result_or_reason(_fit_model, table, formula, random)
        if result is None:
            yield replace(contrast, note=reason)
            continue
        if comparison.unit == "fold":
            result = of_folds(result, table["unit"].nunique())
        contrast = replace(contrast, n=(result.n,), runs=runs_behind(samples))
        for term in result.terms:
            yield _of_term(contrast, term, result.note)


ANOVA = ("anova", "every value is of another unit")


def _model_table(comparison: Comparison, samples: Sequence[Sample]) -> pd.DataFrame:
    """A line for each value with the levels of its factors; levels that all are numbers as such."""
    factors = comparison.factors
    metric = comparison.metrics[0]
    lines = []
    for sample in samples:
        levels = dict(zip(factors, sample.arm, strict=True))
        values = zip(sample.units, sample.values, sample.clusters, sample.fits, strict=True)
        for unit, value, cluster, fits in values:
            network = f"{cluster} {fits}"
            lines.append({**levels, metric: value, "unit": unit, "network": network})
    table = pd.DataFrame(lines)
    for factor in factors:
        numbers = pd.to_numeric(table[factor], errors="coerce")
        if not numbers.isna().any():
            table[factor] = numbers
    return table


def _fit_model(table: pd.DataFrame, formula: str, random: RandomFactors) -> Model:
    if random:
        return mixed_effects(table, formula, random=random)
    return anova(table, formula)


def _of_term(contrast: Contrast, term: Term, note: str) -> Contrast:
    """The contrast of a model with what the model says of one of its terms."""
    effect = None
    if term.partial_eta2 is not None:
        effect = Effect("partial_eta2", term.partial_eta2, np.nan, np.nan)
    return replace(
        contrast,
        first=term.name,
        p=term.p,
        statistic=term.statistic,
        effect=effect,
        taken_at=term.taken_at,
        note=join_notes([f"F({term.df[0]:g}, {term.df[1]:g})", note]),
    )
