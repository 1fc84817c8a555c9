"""Where each trial stands in a comparison: its stratum, its arm, its point of a trend; known before anything runs."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NamedTuple

from harness.spec.naming import level_of_text, listed, named, short
from harness.spec.paths import split, walk
from harness.spec.values import label
from harness.study.cells import Axis, Cell
from harness.study.comparison import Comparison
from harness.study.levels import among, levels_of
from harness.study.load import Study

Levels = tuple[str, ...]  # a stratum or an arm: a level of each setting that it is made of


class TrialPlace(NamedTuple):
    """Where a trial stands in a comparison; levels of a dimension of the rows are known only once measured."""

    trial: str
    stratum: Levels
    arm: Levels
    point: str  # the level of the trend; empty where there is none
    seed: int
    fold: int | None
    test_on: str
    rest: Levels  # levels that are averaged over


@dataclass(frozen=True)
class Layout:
    """Where all trials of a comparison stand, and what a reader must know of them."""

    trial_places: list[TrialPlace]
    stratum_paths: Sequence[str]
    arm_paths: Sequence[str]
    point_path: str | None
    dimensions: Sequence[str] = ()  # those of the paths that are no settings, but tell rows apart
    averaged: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    kept_levels: Mapping[str, list[str]] = field(default_factory=dict)  # of dimensions of the rows

    @property
    def has_row_arms(self) -> bool:
        """Whether the rows of one trial belong to several arms."""
        return any(path in self.dimensions for path in self.arm_paths)

    @property
    def has_row_points(self) -> bool:
        """Whether the rows of one trial are several points of the trend."""
        return self.point_path in self.dimensions

    def planned_stratum(self, stratum: Levels) -> Levels:
        """What was known of a stratum before anything was measured."""
        return self._without_dimensions(self.stratum_paths, stratum)

    def planned_arm(self, arm: Levels) -> Levels:
        """What was known of an arm before anything was measured."""
        return self._without_dimensions(self.arm_paths, arm)

    def _without_dimensions(self, paths: Sequence[str], levels: Levels) -> Levels:
        pairs = zip(paths, levels, strict=False)
        return tuple(level for path, level in pairs if path not in self.dimensions)


def layout(study: Study, comparison: Comparison) -> Layout:
    """Finds the stratum, arm and point of every trial that a comparison speaks of."""
    strata, factors, trend = comparison.strata, comparison.factors, comparison.trend
    paths = dict.fromkeys([*strata, *factors, *([trend] if trend else [])])
    settings = {path for path in paths if levels_of(study.expansion, path)}
    averaged = _averaged_paths(study.axes, settings)
    reader = _LevelReader(settings)
    trial_places = []
    for cell in among(study.expansion, study.cells, comparison.where):
        stratum = tuple(level or "none" for level in reader.levels(cell, strata))
        arm = reader.levels(cell, factors)
        point = reader.levels(cell, [trend] if trend else [])
        if None in arm or None in point:  # the factor means nothing to this trial
            continue
        fit = cell.trial.fit
        place = TrialPlace(
            trial=cell.trial.key,
            stratum=stratum,
            arm=tuple(str(level) for level in arm),
            point=str(point[0]) if point else "",
            seed=fit.seed,
            fold=None if fit.fold is None else fit.fold[0],
            test_on=reader.name(cell.trial.test_on),
            rest=tuple(f"{path}={cell.levels[path]}" for path in averaged if path in cell.levels),
        )
        trial_places.append(place)
    balanced, notes = _balanced_places(trial_places, comparison)
    return Layout(
        balanced,
        stratum_paths=strata,
        arm_paths=factors,
        point_path=trend,
        dimensions=tuple(path for path in paths if path not in settings),
        averaged=tuple(path for path in averaged if _varies(balanced, path)),
        notes=tuple(notes),
        kept_levels=_kept_levels(study, comparison),
    )


def _kept_levels(study: Study, comparison: Comparison) -> dict[str, list[str]]:
    """The levels that `where` confines dimensions of the rows to."""
    kept_levels = {}
    for path, levels in comparison.where.items():
        if not levels_of(study.expansion, path):
            kept_levels[path] = [level_of_text(level) for level in listed(levels)]
    return kept_levels


def _averaged_paths(axes: Iterable[Axis], settings: Collection[str]) -> list[str]:
    """The axes that the comparison does not name: their levels are averaged over."""
    averaged: list[str] = []
    for axis in axes:
        is_repetition = bool({"fit.seed", "fit.fold"} & set(axis.paths))
        if not is_repetition and not _touches(axis, settings):
            averaged += axis.paths
    return averaged


def _touches(axis: Axis, settings: Iterable[str]) -> bool:
    """Whether an axis sets one of these settings, a part of one, or what holds one."""
    for setting in settings:
        for path in axis.paths:
            if path == setting or path.startswith(f"{setting}.") or setting.startswith(f"{path}."):
                return True
    return False


class _LevelReader:
    """Reads the levels of trials. Cells share their parts, so that each part is named once."""

    def __init__(self, settings: Collection[str]) -> None:
        self.settings = settings
        self.names: dict[int, tuple[Any, str]] = {}  # the part too, lest its id be given again

    def levels(self, cell: Cell, paths: Iterable[str]) -> tuple[str | None, ...]:
        """The level of each path that is a setting; None where the trial has no such setting."""
        return tuple(self._level(cell, path) for path in paths if path in self.settings)

    def _level(self, cell: Cell, path: str) -> str | None:
        try:
            return self.name(walk(cell.trial, split(path)))
        except LookupError:
            return None

    def name(self, value: Any) -> str:
        """The level that a value is."""
        if id(value) not in self.names:
            self.names[id(value)] = (value, label(value))
        return self.names[id(value)][1]


def _varies(trial_places: Iterable[TrialPlace], path: str) -> bool:
    """Whether trials of several levels of a setting are averaged."""
    levels: set[str] = set()
    for place in trial_places:
        levels.update(level for level in place.rest if level.startswith(f"{path}="))
    return len(levels) > 1


def _balanced_places(
    trial_places: list[TrialPlace], comparison: Comparison
) -> tuple[list[TrialPlace], list[str]]:
    """Keeps the combinations of other settings that every arm has, so that the arms differ in nothing else."""
    is_plain = not any(place.rest for place in trial_places)
    if comparison.kind not in ("groups", "correlate") or is_plain:
        return trial_places, []
    balanced, notes = [], []
    for stratum in dict.fromkeys(place.stratum for place in trial_places):
        of_stratum = [place for place in trial_places if place.stratum == stratum]
        everywhere, somewhere = _combinations(of_stratum)
        where = at_stratum(stratum)
        if not everywhere:
            notes.append(
                f"the arms differ in other settings too{where}: "
                "no combination of those is in all of them"
            )
        elif everywhere != somewhere:
            of_stratum = [place for place in of_stratum if place.rest in everywhere]
            notes.append(
                f"compared over the {len(everywhere)} of {len(somewhere)} combinations "
                f"of other settings that every arm has{where}"
            )
        balanced += of_stratum
    return balanced, notes


def _combinations(trial_places: Iterable[TrialPlace]) -> tuple[set[Levels], set[Levels]]:
    """The combinations of averaged levels that every arm has, and those that any has."""
    arms: dict[Levels, set[Levels]] = {}
    for place in trial_places:
        arms.setdefault(place.arm, set()).add(place.rest)
    return set.intersection(*arms.values()), set.union(*arms.values())


def levels_text(levels: Levels) -> str:
    """A stratum or an arm as people read it."""
    return " · ".join(levels)


def at_stratum(stratum: Levels) -> str:
    """' at bottleneck · 64', to stand behind a phrase; nothing where a comparison has no strata."""
    text = levels_text(stratum)
    return f" at {text}" if text else ""


def arm_names(comparison: Comparison, arms: Iterable[Levels]) -> dict[Levels, str]:
    """The short names of arms, or of points of a trend: each level as short as it may be among these.

    Every name of an arm in a verdict, a report or a chart is made here.
    """
    distinct = list(dict.fromkeys(arms))
    is_trend = comparison.kind == "trend"
    paths = [comparison.trend or ""] if is_trend else comparison.factors
    columns = [
        short(column, path)
        for column, path in zip(zip(*distinct, strict=True), paths, strict=False)
    ]
    names = {}
    for arm in distinct:
        pairs = zip(columns, arm, strict=True)
        names[arm] = levels_text(tuple(column.get(level, level) for column, level in pairs))
    return names


def contrasts(comparison: Comparison, arms: Sequence[Levels]) -> list[tuple[Levels, Levels]]:
    """Which arm is compared with which, the reference second."""
    if comparison.against is None:
        return [(later, earlier) for earlier, later in combinations(arms, 2)]
    by_text = {levels_text(arm): arm for arm in arms}
    reference = named(comparison.against, list(by_text))
    if reference is None:
        return []
    return [(arm, by_text[reference]) for arm in arms if arm != by_text[reference]]


def planned_units(
    trial_places: Iterable[TrialPlace], comparison: Comparison
) -> dict[tuple[Levels, Levels], set[int]]:
    """The planned seeds or folds of each arm in each stratum.

    Images and patients are known only once measured.
    """
    units: dict[tuple[Levels, Levels], set[int]] = {}
    for place in trial_places:
        unit = place.fold if comparison.unit == "fold" else place.seed
        units.setdefault((place.stratum, place.arm), set()).add(-1 if unit is None else unit)
    return units


def pairing(
    comparison: Comparison, first: Iterable[Any], second: Iterable[Any]
) -> tuple[bool, str]:
    """Whether two arms are paired, given the units of each, and why."""
    if comparison.paired is not None:
        return comparison.paired, "declared"
    first, second = set(first), set(second)
    shared = len(first & second)
    if shared and 2 * shared >= min(len(first), len(second)):
        return True, f"{shared} {comparison.unit}s are in both arms"
    count = f"only {shared}" if shared else "no"
    return False, f"the arms share {count} {comparison.unit}s"
