"""Samples -> contrasts: estimate, interval, p and effect of each pair of arms, trend, correlation or model term."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from harness.judge.arms import (
    Layout,
    Levels,
    arm_names,
    contrasts,
    levels_text,
    pairing,
    planned_units,
)
from harness.judge.choose_test import chosen_test, effect_of, is_paired, post_hoc_of, smallest
from harness.judge.samples import Measured, Sample, strata
from harness.spec.catalogue import catalogue, load_component
from harness.stats.post_hoc import POST_HOC
from harness.stats.result import Effect, Result
from harness.study.comparison import Comparison


@dataclass(frozen=True)
class Contrast:
    """One answer; p values are NaN where the data allow no test, and the note says why."""

    stratum: Levels
    first: str
    second: str
    n: tuple[int, ...]
    test: str
    why: str
    paired: bool
    p: float = np.nan
    statistic: float = np.nan
    exact: bool = False
    estimate: float = np.nan
    low: float = np.nan
    high: float = np.nan
    level: float = 0.95
    effect: Effect | None = None
    removed: tuple[str, ...] = ()  # units of one arm only, left out of a paired test
    pairing: str = ""
    note: str = ""
    corrected_by_test: bool = False  # p holds for all pairs together
    corrected: float = np.nan
    smallest: float = np.nan
    outcome: str = ""  # differs | open | equivalent | not shown | not testable | no test
    sentence: str = ""
    runs: tuple[str, ...] = ()
    points: tuple[tuple[str, float, float], ...] = ()  # of a correlation: name, x, y

    @property
    def name(self) -> str:
        text = f"{self.first} − {self.second}" if self.second else self.first
        return text + (f" ({levels_text(self.stratum)})" if self.stratum else "")


def groups(one: Comparison, laid: Layout, found: Measured) -> Iterator[Contrast]:
    """Each arm against its reference, or all against all."""
    planned = planned_units(laid.trial_places, one)
    known = one.unit in ("seed", "fold") and not laid.dimensions
    for stratum in strata(laid, found.samples):
        arms = arms_of(laid, found, stratum)
        called = arm_names(one, arms)
        post = _post_hoc(one, found, stratum, arms)
        for first, second in contrasts(one, arms):
            x, y = found.of_arm(stratum, first), found.of_arm(stratum, second)
            labels = (stratum, called[first], called[second])
            if x is None or y is None:
                yield Contrast(*labels, (len(x.units) if x else 0, len(y.units) if y else 0), "", "", False,
                               note="an arm has no values")  # fmt: skip
                continue
            held = (
                (planned[stratum, first], planned[stratum, second]) if known else (x.units, y.units)
            )
            paired, why = pairing(one, *held)
            chosen = chosen_test(one, paired, len(set(held[0]) & set(held[1])))
            yield _pair(one, labels, (x, y), (*chosen, why), post.get((first, second)))


def arms_of(laid: Layout, found: Measured, stratum: Levels) -> list[Levels]:
    """The arms of a stratum as the grid orders them, those of a dimension as they come."""
    there = list(dict.fromkeys(s.arm for s in found.samples if s.stratum == stratum))
    planned = laid.planned_stratum(stratum)
    among = list(dict.fromkeys(p.arm for p in laid.trial_places if p.stratum == planned))
    return there if laid.has_row_arms else among


def _pair(
    one: Comparison,
    labels: tuple[Levels, str, str],
    arms: tuple[Sample, Sample],
    how: tuple[str, str, str],
    post: Result | None,
) -> Contrast:
    x, y = arms
    test, why, pairs = how
    paired = is_paired(test)
    removed = tuple(sorted(set(x.units) ^ set(y.units))) if paired else ()
    both = set(x.units) & set(y.units)
    shared = [u for u in x.units if u in both] if paired else None
    a, b = x.array(shared), y.array(shared)
    result, trouble = (post, "") if post else result_or_reason(_test, one, test, a, b)
    level = 1 - (2 if one.margin is not None else 1) * one.alpha
    effect, more = result_or_reason(effect_between, one, paired, a, b, level)
    owners = dict(zip(x.units, x.clusters, strict=True))
    found, extra = estimate(one, paired, (a, b), level, [owners[u] for u in shared or ()])
    note = "; ".join(
        dict.fromkeys(t for t in (trouble, result.note if result else "", more, extra) if t)
    )
    runs = tuple(dict.fromkeys(r for s in (x, y) for of_unit in s.runs for r in of_unit))
    return Contrast(
        *labels, n=(a.size, b.size), test=result.test if result else test, why=why, paired=paired,
        p=result.p if result else np.nan, statistic=result.statistic if result else np.nan,
        exact=bool(result and result.exact), estimate=found[0], low=found[1], high=found[2], level=level,
        effect=effect, removed=removed, pairing=pairs, note=note, corrected_by_test=bool(post and post.test == "nemenyi"),
        runs=runs,
    )  # fmt: skip


def result_or_reason(action: Callable[..., Any], *args: Any, **options: Any) -> tuple[Any, str]:
    """What a statistic says, or its refusal: too few values, no spread."""
    try:
        return action(*args, **options), ""
    except ValueError as error:
        return None, str(error)


def _test(one: Comparison, test: str, a: Any, b: Any) -> Result:
    options = {"margin": one.margin} if one.margin is not None else {}
    found: Result = load_component("test", test)(a, b, **options)
    return found


def effect_between(one: Comparison, paired: bool, a: Any, b: Any, level: float) -> Effect:
    name = effect_of(one, paired)
    if catalogue("effect")[name].facts.paired and not paired:
        raise ValueError(f"{name} needs pairs, and these arms are not paired")
    found: Effect = load_component("effect", name)(a, b, level=level)
    return found


def estimate(
    one: Comparison,
    paired: bool,
    arrays: tuple[Any, Any],
    level: float,
    clusters: Iterable[str] = (),
) -> tuple[tuple[float, float, float], str]:
    """The difference of means in the metric's unit; a bootstrap serves pairs only, independent means take Welch's."""
    a, b = arrays
    value = (
        float((a - b).mean())
        if paired and a.size
        else float(a.mean() - b.mean())
        if a.size and b.size
        else np.nan
    )
    if paired and a.size:
        within = (np.array(clusters),) if one.interval == "hierarchical" else ()
        made, why = result_or_reason(
            load_component("interval", one.interval), a - b, *within, level=level
        )
        why = made.note if made is not None else why
    else:
        made, why = result_or_reason(load_component("effect", "mean_difference"), a, b, level=level)
    return (
        ((made.value, made.low, made.high), why)
        if made is not None
        else ((value, np.nan, np.nan), why)
    )


def blocks(
    one: Comparison, found: Measured, stratum: Levels, arms: list[Levels]
) -> list[Any] | None:
    """The arms over the units that all of them have; None where they share too few."""
    there = [s for arm in arms if (s := found.of_arm(stratum, arm)) is not None]
    if len(there) < 2 or one.paired is False:
        return None
    everywhere = set.intersection(*(set(s.units) for s in there))
    shared = [u for u in there[0].units if u in everywhere]
    return [s.array(shared) for s in there] if len(shared) > 1 and len(there) == len(arms) else None


def _post_hoc(
    one: Comparison, found: Measured, stratum: Levels, arms: list[Levels]
) -> dict[tuple[Levels, Levels], Result]:
    """Every pair of arms after a test of several groups; empty for a test of two."""
    name = post_hoc_of(one, one.test) if one.test else None
    if name is None:
        return {}
    there = [s for arm in arms if (s := found.of_arm(stratum, arm)) is not None]
    tables = (
        blocks(one, found, stratum, arms)
        if is_paired(str(one.test))
        else [s.array() for s in there]
    )
    if tables is None or len(tables) < len(arms):
        return {}
    results, _ = result_or_reason(POST_HOC[name], *tables)
    listed = {(arms[i], arms[j]): result for (i, j), result in (results or {}).items()}
    return listed | {(b, a): result for (a, b), result in listed.items()}


def omnibus(one: Comparison, found: Measured, stratum: Levels, arms: list[Levels]) -> Result | None:
    """Whether any of several arms differs at all: Friedman where they pair, else Kruskal-Wallis."""
    if len(arms) < 3:
        return None
    table = blocks(one, found, stratum, arms) if one.test is None or is_paired(one.test) else None
    if table is not None:
        return result_or_reason(load_component("test", "friedman"), *table)[0]
    there = [s.array() for arm in arms if (s := found.of_arm(stratum, arm)) is not None]
    return result_or_reason(load_component("test", "kruskal"), *there)[0]


def smallest_p(one: Comparison, contrast: Contrast, arms: int) -> float:
    """The smallest p, not corrected, that a contrast of this size could have given; 0 where that is not known."""
    if not contrast.test or one.kind in ("correlate", "model") or min(contrast.n) < 2:
        return 1.0 if contrast.n and min(contrast.n) < 2 else 0.0
    name = one.test if one.test and post_hoc_of(one, one.test) else contrast.test
    ns = (contrast.n[0],) * arms if post_hoc_of(one, name) and is_paired(name) else contrast.n
    return smallest(one, name, ns) if len(set(ns)) == 1 or not is_paired(name) else 0.0
