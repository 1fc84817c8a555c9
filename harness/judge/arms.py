"""Where each trial stands in a comparison: its stratum, its arm, its level of a trend; known before anything runs."""

from collections.abc import Iterable
from itertools import combinations
from typing import Any, NamedTuple

from harness.spec.naming import level_of_text, listed, named, short
from harness.spec.paths import split, walk
from harness.spec.values import label
from harness.study.cells import Axis, Cell
from harness.study.comparison import Comparison
from harness.study.levels import among, levels_of
from harness.study.load import Study

JOIN = "\x1f"  # between the levels of several factors; no label holds it


class Place(NamedTuple):
    """A trial in a comparison; a factor that is no setting (a dimension of the rows) is left empty."""

    trial: str
    within: str
    arm: str
    at: str
    seed: int
    fold: int | None
    test_on: str
    rest: tuple[str, ...]  # levels that are averaged over


class Layout(NamedTuple):
    """The places of a comparison, and what a reader must know of them."""

    places: list[Place]
    dimensions: dict[str, str]  # factors found in the rows, and which part of a place they fill
    averaged: tuple[str, ...]
    notes: tuple[str, ...]
    parts: dict[str, list[str]]  # the factors that each part of a place is made of
    only: dict[str, list[str]]  # dimensions, and the levels of them that take part

    def planned(self, part: str, text: str) -> str:
        """What was known of a part of a place before anything was measured."""
        pieces = zip(self.parts[part], text.split(JOIN), strict=False)
        return JOIN.join(level for path, level in pieces if path not in self.dimensions)


def layout(study: Study, one: Comparison) -> Layout:
    """Every trial that a comparison speaks of."""
    at = [one.trend] if one.trend else []
    parts = {"within": one.strata, "arm": one.factors, "at": at}
    settings = {
        path for paths in parts.values() for path in paths if levels_of(study.expansion, path)
    }
    dimensions = {
        path: part for part, paths in parts.items() for path in paths if path not in settings
    }
    over = _averaged(study.axes, settings)
    seen: dict[int, tuple[Any, str]] = {}
    found = []
    for cell in among(study.expansion, study.cells, one.where):
        shown = [
            [_level(cell, path, seen) for path in paths if path in settings]
            for paths in parts.values()
        ]
        if any(
            level is None for level in [*shown[1], *shown[2]]
        ):  # the factor means nothing to this trial
            continue
        texts = [JOIN.join(level or "none" for level in levels) for levels in shown]
        fold = cell.trial.fit.fold
        rest = tuple(f"{path}={cell.levels[path]}" for path in over if path in cell.levels)
        test_on = _named(cell.trial.test_on, seen)
        held = None if fold is None else fold[0]
        within, arm, place = texts
        found.append(
            Place(cell.trial.key, within, arm, place, cell.trial.fit.seed, held, test_on, rest)
        )
    kept, notes = _balanced(found, one)
    averaged = tuple(p for p in over if _varies(kept, p))
    only = {
        p: [*map(level_of_text, listed(w))]
        for p, w in one.where.items()
        if not levels_of(study.expansion, p)
    }
    return Layout(kept, dimensions, averaged, tuple(notes), parts, only)


def _averaged(axes: Iterable[Axis], settings: set[str]) -> list[str]:
    """Axes that the comparison does not name: their levels are averaged over."""
    found: list[str] = []
    for axis in axes:
        related = any(
            p == s or p.startswith(f"{s}.") or s.startswith(f"{p}.")
            for p in axis.paths
            for s in settings
        )
        if not related and not {"fit.seed", "fit.fold"} & set(axis.paths):
            found += axis.paths
    return found


def _level(cell: Cell, path: str, seen: dict[int, tuple[Any, str]]) -> str | None:
    try:
        return _named(walk(cell.trial, split(path)), seen)
    except LookupError:
        return None


def _named(value: Any, seen: dict[int, tuple[Any, str]]) -> str:
    if (
        id(value) not in seen
    ):  # cells share their parts; the value is kept, lest its id be given again
        seen[id(value)] = (value, label(value))
    return seen[id(value)][1]


def _varies(places: list[Place], path: str) -> bool:
    return (
        len({level for place in places for level in place.rest if level.startswith(f"{path}=")}) > 1
    )


def _balanced(places: list[Place], one: Comparison) -> tuple[list[Place], list[str]]:
    """Arms are compared over the same combinations of everything else, or the else would be compared too."""
    if one.kind not in ("groups", "correlate") or not any(place.rest for place in places):
        return places, []
    kept, notes = [], []
    for within in dict.fromkeys(p.within for p in places):
        here = [p for p in places if p.within == within]
        arms: dict[str, set[tuple[str, ...]]] = {}
        for place in here:
            arms.setdefault(place.arm, set()).add(place.rest)
        everywhere, somewhere = set.intersection(*arms.values()), set.union(*arms.values())
        where = f" at {shown(within)}" if within else ""
        if everywhere == somewhere:
            kept += here
        elif everywhere:
            kept += [p for p in here if p.rest in everywhere]
            text = f"compared over the {len(everywhere)} of {len(somewhere)} combinations of other settings"
            notes.append(f"{text} that every arm has{where}")
        else:
            kept += here
            notes.append(
                f"the arms differ in other settings too{where}: no combination of those is in all of them"
            )
    return kept, notes


def shown(levels: str) -> str:
    return levels.replace(JOIN, " · ")


def names(one: Comparison, arms: Iterable[str]) -> dict[str, str]:
    """What to call the arms: each of their levels as short as it may be."""
    listed = list(dict.fromkeys(arms))
    paths = [one.trend or ""] if one.kind == "trend" else one.factors
    columns = zip(*(arm.split(JOIN) for arm in listed), strict=True)
    called = [short(column, path) for column, path in zip(columns, paths, strict=False)]
    return {
        arm: " · ".join(c.get(p, p) for c, p in zip(called, arm.split(JOIN), strict=True))
        for arm in listed
    }


def contrasts(one: Comparison, arms: list[str]) -> list[tuple[str, str]]:
    """Which arm is compared with which, the reference second."""
    if one.against is not None:
        reference = named(one.against, arms)
        return (
            [(arm, reference) for arm in arms if arm != reference] if reference is not None else []
        )
    return [(later, earlier) for earlier, later in combinations(arms, 2)]


def units(places: Iterable[Place], one: Comparison) -> dict[tuple[str, str], set[int]]:
    """The planned seeds or folds of each arm in each stratum; images and patients are known only once measured."""
    found: dict[tuple[str, str], set[int]] = {}
    for place in places:
        unit = place.fold if one.unit == "fold" else place.seed
        found.setdefault((place.within, place.arm), set()).add(-1 if unit is None else unit)
    return found


def pairing(one: Comparison, first: Iterable[Any], second: Iterable[Any]) -> tuple[bool, str]:
    """Whether two arms are paired, and why."""
    a, b = set(first), set(second)
    if one.paired is not None:
        return one.paired, "declared"
    shared = len(a & b)
    if shared and 2 * shared >= min(len(a), len(b)):
        return True, f"{shared} {one.unit}s are in both arms"
    return False, f"the arms share {'no' if not shared else f'only {shared}'} {one.unit}s"
