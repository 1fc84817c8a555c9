"""Where each trial stands in a comparison: its stratum, arm and point, known before a run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from harness.judge.averaged import averaged_paths, shared_by_arms, varying_paths
from harness.judge.trial_places import Levels as Levels
from harness.judge.trial_places import TrialPlace as TrialPlace
from harness.judge.trial_places import place_trials
from harness.spec.naming import level_meant
from harness.study.comparison import Comparison
from harness.study.levels import among, levels_of, levels_of_rows
from harness.study.load import Study
from harness.study.names import NO_NAMES, Names, level_display_name, level_display_names


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
    names: Names = NO_NAMES  # what the study calls its levels
    is_of_two_metrics: bool = False  # which stand beside each other as beside.py says

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


def lay_out(study: Study, comparison: Comparison) -> Layout:
    """Finds the stratum, arm and point of every trial that a comparison speaks of."""
    strata, factors, trend = comparison.strata, comparison.factors, comparison.trend
    points = [trend] if trend else []
    settings, dimensions = [], []
    for path in dict.fromkeys([*strata, *factors, *points]):
        if levels_of(study.expansion, path):
            settings.append(path)
        else:
            dimensions.append(path)
    averaged = averaged_paths(study.axes, settings)
    cells = among(study.expansion, study.cells, comparison.where)
    trial_places = place_trials(cells, comparison, settings, averaged)
    telling, repeated = _in_one_arm(trial_places)
    balanced, notes = _balanced_places(telling, comparison)
    balanced = _each_once(balanced)
    return Layout(
        balanced,
        stratum_paths=strata,
        arm_paths=factors,
        point_path=trend,
        dimensions=dimensions,
        averaged=varying_paths(averaged, [trial.rest for trial in balanced]),
        notes=(*repeated, *notes),
        kept_levels=levels_of_rows(study.expansion, comparison.where),
        names=study.names,
        is_of_two_metrics=comparison.correlate is not None,
    )


def _in_one_arm(trial_places: Sequence[TrialPlace]) -> tuple[list[TrialPlace], list[str]]:
    """Leaves out each trial that stands in several arms of a stratum, and says so.

    It looks at no target, and so it tells nothing of arms that are targets.
    """
    if _stands_each_once(trial_places):
        return list(trial_places), []
    arms: dict[tuple[str, Levels], set[Levels | str]] = {}
    for trial in trial_places:
        arms.setdefault((trial.trial, trial.stratum), set()).add(trial.arm or trial.point)
    telling = []
    repeated = set()
    for trial in trial_places:
        if len(arms[trial.trial, trial.stratum]) == 1:
            telling.append(trial)
        else:
            repeated.add(trial.trial)
    if not repeated:
        return telling, []
    return telling, [f"{len(repeated)} trials look at no target and were left out of every arm"]


def _each_once(trial_places: Iterable[TrialPlace]) -> list[TrialPlace]:
    """A trial once in each arm and stratum, however many targets it stands beside there."""
    trial_places = list(trial_places)
    if _stands_each_once(trial_places):
        return trial_places
    distinct: dict[tuple[str, Levels, Levels, str], TrialPlace] = {}
    for trial in trial_places:
        distinct.setdefault((trial.trial, trial.stratum, trial.arm, trial.point), trial)
    return list(distinct.values())


def _stands_each_once(trial_places: Sequence[TrialPlace]) -> bool:
    """Whether no trial stands at several positions."""
    return len({trial.trial for trial in trial_places}) == len(trial_places)


def by_stratum(trial_places: Iterable[TrialPlace]) -> dict[Levels, list[TrialPlace]]:
    """The trials of each stratum, in the order of the grid."""
    strata: dict[Levels, list[TrialPlace]] = {}
    for trial in trial_places:
        strata.setdefault(trial.stratum, []).append(trial)
    return strata


def _balanced_places(
    trial_places: list[TrialPlace], comparison: Comparison
) -> tuple[list[TrialPlace], list[str]]:
    """Keeps the combinations of other settings that every arm has, so that the arms differ in
    nothing else.
    """
    if comparison.kind not in ("groups", "correlate"):
        return trial_places, []
    balanced, notes = [], []
    for stratum, of_stratum in by_stratum(trial_places).items():
        combinations_in_stratum = [(trial.arm, trial.rest) for trial in of_stratum]
        everywhere, notes_on_stratum = shared_by_arms(combinations_in_stratum, at_stratum(stratum))
        notes += notes_on_stratum
        if everywhere:
            of_stratum = [trial for trial in of_stratum if trial.rest in everywhere]
        balanced += of_stratum
    return balanced, notes


def levels_text(levels: Iterable[str]) -> str:
    """A stratum or an arm as people read it."""
    return " · ".join(levels)


def stratum_name(comparison: Comparison, stratum: Levels, names: Names = NO_NAMES) -> str:
    """The levels of a stratum of a comparison as people read them."""
    texts = list(stratum)
    for position, path in enumerate(comparison.strata[: len(stratum)]):
        texts[position] = level_display_name(stratum[position], path, names)
    return levels_text(texts)


def at_stratum(stratum: Levels) -> str:
    """' at bottleneck · 64', to stand behind a phrase; nothing where a comparison has no strata."""
    if not stratum:
        return ""
    return f" at {levels_text(stratum)}"


def arm_names(
    comparison: Comparison, arms: Iterable[Levels], own: Names = NO_NAMES
) -> dict[Levels, str]:
    """The short names of arms, or of points of a trend: each level as short as it may be here, or
    as the study calls it.

    Every name of an arm in a verdict, a report or a chart is made here.
    """
    distinct = list(dict.fromkeys(arms))
    paths = comparison.factors
    if comparison.kind == "trend":
        paths = [comparison.trend or ""]
    columns = []
    for levels, path in zip(zip(*distinct, strict=True), paths, strict=False):
        columns.append(level_display_names(levels, path, own))
    names = {}
    for arm in distinct:
        pairs = zip(columns, arm, strict=True)
        names[arm] = levels_text([column.get(level, level) for column, level in pairs])
    return names


def contrasts(comparison: Comparison, arms: Sequence[Levels]) -> list[tuple[Levels, Levels]]:
    """Which arm is compared with which, the reference second."""
    if comparison.against is None:
        return [(later, earlier) for earlier, later in combinations(arms, 2)]
    texts = list(map(levels_text, arms))
    name = level_meant(comparison.against, texts)
    if name is None:
        return []
    reference = arms[texts.index(name)]
    return [(arm, reference) for arm in arms if arm != reference]


def planned_units(
    trial_places: Iterable[TrialPlace], comparison: Comparison
) -> dict[tuple[Levels, Levels], set[int]]:
    """The planned seeds or folds of each arm in each stratum; images are known once measured."""
    units: dict[tuple[Levels, Levels], set[int]] = {}
    for trial in trial_places:
        unit: int | None = trial.seed
        if comparison.unit == "fold":
            unit = trial.fold
        if unit is None:
            unit = -1
        units.setdefault((trial.stratum, trial.arm), set()).add(unit)
    return units
