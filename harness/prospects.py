"""What each declared comparison can show before it is run: n, the smallest p, power, or `not testable`."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import factorial

from harness.choice import joins, post_hoc_of, smallest, test_of
from harness.comparison import Comparison
from harness.levels import short
from harness.places import Place, contrasts, layout, pairing, shown, units
from harness.study import Study

LARGEST = 200  # blocks looked at when asking how many would do


@dataclass(frozen=True)
class Prospect:
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


def prospects(study: Study) -> list[Prospect]:
    """The prospects of every declared contrast of a study."""
    planned = {one.name: _planned(study, one) for one in study.compare}
    sizes: Counter[str] = Counter()
    for one in study.compare:
        sizes[one.together] += len(planned[one.name])
    return [_prospect(one, each, sizes[one.together]) for one in study.compare for each in planned[one.name]]


def _planned(study: Study, one: Comparison) -> list[Planned]:
    laid = layout(study, one)
    places = laid.places
    if laid.dimensions:
        return [(f"by {', '.join(laid.dimensions)}, whose levels are known once measured", "", "", (), False)]
    if one.kind == "model":
        return [("the terms of the model", "F", "of the model", (), False)]
    strata = list(dict.fromkeys(p.within for p in places))
    asked = {"groups": _groups, "trend": _trend, "correlate": _points}[one.kind]
    return [each for within in strata for each in asked(one, within, [p for p in places if p.within == within])]


def _groups(one: Comparison, within: str, places: list[Place]) -> Iterator[Planned]:
    arms = list(dict.fromkeys(p.arm for p in places))
    held = units(places, one)
    names = short(arms)
    known = one.unit in ("seed", "fold")
    for first, second in contrasts(one, arms):
        a, b = held[within, first], held[within, second]
        paired = pairing(one, a, b)[0] if known else one.paired is not False
        test, why = test_of(one, paired)
        n = (len(a & b),) * 2 if joins(test) else (len(a), len(b))
        if post_hoc_of(one, test):
            n = (len(set.intersection(*held.values())),) * len(arms) if joins(test) else tuple(map(len, held.values()))
        text = f"{names[first]} against {names[second]}" + (f" at {shown(within)}" if within else "")
        yield text, test, why, n, known


def _trend(one: Comparison, within: str, places: list[Place]) -> Iterator[Planned]:
    levels = sorted({p.at for p in places}, key=float)
    held = [set.union(*units([p for p in places if p.at == at], one).values()) for at in levels]
    known = one.unit in ("seed", "fold")
    paired = pairing(one, held[0], held[-1])[0] if known else one.paired is not False
    test, why = test_of(one, paired)
    n = (len(set.intersection(*held)),) * len(held) if joins(test) else tuple(map(len, held))
    yield f"along {one.trend}" + (f" at {shown(within)}" if within else ""), test, why, n, known


def _points(one: Comparison, within: str, places: list[Place]) -> Iterator[Planned]:
    points = len({p.arm for p in places})
    test, why = test_of(one, False)
    yield "the points" + (f" at {shown(within)}" if within else ""), test, why, (points,), True


def _prospect(one: Comparison, planned: Planned, family: int) -> Prospect:
    contrast, test, why, n, known = planned
    least = _least(one, test, n, family) if known else None
    verdict = (
        "not known before it is measured" if least is None else "testable" if least <= one.alpha else "not testable"
    )
    chance = None
    if one.expect is not None and known and min(n) > 1 and verdict == "testable" and not post_hoc_of(one, test):
        from harness.stats.power import power

        chance = power(test, n, one.expect, one.alpha, comparisons=family)
    note = _remedy(one, test, n, family) if verdict == "not testable" else ""
    if one.unit == "image":
        note = "pools the images of one network, which are no independent networks; the report flags it"
    return Prospect(one.name, contrast, test, why, n if known else (), family, one.alpha, least, chance, one.expect,
                    verdict, note)  # fmt: skip


def _least(one: Comparison, test: str, n: tuple[int, ...], family: int) -> float:
    if one.correlate:
        return min(1.0, family * 2 / factorial(n[0])) if 3 <= n[0] <= 20 else 1.0 if n[0] < 3 else 0.0
    return smallest(one, test, n, family) if min(n) > 1 else 1.0


def _remedy(one: Comparison, test: str, n: tuple[int, ...], family: int) -> str:
    """How many repetitions would do."""
    if one.correlate:
        enough = next((k for k in range(3, 20) if _least(one, test, (k,), family) <= one.alpha), None)
        return f"{enough} points would do" if enough else ""
    for k in range(max(2, min(n) + 1), LARGEST):
        if smallest(one, test, (k,) * len(n), family) <= one.alpha:
            return f"{k} {one.unit}s would do"
    return ""


def prospect_lines(found: list[Prospect]) -> Iterator[str]:
    """Prospects as lines of a terminal; contrasts that share everything but their name share a line."""
    alike: dict[tuple[object, ...], list[Prospect]] = {}
    for p in found:
        at = (p.comparison, p.test, p.n, p.verdict, p.note) if p.n else (p.comparison, p.contrast)
        alike.setdefault(at, []).append(p)
    for group in alike.values():
        p = group[0]
        what = p.contrast if len(group) == 1 else f"{len(group)} contrasts"
        yield f"compare: {p.comparison}: {what}: {_sentence(p)}"


def _sentence(p: Prospect) -> str:
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
