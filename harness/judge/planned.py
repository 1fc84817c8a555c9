"""The contrasts that a comparison will have, planned from its grid before anything runs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

from harness.judge.arms import (
    Layout,
    Levels,
    TrialPlace,
    arm_names,
    at_stratum,
    by_stratum,
    contrasts,
    lay_out,
    planned_units,
)
from harness.judge.choose_test import (
    FEW,
    ChosenTest,
    choose_for_pair,
    choose_for_trend,
    chosen_test,
    is_paired,
    post_hoc_of,
)
from harness.judge.correlated_networks import least_p_of_networks
from harness.judge.network_level import inference_of
from harness.judge.repetitions import with_real_unit
from harness.judge.sequence import in_sequence
from harness.judge.shared_starts import shared_start
from harness.study.comparison import Comparison
from harness.study.levels import planned_levels_of_rows
from harness.study.load import Study
from harness.study.names import Names

PlanKind = Callable[[Comparison, Sequence[TrialPlace]], Iterator["Planned"]]

TOO_FEW = "the points share so few networks that what they show holds of these networks only"


@dataclass(frozen=True)
class Planned:
    """A contrast as it is planned; n is a guess where units are known only after measuring."""

    comparison: Comparison
    contrast: str
    test: str
    why: str
    n: tuple[int, ...]
    is_known: bool
    note: str = ""
    least: float = 0.0  # no p can fall below it, for the networks behind the points are so few


def planned_contrasts(study: Study, comparison: Comparison) -> Iterator[Planned]:
    """The contrasts that a comparison will have; one line where they are known once measured."""
    comparison = with_real_unit(study, comparison)
    plan = lay_out(study, comparison)
    inference = inference_of(plan, comparison)
    note = "; ".join(filter(None, [inference.note, shared_start(plan)]))
    for planned in _contrasts_of(study, plan, in_sequence(study, inference.question)):
        notes = dict.fromkeys([*filter(None, [planned.note]), note])
        yield replace(planned, note="; ".join(filter(None, notes)))


def _contrasts_of(study: Study, plan: Layout, comparison: Comparison) -> Iterator[Planned]:
    """The contrasts of a question whose unit is the one that is tested."""
    levels: dict[str, list[str]] = {}
    for dimension in plan.dimensions:
        levels[dimension] = planned_levels_of_rows(study.expansion, dimension)
        if dimension in plan.kept_levels:
            levels[dimension] = plan.kept_levels[dimension]
    is_known = all(levels.values()) and not (plan.has_row_arms or plan.has_row_points)
    if not is_known:
        contrast = f"by {', '.join(plan.dimensions)}, whose levels are known once measured"
        yield Planned(comparison, contrast, test="", why="", n=(), is_known=False)
        return
    if comparison.kind == "model":
        yield Planned(comparison, "the terms of the model", "F", "of the model", (), False)
        return
    of_groups = partial(_groups, own=plan.names)
    kinds: dict[str, PlanKind] = {
        "groups": of_groups,
        "trend": _trend,
        "correlate": _correlation,
    }
    plan_kind = kinds[comparison.kind]
    for stratum, trials in by_stratum(plan.trial_places).items():
        for planned in plan_kind(comparison, trials):
            for of_rows in product(*levels.values()):
                whole = _with_dimensions(plan, stratum, dict(zip(levels, of_rows, strict=True)))
                yield replace(planned, contrast=planned.contrast + at_stratum(whole))


def _with_dimensions(plan: Layout, planned: Levels, of_rows: Mapping[str, str]) -> Levels:
    """A planned stratum with the levels that its rows have, in the order of the comparison."""
    settings = iter(planned)
    stratum = []
    for path in plan.stratum_paths:
        stratum.append(of_rows[path] if path in of_rows else next(settings))
    return tuple(stratum)


def _has_planned_units(comparison: Comparison) -> bool:
    """Whether the units are known before anything is measured: seeds and folds, not images and
    patients.
    """
    return comparison.unit in ("seed", "fold")


def _groups(comparison: Comparison, trials: Sequence[TrialPlace], own: Names) -> Iterator[Planned]:
    """The contrasts of the arms in one stratum."""
    units = {}
    for (_, arm), ids in planned_units(trials, comparison).items():
        units[arm] = ids
    arms = list(units)
    names = arm_names(comparison, arms, own)
    for first, second in contrasts(comparison, arms):
        choice = _choice_for_pair(comparison, units[first], units[second])
        compared = [units[first], units[second]]
        if post_hoc_of(comparison, choice.test):
            compared = list(units.values())
        yield Planned(
            comparison,
            f"{names[first]} against {names[second]}",
            choice.test,
            choice.why,
            n=_sizes(choice.test, compared),
            is_known=_has_planned_units(comparison),
        )


def _choice_for_pair(comparison: Comparison, first: set[int], second: set[int]) -> ChosenTest:
    """The test of two arms; of images and patients, many and paired are expected."""
    if _has_planned_units(comparison):
        return choose_for_pair(comparison, first, second)
    paired = comparison.paired is not False
    return ChosenTest(*chosen_test(comparison, paired, pairs=FEW + 1), pairing="")


def _sizes(test: str, units: Sequence[set[int]]) -> tuple[int, ...]:
    """How many units each group brings into a test: those that all share, where it takes pairs."""
    if is_paired(test):
        return (len(set.intersection(*units)),) * len(units)
    return tuple(map(len, units))


def _trend(comparison: Comparison, trials: Sequence[TrialPlace]) -> Iterator[Planned]:
    """The trend of one stratum."""
    points: dict[str, list[TrialPlace]] = {}
    for trial in trials:
        points.setdefault(trial.point, []).append(trial)
    units = []
    for point in sorted(points, key=float):
        units.append(set.union(*planned_units(points[point], comparison).values()))
    if _has_planned_units(comparison):
        choice = choose_for_trend(comparison, units[0], units[-1])
    else:
        paired = comparison.paired is not False
        choice = ChosenTest(*chosen_test(comparison, paired), pairing="")
    yield Planned(
        comparison,
        f"along {comparison.trend}",
        choice.test,
        choice.why,
        n=_sizes(choice.test, units),
        is_known=_has_planned_units(comparison),
    )


def _correlation(comparison: Comparison, trials: Sequence[TrialPlace]) -> Iterator[Planned]:
    """The correlation of one stratum."""
    points: dict[Levels, set[str]] = {}
    for trial in trials:
        points.setdefault(trial.arm, set()).add(trial.network)
    networks = [" ".join(sorted(behind)) for behind in points.values()]
    units = list(planned_units(trials, comparison).values())
    test, why = chosen_test(comparison, paired=False)
    if comparison.correlate is not None and comparison.correlate.each_unit:
        count = len(set.intersection(*units)) if len(points) > 1 else 0
        why = f"{why}; the {len(points)} points within each {comparison.unit}"
        yield Planned(comparison, "the points", test, why, n=(count,), is_known=True)
        return
    least = least_p_of_networks(networks, len(set.intersection(*units)))
    note = ""
    if least is not None and least > comparison.alpha:
        note = TOO_FEW
    yield Planned(
        comparison,
        "the points",
        test,
        why,
        n=(len(points),),
        is_known=True,
        note=note,
        least=least or 0.0,
    )
