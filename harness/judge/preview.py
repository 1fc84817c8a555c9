"""What each declared comparison can show before it is run: n, the smallest p, power, or `not testable`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import factorial

from harness.judge.arms import (
    Levels,
    TrialPlace,
    arm_names,
    contrasts,
    layout,
    levels_text,
    pairing,
    planned_units,
)
from harness.judge.choose_test import FEW, chosen_test, corrected, is_paired, post_hoc_of, smallest
from harness.study.comparison import Comparison
from harness.study.load import Study

LARGEST = 60  # blocks looked at when asking how many would do


@dataclass(frozen=True)
class Preview:
    """One planned contrast and what its design can show; n is empty where it is known only after measuring."""

    comparison: str
    contrast: str
    test: str
    why: str
    n: tuple[int, ...]
    family: int
    alpha: float
    smallest: float | None
    power: float | None
    expect: float | None
    verdict: str  # testable | not testable | not known before it is measured
    note: str = ""


Planned = tuple[str, str, str, tuple[int, ...], bool]  # contrast, test, why, n, whether n is known


def previews(study: Study) -> list[Preview]:
    """The previews of every declared contrast of a study."""
    planned = [(one, each) for one in study.compare for each in _planned(study, one)]
    least: dict[int, float] = {}
    sizes: dict[str, int] = {}
    for family in dict.fromkeys(one.together for one, _ in planned):
        mine = [i for i, (one, _) in enumerate(planned) if one.together == family]
        sizes[family] = len(mine)
        least.update({i: _least(*planned[i]) for i in mine})
        open_ = [
            i for i in mine if post_hoc_of(planned[i][0], planned[i][1][1]) != "nemenyi"
        ]  # it holds for all pairs
        found = _together(planned[mine[0]][0], [least[i] for i in open_])
        least.update(zip(open_, found, strict=True))
    return [
        _preview(one, each, sizes[one.together], least[i]) for i, (one, each) in enumerate(planned)
    ]


def _together(one: Comparison, floors: list[float]) -> list[float]:
    """The best that a family can come to: every p as small as it can be, then corrected (Shaffer's as Holm's)."""
    return (
        corrected(one, floors)
        if one.correct != "shaffer"
        else corrected(replace(one, correct="holm"), floors)
    )


def _planned(study: Study, one: Comparison) -> list[Planned]:
    laid = layout(study, one)
    places = laid.trial_places
    if laid.dimensions:
        return [
            (
                f"by {', '.join(laid.dimensions)}, whose levels are known once measured",
                "",
                "",
                (),
                False,
            )
        ]
    if one.kind == "model":
        return [("the terms of the model", "F", "of the model", (), False)]
    strata = list(dict.fromkeys(p.stratum for p in places))
    asked = {"groups": _groups, "trend": _trend, "correlate": _points}[one.kind]
    return [
        each
        for stratum in strata
        for each in asked(one, stratum, [p for p in places if p.stratum == stratum])
    ]


def _groups(one: Comparison, stratum: Levels, places: list[TrialPlace]) -> Iterator[Planned]:
    arms = list(dict.fromkeys(p.arm for p in places))
    held = planned_units(places, one)
    called = arm_names(one, arms)
    known = one.unit in ("seed", "fold")
    for first, second in contrasts(one, arms):
        a, b = held[stratum, first], held[stratum, second]
        paired = pairing(one, a, b)[0] if known else one.paired is not False
        test, why = chosen_test(one, paired, len(a & b) if known else FEW + 1)
        n: tuple[int, ...] = (len(a & b),) * 2 if is_paired(test) else (len(a), len(b))
        if post_hoc_of(one, test):
            n = (
                (len(set.intersection(*held.values())),) * len(arms)
                if is_paired(test)
                else tuple(map(len, held.values()))
            )
        text = f"{called[first]} against {called[second]}" + (
            f" at {levels_text(stratum)}" if stratum else ""
        )
        yield text, test, why, n, known


def _trend(one: Comparison, stratum: Levels, places: list[TrialPlace]) -> Iterator[Planned]:
    levels = sorted({p.point for p in places}, key=float)
    held = [
        set.union(*planned_units([p for p in places if p.point == point], one).values())
        for point in levels
    ]
    known = one.unit in ("seed", "fold")
    paired = pairing(one, held[0], held[-1])[0] if known else one.paired is not False
    test, why = chosen_test(one, paired)
    n = (len(set.intersection(*held)),) * len(held) if is_paired(test) else tuple(map(len, held))
    yield (
        f"along {one.trend}" + (f" at {levels_text(stratum)}" if stratum else ""),
        test,
        why,
        n,
        known,
    )


def _points(one: Comparison, stratum: Levels, places: list[TrialPlace]) -> Iterator[Planned]:
    points = len({p.arm for p in places})
    test, why = chosen_test(one, False)
    yield (
        "the points" + (f" at {levels_text(stratum)}" if stratum else ""),
        test,
        why,
        (points,),
        True,
    )


def _preview(one: Comparison, planned: Planned, family: int, least: float) -> Preview:
    contrast, test, why, n, known = planned
    verdict = "testable" if least <= one.alpha else "not testable"
    verdict = verdict if known else "not known before it is measured"
    chance = None
    if one.expect is not None and verdict == "testable" and not post_hoc_of(one, test):
        from harness.stats.power import power

        chance = power(test, n, one.expect, one.alpha, comparisons=family)
    note = _remedy(one, planned, family) if verdict == "not testable" else ""
    if one.unit == "image":
        note = "pools the images of one network, which are no independent networks; the report flags it"
    shown_n, smallest_p = (n, least) if known else ((), None)
    return Preview(
        one.name,
        contrast,
        test,
        why,
        shown_n,
        family,
        one.alpha,
        smallest_p,
        chance,
        one.expect,
        verdict,
        note,
    )


def _least(one: Comparison, planned: Planned) -> float:
    """The smallest p of a planned contrast before correction; 0 where it is not known."""
    _, test, _, n, known = planned
    if not known:
        return 0.0
    if one.correlate:  # as many orders as there are, twice the one-sided tail
        return min(1.0, 2 / factorial(n[0])) if 3 <= n[0] <= 20 else float(n[0] < 3)
    return smallest(one, test, n) if min(n) > 1 else 1.0


def _remedy(one: Comparison, planned: Planned, family: int) -> str:
    """How many repetitions would do, if all of the family had them."""
    contrast, test, why, n, known = planned
    word = "points" if one.correlate else f"{one.unit}s"
    # all floors of a family are equal here, so that one correction tells how far the single p must fall
    factor = _together(one, [1e-9] * family)[0] / 1e-9
    for k in range(max(2, min(n) + 1), LARGEST):
        if factor * _least(one, (contrast, test, why, (k,) * len(n), known)) <= one.alpha:
            return f"{k} {word} would do"
    return ""


def preview_lines(found: list[Preview]) -> Iterator[str]:
    """Previews as lines of a terminal; contrasts that share everything but their name share a line."""
    alike: dict[tuple[object, ...], list[Preview]] = {}
    for p in found:
        at = (p.comparison, p.test, p.n, p.verdict, p.note) if p.n else (p.comparison, p.contrast)
        alike.setdefault(at, []).append(p)
    for group in alike.values():
        p = group[0]
        what = p.contrast if len(group) == 1 else f"{len(group)} contrasts"
        yield f"compare: {p.comparison}: {what}: {_sentence(p)}"


def _sentence(p: Preview) -> str:
    if p.smallest is None:
        return "; ".join(part for part in (p.verdict, p.test, p.note) if part)
    n = f"n = {p.n[0]}" if len(set(p.n)) == 1 else f"n = {', '.join(map(str, p.n))}"
    among = f" (corrected among {p.family})" if p.family > 1 else ""
    least = "no bound" if p.smallest == 0 else f"{p.smallest:.2g}"
    parts = [f"{n}, {p.test} ({p.why})", f"smallest p {least}{among}"]
    if p.power is not None:
        parts.append(f"power {p.power:.0%} for {p.expect:g} standard deviations")
    parts.append(p.verdict + (f" at {p.alpha:g}" if p.verdict == "not testable" else ""))
    return "; ".join([*parts, p.note] if p.note else parts)
