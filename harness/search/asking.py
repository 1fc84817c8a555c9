"""The points of a search as Optuna keeps them: asked for, scored seed by seed, told.

Optuna is the sampler and the memory alone. What is trained, when, and what is told is decided
elsewhere; each point carries what the harness knows of it as one JSON value.
"""

import json
import time
import warnings
from collections.abc import Mapping
from typing import Any, Literal

from harness.search.point import Point, levels_of
from harness.search.samplers import (
    build_pruner,
    build_sampler,
    reseeds_for_each_setting,
    sampler_line,
)
from harness.search.signature import SIGNATURE, check_signature
from harness.search.storage import exists, open_storage
from harness.store import Home
from harness.study.load import Study
from harness.study.points import in_order, is_on
from harness.study.search import Dimension, Search

NOTE = "harness"  # the attribute of a point that holds what the harness knows of it
SAMPLER = "harness.sampler"
SECONDS = "harness.seconds"  # for how long it has been searched
OVER = "harness.over"  # the budget by which it has ended
POSSIBLE = "possible"  # the constraint that an impossible point violates


class RecordedSearch:
    """The points of one search in Optuna's storage; one process at a time writes them."""

    def __init__(self, search: Search, raw: Mapping[str, Any], optuna_study: Any) -> None:
        """Takes the study file as it is written, which says when a setting counts."""
        self._search = search
        self._raw = dict(raw)
        self._optuna = optuna_study

    @property
    def seconds(self) -> float:
        """For how long it has been searched, by all processes that did."""
        return float(self._optuna.user_attrs.get(SECONDS, 0.0))

    @property
    def is_over(self) -> bool:
        """Whether it has ended by the budget that the study names now."""
        return bool(self._optuna.user_attrs.get(OVER) == self._search.budget.text)

    def note_end(self) -> None:
        """Keeps that the budget has been used up."""
        self._optuna.set_user_attr(OVER, self._search.budget.text)

    @property
    def sampler_line(self) -> str:
        """The sampler that asked last, as it was recorded."""
        return str(self._optuna.user_attrs.get(SAMPLER, ""))

    def note_seconds(self, seconds: float) -> None:
        """Keeps for how long it has been searched."""
        self._optuna.set_user_attr(SECONDS, round(seconds, 1))

    def points(self) -> list[Point]:
        """All points that have been asked for, by number; of one that was not asked to the end,
        for its process was killed, nothing is known.
        """
        trials = self._optuna.get_trials(deepcopy=False)
        return [self._point_of(trial) for trial in trials if NOTE in trial.user_attrs]

    def ask(self) -> Point:
        """The next point: one that was not asked to the end by a killed process, else a new one."""
        from optuna.trial import Trial

        trials = self._optuna.get_trials(deepcopy=False)
        number = len(trials)
        torn = [trial for trial in trials[-1:] if NOTE not in trial.user_attrs]
        if torn:
            number = torn[0].number
        self._optuna.sampler = build_sampler(self._search, number)
        trial = Trial(self._optuna, torn[0]._trial_id) if torn else self._optuna.ask()
        values: dict[str, Any] = {}
        for dimension in in_order(self._search.dimensions):
            if is_on(self._raw, dimension, values):
                if reseeds_for_each_setting(self._search):
                    self._optuna.sampler = build_sampler(self._search, number, dimension.path)
                drawn = _draw(trial, dimension)
                values[dimension.path] = self._search.drawn_value(dimension, drawn)
        return Point(number, values, levels_of(values), began=time.time())

    def save(self, point: Point) -> None:
        """Keeps what is known of a point that is raced."""
        storage = self._optuna._storage
        trial = self._optuna.get_trials(deepcopy=False)[point.number]
        storage.set_trial_user_attr(trial._trial_id, NOTE, point.note())

    def tell(self, point: Point) -> None:
        """Keeps a point that has come to its end, and tells the sampler."""
        from optuna.trial import TrialState

        storage = self._optuna._storage
        trial = self._optuna.get_trials(deepcopy=False)[point.number]
        if trial.state.is_finished():
            return
        self.save(point)
        state = TrialState.COMPLETE
        values = point.means
        if point.end == "infeasible":
            # A sampler that learns from constraints alone, without a score, is told of one.
            storage.set_trial_system_attr(trial._trial_id, f"constraints:{POSSIBLE}", 1.0)
            state = TrialState.FAIL
            if self._search.sampler.name == "tpe":
                state = TrialState.PRUNED
        elif point.is_pruned:
            state = TrialState.PRUNED
        elif point.end == "failed" or values is None:
            state = TrialState.FAIL
        means = None
        if state == TrialState.COMPLETE:
            means = list(values or ())
        self._optuna.tell(point.number, means, state=state)

    def report(self, number: int, epoch: int, value: float) -> bool:
        """Notes an intermediate value of a point; returns whether its training is to be stopped."""
        trial = self._optuna.get_trials(deepcopy=False)[number]
        if trial.state.is_finished():
            return False
        self._optuna._storage.set_trial_intermediate_value(trial._trial_id, epoch, value)
        trial = self._optuna.get_trials(deepcopy=True)[number]
        return bool(self._optuna.pruner.prune(self._optuna, trial))

    def _point_of(self, trial: Any) -> Point:
        """A point from what Optuna keeps of it."""
        values = {}
        for dimension in self._search.dimensions:
            if dimension.path in trial.params:
                drawn = trial.params[dimension.path]
                values[dimension.path] = self._search.drawn_value(dimension, drawn)
        note = dict(trial.user_attrs[NOTE])
        scores = [(seed, tuple(score)) for seed, score in note.pop("scores")]
        began = None
        if trial.datetime_start is not None:
            began = trial.datetime_start.timestamp()
        keys = tuple(note.pop("trial_keys"))
        return Point(
            trial.number,
            values,
            scores=tuple(scores),
            trial_keys=keys,
            began=began,
            is_told=trial.state.is_finished(),
            **note,
        )


def recorded_search(study: Study, search: Search, home: Home) -> RecordedSearch:
    """Takes up the search of a study, or begins it; a ValueError where it was another before."""
    import optuna

    storage = open_storage(home)
    sampler = build_sampler(search, 0)
    pruner = build_pruner(search)
    if study.name in optuna.get_all_study_names(storage):
        optuna_study = optuna.load_study(
            study_name=study.name, storage=storage, sampler=sampler, pruner=pruner
        )
        check_signature(study, search, optuna_study)
    else:
        directions: list[Literal["maximize", "minimize"]] = []
        for objective in search.objectives:
            directions.append("maximize" if objective.maximise else "minimize")
        optuna_study = optuna.create_study(
            study_name=study.name,
            storage=storage,
            sampler=sampler,
            pruner=pruner,
            directions=directions,
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is called experimental
            optuna_study.set_metric_names([objective.metric for objective in search.objectives])
        text = json.dumps(search.signature, sort_keys=True)
        optuna_study.set_user_attr(SIGNATURE, text)
    optuna_study.set_user_attr(SAMPLER, sampler_line(search))
    return RecordedSearch(search, study.raw, optuna_study)


def earlier_search(study: Study, search: Search, home: Home) -> RecordedSearch | None:
    """The search of a study to be read; None where it has not begun. Nothing is written."""
    if not exists(home):
        return None
    import optuna

    storage = open_storage(home)
    if study.name not in optuna.get_all_study_names(storage):
        return None
    optuna_study = optuna.load_study(study_name=study.name, storage=storage)
    check_signature(study, search, optuna_study)
    return RecordedSearch(search, study.raw, optuna_study)


def _draw(trial: Any, dimension: Dimension) -> Any:
    """Lets the sampler draw a setting."""
    path = dimension.path
    if dimension.kind == "categorical":
        return trial.suggest_categorical(path, list(dimension.levels))
    if dimension.kind == "int":
        low, high = int(dimension.low or 0), int(dimension.high or 0)
        step = int(dimension.step or 1)
        return trial.suggest_int(path, low, high, step=step, log=dimension.log)
    return trial.suggest_float(
        path, dimension.low, dimension.high, step=dimension.step, log=dimension.log
    )
