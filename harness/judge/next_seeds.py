"""Which trials a study still needs until its comparisons are decided."""

from collections.abc import Iterable, Iterator

from harness.judge.arms import (
    Layout,
    Levels,
    TrialPlace,
    arm_names,
    by_stratum,
    contrasts,
    lay_out,
)
from harness.judge.verdicts import Verdict, Verdicts
from harness.study.cells import Cell
from harness.study.load import Study
from harness.study.until_decided import UntilDecided, is_sequential


def undecided_trials(study: Study, verdicts: Verdicts) -> set[str]:
    """The keys of every trial, of whatever seed, whose arm stands in an undecided comparison."""
    trials: set[str] = set()
    for comparison, verdict in zip(study.compare, verdicts.verdicts, strict=True):
        if is_sequential(comparison):
            trials.update(_of_open_arms(lay_out(study, comparison), verdict))
    return trials


def compared_trials(study: Study) -> set[str]:
    """The keys of every trial, of whatever seed, whose arm some comparison can decide on; the
    other arms get no more than the first seeds.
    """
    trials: set[str] = set()
    for comparison in study.compare:
        if is_sequential(comparison):
            for trial in lay_out(study, comparison).trial_places:
                trials.add(trial.trial)
    return trials


def _of_open_arms(layout: Layout, verdict: Verdict) -> Iterator[str]:
    """The trials of the arms of one comparison that are not told apart yet."""
    decided = _decided_pairs(layout, verdict)
    for stratum, trials in by_stratum(layout.trial_places).items():
        open_arms = set(_arms_of(trials))
        if not layout.has_row_arms:
            open_arms = set(_open_arms(verdict, layout, stratum, decided))
        elif (stratum, "", "") in decided:
            open_arms = set()
        for trial in trials:
            if trial.arm in open_arms:
                yield trial.trial


def _arms_of(trials: Iterable[TrialPlace]) -> list[Levels]:
    """The arms of some trials, in the order of the grid."""
    return list(dict.fromkeys(trial.arm for trial in trials))


def _open_arms(
    verdict: Verdict, layout: Layout, stratum: Levels, decided: set[tuple[Levels, str, str]]
) -> Iterator[Levels]:
    """The arms of a planned stratum that some undecided contrast needs."""
    arms = _arms_of(by_stratum(layout.trial_places)[stratum])
    names = arm_names(verdict.comparison, arms, layout.names)
    for first, second in contrasts(verdict.comparison, arms):
        if (stratum, names[first], names[second]) not in decided:
            yield from (first, second)


def _decided_pairs(layout: Layout, verdict: Verdict) -> set[tuple[Levels, str, str]]:
    """The planned contrasts that are decided in every stratum that the rows make of theirs; those
    whose arms are dimensions of the rows have no names.
    """
    is_decided: dict[tuple[Levels, str, str], bool] = {}
    for contrast in verdict.contrasts:
        names = (contrast.first, contrast.second)
        if layout.has_row_arms:
            names = ("", "")
        pair = (layout.planned_stratum(contrast.stratum), *names)
        is_decided[pair] = is_decided.get(pair, True) and contrast.decided_after > 0
    return {pair for pair, decided in is_decided.items() if decided}


def cells_of_look(
    study: Study, until: UntilDecided, seeds: int, undecided: set[str] | None
) -> tuple[Cell, ...]:
    """The cells that a study needs to look at so many seeds: all of the first ones, and of the
    later ones those that are undecided; None: nothing was looked at yet.
    """
    numbers = until.seeds[:seeds]
    first_numbers = until.seeds[: until.least]
    cells = []
    for cell in study.cells:
        seed = cell.trial.fit.seed
        is_needed = undecided is None or cell.trial.key in undecided
        if seed in first_numbers or (seed in numbers and is_needed):
            cells.append(cell)
    return tuple(cells)
