"""The runs of trials that are on their way: opened at their start, written as their fits go on."""

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from sqlite3 import Error
from typing import Any

from harness.record.code import Code
from harness.record.contents import changed_tags, keep_artifacts, tags_of
from harness.record.database import MLFLOW_STATUS
from harness.record.description import tags_of_experiment
from harness.record.live_run import LiveRun, Rows, log_what_is_new
from harness.record.owners import LOCK_TAG, end_as_killed, lock_tag
from harness.record.patience import Unreachable
from harness.record.result import TrialResult
from harness.record.table import keep_rows
from harness.record.tracker import Tracker
from harness.spec.states import State
from harness.store import file_lock
from harness.study.cell_names import run_name
from harness.study.cells import Cell
from harness.study.load import Study

EVERY = 3.0  # seconds between two batches of curves, of all runs together, at least
TIMES_AS_LONG = 50.0  # as the last batch took: so curves cost at most 2 % of the time
TABLE_EVERY = 500  # results between two tables of what was measured
EVERY_WHILE_AWAY = 15.0  # seconds between two tries while the database is away


class LiveRuns:
    """Writes the runs of a study while it is carried out; the parent alone does.

    Whatever happens to the database meanwhile ends nothing: what could not be written is written
    when it is back, and what is still due at the end is counted.
    """

    def __init__(self, tracker: Tracker, study: Study, code: Code, lock: Path) -> None:
        """Takes the lock that this process holds as long as it carries out the study."""
        self.recorded = 0
        self.problem = ""  # why the database was away when it was last tried
        self._tracker = tracker
        self._study = study
        self._code = code
        self._lock = lock
        self._live: dict[str, LiveRun] = {}
        self._epochs: dict[str, list[Mapping[str, Any]]] = {}
        self._client: Any = None  # MLflow's, made where it is needed first
        self._next_batch = 0.0
        self._next_try = 0.0
        self._next_table = TABLE_EVERY
        self._experiment: str | None = None

    @property
    def count_unrecorded(self) -> int:
        """How many results the database does not have yet."""
        return sum(1 for live in self._live.values() if live.result is not None)

    @property
    def sentence(self) -> str:
        """What a run of the study says where results could not be recorded; else nothing."""
        count = self.count_unrecorded
        if not count:
            return ""
        subject = "1 result is" if count == 1 else f"{count} results are"
        return f"{subject} measured and kept, and not recorded yet: {self.problem}"

    def open_run(self, cell: Cell, reason: str, *, start_over: bool = False) -> None:
        """Makes the run of a trial that starts now, or whose fit does; RUNNING until it is closed.

        A second call for a trial that is open does nothing: its worker was lost, and it goes on.
        """
        key = cell.trial.key
        if key not in self._live:
            self._live[key] = LiveRun(cell, reason, start_over, time.time())
            self._write([self._live[key]])

    def append(self, fit: str, rows: Rows, first: int | None = None) -> None:
        """Adds epochs of a fit to the curves of all open runs that stand on it.

        `first` is the number of the first row among the epochs of the fit, from 1; without it they
        follow those that came before. Rows that have come before are left out.
        """
        epochs = self._epochs.setdefault(fit, [])
        already = 0 if first is None else len(epochs) + 1 - first
        epochs.extend(rows[max(0, already) :])
        self.write_due()

    def write_due(self) -> None:
        """Writes what has come since the last batch, unless that is too young.

        Called again and again, for nobody says that no further epoch will come.
        """
        began = time.monotonic()
        if began < self._next_batch:
            return
        behind = [live for live in self._live.values() if self._is_behind(live)]
        if not behind:
            return
        self._write(behind)
        seconds = time.monotonic() - began
        self._next_batch = began + seconds + max(EVERY, TIMES_AS_LONG * seconds)

    def close_run(
        self, cell: Cell, result: TrialResult, reason: str, *, start_over: bool = False
    ) -> None:
        """Ends the run of a trial with its metrics, artifacts and state.

        A trial that has no open run, for it was measured before, gets one.
        """
        key = cell.trial.key
        if key not in self._live:
            began = time.time() - result.seconds
            self._live[key] = LiveRun(cell, reason, start_over, began)
        live = self._live[key]
        live.start_over = start_over
        live.result = result
        live.ended = time.time()
        self._write([live])
        if self.recorded >= self._next_table:
            self._keep_rows()

    def _keep_rows(self) -> None:
        """Keeps what was measured so far in one table, so that no page opens each file for it."""
        self._next_table = self.recorded + TABLE_EVERY
        if self._tracker.file is None:
            return  # a server takes long to list its runs
        with suppress(ValueError, OSError, Error, Unreachable):  # who reads the rows says it
            keep_rows(self._tracker, self._study.name)

    def drop_run(self, cell: Cell) -> None:
        """Deletes the run of a trial that another process is at work on, or has recorded."""
        live = self._live.get(cell.trial.key)
        if live is None:
            return
        if live.info is not None:
            try:
                self._client.delete_run(live.id)
            except Unreachable as error:
                self.problem = str(error)  # the run is closed as killed when this process ends
                return
        self._forget(live)

    def finish(self) -> None:
        """Writes all that is due, also what waited for the database; called when all has ended."""
        self._next_try = 0.0
        self._write(list(self._live.values()))

    def kill_open_runs(self) -> None:
        """Closes the runs of trials that have not ended, for this process ends now."""
        self.finish()
        try:
            for live in list(self._live.values()):
                if live.result is None and live.info is not None:
                    end_as_killed(self._client, live.id)
                    del self._live[live.cell.trial.key]
        except Unreachable as error:
            self.problem = str(error)

    def _write(self, runs: Sequence[LiveRun]) -> None:
        """Brings runs up to date; a database that is away is tried again later, not at once."""
        now = time.monotonic()
        if now < self._next_try:
            return
        if self.problem:
            runs = list(self._live.values())  # it may be back: all that waited comes first
        try:
            for live in runs:
                self._bring_up_to_date(live)
        except Unreachable as error:
            self.problem = str(error)
            self._next_try = time.monotonic() + EVERY_WHILE_AWAY
        else:
            self.problem = ""

    def _is_behind(self, live: LiveRun) -> bool:
        return live.lacks_something(self._epochs.get(live.cell.trial.fit.key, []))

    def _bring_up_to_date(self, live: LiveRun) -> None:
        """Writes what a run lacks; called again after a failure, it goes on where that was."""
        self._connect()
        if live.result is not None:
            with file_lock(self._tracker.lock):
                self._end(live, live.result)
            self._forget(live)
            return
        self._make_run(live)
        log_what_is_new(self._client, live, self._epochs.get(live.cell.trial.fit.key, []), [])

    def _connect(self) -> None:
        """Makes MLflow's client and looks up the experiment, once: it takes long each time."""
        if self._client is None:
            self._client = self._tracker.client()
        if self._experiment is None:
            with file_lock(self._tracker.lock):
                study = self._study
                self._experiment = self._tracker.experiment(
                    self._client, study.name, tags_of_experiment(study)
                )

    def _end(self, live: LiveRun, result: TrialResult) -> None:
        """Ends a run, unless another process has recorded its trial meanwhile.

        The caller holds the lock of the database, so that of two processes one comes first.
        """
        if self._is_recorded_by_others(live):
            if live.info is not None:
                self._client.delete_run(live.id)
            return
        self._make_run(live)
        epochs: Rows = self._epochs.get(live.cell.trial.fit.key, [])
        if len(result.history) > len(epochs):
            epochs = result.history
        tags = tags_of(self._study, live.cell, result, self._code, live.reason)
        log_what_is_new(self._client, live, epochs, changed_tags(live.tags, tags))
        keep_artifacts(self._client, live.info, live.cell, result, self._code)
        self._client.set_terminated(live.id, MLFLOW_STATUS[result.state])
        self.recorded += 1

    def _is_recorded_by_others(self, live: LiveRun) -> bool:
        """Whether another process has recorded this trial meanwhile."""
        if live.result is None or live.result.folder is None or live.start_over:
            return False
        return self._tracker.has_result(self._study.name, live.cell.trial.key)

    def _make_run(self, live: LiveRun) -> None:
        """Makes a run that says whose it is, unless it is made."""
        if live.info is not None:
            return
        state = TrialResult(State.RUNNING)
        tags = tags_of(self._study, live.cell, state, self._code, live.reason)
        live.tags = {**tags, LOCK_TAG: lock_tag(self._lock)}
        run = self._client.create_run(
            self._experiment,
            start_time=int(1000 * live.started),
            tags=live.tags,
            run_name=run_name(live.cell),
        )
        live.info = run.info

    def _forget(self, live: LiveRun) -> None:
        """Forgets a run that is closed, and the epochs of a fit that no open run stands on."""
        self._live.pop(live.cell.trial.key, None)
        fit = live.cell.trial.fit.key
        if fit not in {open_run.cell.trial.fit.key for open_run in self._live.values()}:
            self._epochs.pop(fit, None)
