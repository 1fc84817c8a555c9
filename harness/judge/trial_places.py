"""The stratum, arm and point of each trial of a grid, read from columns of levels."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from harness.judge.averaged import averaged_levels
from harness.spec.values import Fit
from harness.study.cells import Cell
from harness.study.comparison import Comparison
from harness.study.level_columns import LevelColumns, level_columns

Levels = tuple[str, ...]  # a stratum or an arm: a level of each setting that it is made of


class TrialPlace(NamedTuple):
    """Where a trial stands; levels of a dimension of the rows are known only once measured."""

    trial: str
    stratum: Levels
    arm: Levels
    point: str  # the level of the trend; empty where there is none
    seed: int
    fold: int | None
    test_on: str
    rest: Levels  # levels that are averaged over
    fit: Fit | None = None  # None where the study file is gone

    @property
    def network(self) -> str:
        """What tells its network from others; without its fit a trial has a network of its own."""
        return self.trial if self.fit is None else self.fit.key


def place_trials(
    cells: Sequence[Cell], comparison: Comparison, settings: Sequence[str], averaged: Sequence[str]
) -> list[TrialPlace]:
    """Where each trial stands; one to which a factor means nothing stands nowhere."""
    columns = level_columns(cells)
    strata = _combinations(columns, comparison.strata, settings)
    arms = _combinations(columns, comparison.factors, settings)
    trends = [comparison.trend] if comparison.trend else []
    points = _combinations(columns, trends, settings)
    trial_places = []
    for trial, stratum, arm, point, rest in zip(
        columns.trials, strata, arms, points, averaged_levels(columns, averaged), strict=True
    ):
        if comparison.kind == "groups" and any(arm):  # settings that only some arms have
            arm = _with_none(arm)
        if None in arm or None in point:  # the factor means nothing to this trial
            continue
        fit = trial.fit
        trial_place = TrialPlace(
            trial.key,
            _with_none(stratum),
            tuple(map(str, arm)),
            "".join(map(str, point)),
            fit.seed,
            None if fit.fold is None else fit.fold[0],
            columns.name(trial.test_on),
            rest,
            fit,
        )
        trial_places.append(trial_place)
    return trial_places


def _combinations(
    columns: LevelColumns, paths: Iterable[str], settings: Collection[str]
) -> Sequence[tuple[str | None, ...]]:
    """The levels of those paths that are settings, at each position of the grid."""
    levels = [columns.levels(path) for path in paths if path in settings]
    return list(zip(*levels, strict=True)) if levels else [()] * len(columns.trials)


def _with_none(levels: Iterable[str | None]) -> Levels:
    """Levels with a word for those that a trial has not."""
    return tuple([level or "none" for level in levels])
