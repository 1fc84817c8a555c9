"""Samples -> contrasts of other kinds than two arms: a trend, a correlation, the terms of a model."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from harness.judge.arms import Layout, Levels, arm_names, levels_text, pairing
from harness.judge.choose_test import chosen_test, is_paired
from harness.judge.contrasts import Contrast, effect_between, estimate, result_or_reason
from harness.judge.samples import Measured
from harness.spec.catalogue import load_component
from harness.stats.models import anova, mixed
from harness.stats.result import Effect, Model
from harness.study.comparison import Comparison


def trend(one: Comparison, laid: Layout, found: Measured) -> Iterator[Contrast]:
    """Whether the metric rises or falls along an ordered factor; the estimate is last level less first."""
    for stratum in dict.fromkeys(s.stratum for s in found.samples):
        curve = sorted(
            (s for s in found.samples if s.stratum == stratum), key=lambda s: float(s.point)
        )
        how = pairing(one, curve[0].units, curve[-1].units)
        test, why = chosen_test(one, how[0])
        paired = is_paired(test)
        everywhere = set.intersection(*(set(s.units) for s in curve))
        removed = (
            tuple(sorted(set.union(*(set(s.units) for s in curve)) - everywhere)) if paired else ()
        )
        shared = sorted(everywhere) if paired else None
        arrays = [s.array(shared) for s in curve]
        result, trouble = result_or_reason(load_component("test", test), *arrays)
        ends = _pair_of_ends(one, paired, arrays[-1], arrays[0])
        note = "; ".join(t for t in (trouble, result.note if result else "", ends[2]) if t)
        called = arm_names(one, [(s.point,) for s in curve])
        labels = (stratum, called[(curve[-1].point,)], called[(curve[0].point,)])
        yield Contrast(
            *labels, n=tuple(a.size for a in arrays), test=test, why=why, paired=paired,
            p=result.p if result else np.nan, statistic=result.statistic if result else np.nan,
            exact=bool(result and result.exact), estimate=ends[0][0], low=ends[0][1], high=ends[0][2],
            level=1 - one.alpha, effect=ends[1], removed=removed, pairing=how[1], note=note,
            runs=tuple(dict.fromkeys(r for s in curve for of_unit in s.runs for r in of_unit)),
        )  # fmt: skip


def _pair_of_ends(one: Comparison, paired: bool, a: Any, b: Any) -> tuple[Any, Effect | None, str]:
    difference, why = estimate(one, paired, (a, b), 1 - one.alpha)
    effect, more = result_or_reason(effect_between, one, paired, a, b, 1 - one.alpha)
    return difference, effect, "; ".join(dict.fromkeys(t for t in (why, more) if t))


def correlation(one: Comparison, laid: Layout, x: Measured, y: Measured) -> Iterator[Contrast]:
    """Whether two metrics order the points alike; a point is a mean over its units."""
    asked = one.correlate
    assert asked is not None
    test, why = chosen_test(one, False)
    planned: dict[Levels, set[Levels]] = {}
    for place in laid.trial_places if not laid.dimensions else ():
        planned.setdefault(place.stratum, set()).add(place.arm)
    for stratum in dict.fromkeys(s.stratum for s in x.samples) if laid.dimensions else planned:
        points = {
            m: {s.arm: s for s in got.samples if s.stratum == stratum}
            for m, got in ((asked.x, x), (asked.y, y))
        }
        both = [arm for arm in points[asked.x] if arm in points[asked.y]]
        a, b = (
            np.array([np.mean(points[m][arm].values) for arm in both]) for m in (asked.x, asked.y)
        )
        ties = {"tie_x": asked.tie_x, "tie_y": asked.tie_y} if test != "pearson" else {}
        made, trouble = result_or_reason(
            load_component("rank", test), a, b, level=1 - one.alpha, **ties
        )
        named = tuple(
            (levels_text(arm), float(p), float(q)) for arm, p, q in zip(both, a, b, strict=True)
        )
        runs = dict.fromkeys(
            r for arm in both for m in points for of in points[m][arm].runs for r in of
        )
        labels = (stratum, asked.x, asked.y)
        removed = tuple(levels_text(arm) for arm in sorted(planned.get(stratum, set()) - set(both)))
        if made is None:
            yield Contrast(
                *labels,
                (len(both),),
                test,
                why,
                False,
                note=trouble,
                removed=removed,
                runs=tuple(runs),
            )
            continue
        yield Contrast(*labels, (made.n,), test, why, False, p=made.p, statistic=made.value, exact=made.exact,
                       estimate=made.value, low=made.low, high=made.high, level=1 - one.alpha, removed=removed,
                       note=made.note, runs=tuple(runs), points=named)  # fmt: skip


def model(one: Comparison, laid: Layout, found: Measured) -> Iterator[Contrast]:
    """The terms of a formula: mixed effects with the unit as a random factor where its units repeat, else ANOVA."""
    formula, metric, factors = str(one.model), one.metrics[0], one.factors
    for stratum in dict.fromkeys(s.stratum for s in found.samples):
        there = [s for s in found.samples if s.stratum == stratum]
        lines = [
            dict(zip(factors, s.arm, strict=True))
            | {metric: value, "unit": unit, "network": cluster}
            for s in there
            for unit, value, cluster in zip(s.units, s.values, s.clusters, strict=True)
        ]
        table = pd.DataFrame(lines)
        for factor in factors:
            numbers = pd.to_numeric(table[factor], errors="coerce")
            table[factor] = table[factor] if numbers.isna().any() else numbers
        repeats = (
            bool((table["unit"].value_counts() > 1).any()) if one.paired is None else one.paired
        )
        made, trouble = result_or_reason(_fitted, table, formula, repeats)
        why = (
            "units repeat, so that each has its own intercept"
            if repeats
            else "every value is of another unit"
        )
        runs = tuple(dict.fromkeys(r for s in there for of_unit in s.runs for r in of_unit))
        if made is None:
            yield Contrast(
                stratum,
                formula,
                "",
                (len(table),),
                "mixed" if repeats else "anova",
                why,
                repeats,
                note=trouble,
            )
            continue
        for term in made.terms:
            text = f"F({term.df[0]:g}, {term.df[1]:g})"
            eta = (
                None
                if term.partial_eta2 is None
                else Effect("partial_eta2", term.partial_eta2, np.nan, np.nan)
            )
            yield Contrast(stratum, term.name, "", (made.n,), "mixed" if repeats else "anova", why, repeats, p=term.p,
                           statistic=term.statistic, effect=eta, note="; ".join(t for t in (text, made.note) if t),
                           runs=runs)  # fmt: skip


def _fitted(table: pd.DataFrame, formula: str, repeats: bool) -> Model:
    return mixed(table, formula, random=("unit",)) if repeats else anova(table, formula)
