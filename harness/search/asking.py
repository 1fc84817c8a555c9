"""The points of a search as Optuna keeps them: asked for, scored seed by seed, told.

Optuna is the sampler and the memory alone. What is trained, when, and what is told is decided
elsewhere; each point carries what the harness knows of it as one JSON value.
"""

import json
import time
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.search.samplers import (
    build_pruner,
    build_sampler,
    reseeds_for_each_setting,
    sampler_line,
)
from harness.search.storage import exists, open_storage
from harness.spec.naming import level_name
from harness.store import Home
from harness.study.load import Study
from harness.study.points import in_order, is_on
from harness.study.search import Dimension, Search

NOTE = "harness"  # the attribute of a point that holds what the harness knows of it
SIGNATURE = "harness.search"  # that of a search: its space and its objectives
SAMPLER = "harness.sampler"
SECONDS = "harness.seconds"  # for how long it has been searched
OVER = "harness.over"  # the budget by which it has ended
POSSIBLE = "possible"  # the constraint that an impossible point violates

Values = tuple[float, ...]
End = Literal["rejected", "incumbent", "infeasible", "failed", "complete"]


@dataclass(frozen=True)
class Point:
    """A point of a search, with what is known of it."""

    number: int
    values: Mapping[str, Any]  # what is written into the trial, by path
    levels: Mapping[str, str] = field(default_factory=dict)
    scores: tuple[tuple[int, Values], ...] = ()
    trial_keys: tuple[str, ...] = ()
    first_key: str = ""  # of its trial on the first seed: equal points have an equal one
    trainings: int = 0  # that it has cost, with those that failed or were stopped
    trainings_before: int = 0
    end: End | None = None  # None while it is raced
    reason: str = ""
    known_as: int | None = None  # an earlier point that is the same trial
    is_pruned: bool = False  # its training was stopped by its intermediate values
    began: float | None = None
    is_told: bool = False  # whether the sampler has been told its end

    @property
    def means(self) -> Values | None:
        """The mean over its seeds, for each objective; None without a score."""
        if not self.scores:
            return None
        columns = zip(*(values for _, values in self.scores), strict=True)
        return tuple(sum(column) / len(column) for column in columns)

    def note(self) -> dict[str, Any]:
        """What is kept with it beside the values that the sampler drew."""
        return {
            "levels": dict(self.levels),
            "scores": [[seed, list(values)] for seed, values in self.scores],
            "trial_keys": list(self.trial_keys),
            "first_key": self.first_key,
            "trainings": self.trainings,
            "trainings_before": self.trainings_before,
            "end": self.end,
            "reason": self.reason,
            "known_as": self.known_as,
            "is_pruned": self.is_pruned,
        }


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
        told = None
        if state == TrialState.COMPLETE:
            told = list(values or ())
        self._optuna.tell(point.number, told, state=state)

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
        _check_signature(study, search, optuna_study)
    else:
        directions = []
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
    _check_signature(study, search, optuna_study)
    return RecordedSearch(search, study.raw, optuna_study)


def levels_of(values: Mapping[str, Any]) -> dict[str, str]:
    """The settings of a point as people read them."""
    return {path: level_name(value) for path, value in values.items()}


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


def _check_signature(study: Study, search: Search, optuna_study: Any) -> None:
    """Refuses to go on with points of another space, or of other objectives."""
    earlier = json.loads(optuna_study.user_attrs.get(SIGNATURE, "{}"))
    differences = list(signature_differences(earlier, search.signature))
    if not differences:
        return
    count = len(optuna_study.get_trials(deepcopy=False))
    text = (
        f"the search of {study.name!r} has {count} points of another search: "
        f"{'; '.join(differences)}; change it back, or give the study another name"
    )
    raise ValueError(text)


def signature_differences(earlier: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """What of a space and its objectives is not as it was, each in words."""
    before, after = earlier.get("space", {}), now["space"]
    for path in [*before, *[path for path in after if path not in before]]:
        if path not in after:
            yield f"{path} was searched and is not any more"
        elif path not in before:
            yield f"{path} is searched and was not"
        elif before[path] != json.loads(json.dumps(after[path])):
            yield f"{path} was {_range_text(before[path])} and is {_range_text(after[path])}"
    if earlier.get("objectives") != now["objectives"]:
        was = " and ".join(earlier.get("objectives", ()))
        yield f"its objective was {was or 'none'} and is {' and '.join(now['objectives'])}"


def _range_text(plain: Mapping[str, Any]) -> str:
    """A dimension of a signature as people read it."""
    words = [f"{name} {value}" for name, value in plain.items() if value not in (None, False)]
    return "(" + ", ".join(words) + ")"
