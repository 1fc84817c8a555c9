"""A search carried out: each training is planned, run and recorded as a cell of a grid is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.record.database import Run, is_result
from harness.record.files_of_run import files_of_runs
from harness.record.result import measured_state
from harness.record.tracker import Tracker
from harness.run.events import Epochs, Event
from harness.run.fingerprints import with_fingerprints
from harness.run.jobs import Outcome
from harness.run.plan import Plan, plan
from harness.search.asking import RecordedSearch
from harness.search.driving import Driver, Training
from harness.search.scores import NoScore, scores_of_rows
from harness.spec.states import State
from harness.store import Home
from harness.study.cells import Cell
from harness.study.document import Mistakes
from harness.study.load import Study
from harness.study.points import PointCell, cell_at
from harness.study.search import Search

ROWS = "rows.parquet"


def point_cells(study: Study, home: Home) -> Callable[[Mapping[str, Any], int], PointCell]:
    """How a point of a study becomes a cell, with the fingerprints of its data in it."""

    def cell_with_data(values: Mapping[str, Any], seed: int) -> PointCell:
        """The cell of a point on one seed, or why it cannot be."""
        expansion = cell_at(study.raw, values, seed, transductive=study.transductive)
        if expansion.cell is None:
            return expansion
        try:
            marked = with_fingerprints(replace(study, cells=(expansion.cell,)), home)
        except Mistakes as mistakes:
            return PointCell(None, "; ".join(problem.text for problem in mistakes.problems))
        return PointCell(marked.cells[0])

    return cell_with_data


class SearchSource:
    """Gives the run of a study the trainings of its search, and the search their outcomes."""

    def __init__(
        self, study: Study, search: Search, home: Home, tracker: Tracker, recorded: RecordedSearch
    ) -> None:
        """Takes up the search; what its runs in the database are is read once."""
        self.driver = Driver(search, recorded, point_cells(study, home))
        self._study = study
        self._search = search
        self._home = home
        self._tracker = tracker
        self._runs: dict[str, list[Run]] = {}
        for run in tracker.runs(study.name):
            self._runs.setdefault(run.key, []).append(run)
        self._at_work: dict[str, _AtWork] = {}  # by the key of the trial
        self._waiting: list[Training] = []  # for a fit that another point trains

    def next_plan(self) -> Plan | None:
        """The plan of the next training; those that are recorded or measured are scored at once."""
        while True:
            training = self._next_training()
            if training is None:
                return None
            step = self._plan_of(training)
            [trial] = step.trials
            if trial.action == "run":
                fits = frozenset(planned.fit.key for planned in step.training)
                self._at_work[trial.cell.trial.key] = _AtWork(training, fits)
                return step
            record = measured_state(training.cell, self._home)
            self._score(training, record or trial.reason)
            if trial.action == "record":
                return step

    def _next_training(self) -> Training | None:
        """A training whose fits nobody trains now: first of those that have waited for one."""
        for earlier in self._waiting:
            if not self._is_trained_now(earlier):
                self._waiting.remove(earlier)
                return earlier
        while (training := self.driver.next_training()) is not None:
            if not self._is_trained_now(training):
                return training
            self._waiting.append(training)
        return None

    def _is_trained_now(self, training: Training) -> bool:
        """Whether a fit of it is trained for another point, which has to end before."""
        keys = {fit.key for fit in training.cell.trial.lineage}
        return any(keys & work.fits for work in self._at_work.values())

    def _plan_of(self, training: Training) -> Plan:
        key = training.cell.trial.key
        study = replace(self._study, cells=(training.cell,))
        step = plan(study, self._home, self._runs.get(key, []))
        return replace(step, study=self._study)

    def follow(self, event: Event, outcome: Outcome | None, cancel: Callable[[str], None]) -> None:
        """Scores a trial that has ended; stops a fit whose curve the pruner gives no hope."""
        if isinstance(event, Epochs) and self._search.prune is not None:
            self._judge_curve(event, cancel)
        if outcome is None or outcome.job.key not in self._at_work:
            return
        work = self._at_work.pop(outcome.job.key)
        if work.pruned_because:
            self.driver.fail(work.training, work.pruned_because, is_pruned=True)
        elif outcome.state in (State.FINISHED, State.DIVERGED):
            self._score(work.training, outcome.state)
        elif outcome.state == State.STOPPED:
            self.driver.forget(work.training)
        else:
            self.driver.fail(work.training, outcome.error or outcome.state.value)
        self.driver.note_seconds()

    def in_words(self, outcome: Outcome) -> Outcome:
        """The outcome of a training that the pruner has stopped, with that as its reason."""
        if outcome.state != State.STOPPED:
            return outcome
        for trial, work in self._at_work.items():
            is_of_it = outcome.job.key == trial or outcome.job.key in work.fits
            if is_of_it and work.pruned_because:
                return replace(outcome, error=work.pruned_because)
        return outcome

    def _judge_curve(self, event: Epochs, cancel: Callable[[str], None]) -> None:
        """Tells the pruner the further values of a fit's curve, until it has seen enough."""
        for key, work in self._at_work.items():
            if event.job.key not in work.fits or work.pruned_because:
                continue
            if work.training.cell.trial.fit.key != event.job.key:
                continue
            for row in event.rows:
                work = replace(work, epochs=work.epochs + 1)
                value = curve_value(row)
                is_hopeless = value is not None and self.driver.report(
                    work.training, work.epochs, self._as_objective(value)
                )
                if is_hopeless:
                    text = f"stopped by {self._search.prune} after epoch {work.epochs}"
                    work = replace(work, pruned_because=text)
                    cancel(event.job.key)
                    break
            self._at_work[key] = work

    def _as_objective(self, value: float) -> float:
        """A value of a curve, of which more is better, in the direction of the objective."""
        return value if self._search.directions[0] else -value

    def _score(self, training: Training, state: str) -> None:
        """Scores a trial by its rows; one that has no number for an objective is worst of all."""
        if state == State.DIVERGED:
            self.driver.fail(training, "its loss became no number", is_pruned=True)
            return
        path = self._rows_of(training.cell)
        if path is None:
            self.driver.fail(training, "its rows are gone from the store and from its run")
            return
        try:
            scores = scores_of_rows(path, self._search.objectives)
        except NoScore as error:
            self.driver.fail(training, str(error), is_pruned=True)
            return
        self.driver.score(training, scores)

    def _rows_of(self, cell: Cell) -> Path | None:
        """The file of a trial's rows, in the store or with the run that recorded it."""
        folder = self._home.store("trials").find(cell.trial.key)
        if folder is not None:
            path = folder / ROWS
            return path if path.exists() else None
        results = [run for run in self._runs.get(cell.trial.key, []) if is_result(run)]
        files = files_of_runs(self._tracker, results, ROWS)
        return next(iter(files.values()), None)


@dataclass(frozen=True)
class _AtWork:
    """A training that is run now, and the fits that are trained for it."""

    training: Training
    fits: frozenset[str]
    epochs: int = 0
    pruned_because: str = ""


def curve_value(row: Mapping[str, Any]) -> float | None:
    """What an epoch says of a fit, more being better: the score of its pick, else what its method
    watches, else its loss. None where an epoch says nothing of these.
    """
    for start, sign in (("pick/", 1.0), ("watch", 1.0), ("loss", -1.0)):
        for name, value in row.items():
            if name.startswith(start) and isinstance(value, int | float):
                return sign * float(value)
    return None
