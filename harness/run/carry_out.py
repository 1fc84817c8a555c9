"""run(): what is missing of a study, trained, measured and recorded; no work is done twice."""

import os
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

from harness.record.code import code_state
from harness.record.patience import Unreachable
from harness.record.result import TrialResult, measured_result
from harness.record.tracker import Tracker
from harness.run.changed_code import changed_since
from harness.run.dispatch import dispatch
from harness.run.durations import cost_class, cost_class_of_trial, note_duration
from harness.run.events import Ended, Engine, Event, Lost, Measured, Started
from harness.run.following import forget_notes
from harness.run.jobs import Job, Outcome
from harness.run.plan import Plan, TrialPlan, jobs
from harness.run.progress import JobProgress, Progress, ProgressFile, lock_path
from harness.spec.records import FitRecord
from harness.spec.states import State
from harness.store import Home, file_lock


@dataclass(frozen=True)
class RunSummary:
    """What a run of a study came to."""

    outcomes: list[Outcome]
    recorded: int
    count_unrecorded: int = 0  # trials that ended while somebody else kept the database locked

    def count(self, state: str, kind: str = "trial") -> int:
        """How many jobs of a kind ended in this state."""
        count = 0
        for outcome in self.outcomes:
            if outcome.job.kind == kind and outcome.state == state:
                count += 1
        return count

    @property
    def failures(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.state == State.FAILED]


Show = Callable[[Progress, Outcome | None], None]


def run(
    plan: Plan,
    home: Home,
    tracker: Tracker,
    engine: Engine,
    show: Show,
    *,
    fail_fast: bool = False,
    slots: int = 1,
) -> RunSummary:
    """Carries out a plan; every outcome is recorded as it comes."""
    recorder = _Recorder(plan, home, tracker)
    to_do = jobs(plan, engine.room)
    progress = _start_of(plan, to_do, slots)
    outcomes: list[Outcome] = []
    lock = lock_path(home, progress.study, progress.pid)
    with file_lock(lock), ProgressFile(home, progress) as file:
        _forget_results(plan, home)
        recorder.record_what_is_measured()
        with closing(dispatch(engine, to_do, home)) as events:
            for event in events:
                outcome = _ended_unit(event)
                _note_progress(progress, event, outcome)
                if outcome is not None:
                    outcomes.append(outcome)
                    recorder.record_outcome(outcome)
                file.mark_changed()
                show(progress, outcome)
                if fail_fast and outcome is not None and outcome.state == State.FAILED:
                    break
        recorder.record_what_waits()
    for job in to_do:
        forget_notes(home, job)
    return RunSummary(outcomes, recorder.recorded, recorder.count_unrecorded)


def _ended_unit(event: Event) -> Outcome | None:
    """How a fit or a trial ended, if the event says so; a measuring job is only its trials."""
    if isinstance(event, Measured):
        return event.outcome
    if isinstance(event, Ended) and not event.outcome.job.trials:
        return event.outcome
    return None


def _note_progress(progress: Progress, event: Event, outcome: Outcome | None) -> None:
    """Notes that a fit or trial runs now, waits for another worker, or has ended."""
    units = progress.jobs
    if outcome is not None:
        key = outcome.job.key
        units[key] = replace(units[key], state=outcome.state, seconds=outcome.seconds)
    elif isinstance(event, Started | Lost) and event.job.key in units:
        key = event.job.key
        is_lost = isinstance(event, Lost)
        units[key] = replace(units[key], state=State.RUNNING, since=time.time(), lost=is_lost)


def _start_of(plan: Plan, to_do: list[Job], slots: int) -> Progress:
    """The progress of a study of which every job still waits."""
    study = plan.study
    waiting: dict[str, JobProgress] = {}
    for job in to_do:
        for unit in job.units:
            waiting[unit.key] = JobProgress(unit.name, unit.kind)
    began = time.time()
    return Progress(study.name, str(study.path), os.getpid(), began, waiting, plan.seconds, slots)


def _forget_results(plan: Plan, home: Home) -> None:
    """Drops what diverged and is tried again; a fit that was tried meanwhile stays."""
    if not any(trial.start_over for trial in plan.todo):
        return
    fits = home.store("fits")
    trials = home.store("trials")
    for planned in plan.training:
        key = planned.fit.key
        if planned.start_over and fits.find(key) is not None and fits.why_broken(key) is None:
            record = FitRecord.read(fits.path(key))
            code = record.origin.get("code", {})
            if record.state == State.DIVERGED or changed_since(planned.fit, code):
                fits.drop(key)
    for trial in plan.todo:
        if trial.start_over and trials.why_broken(trial.cell.trial.key) is None:
            trials.drop(trial.cell.trial.key)


class _Recorder:
    """Records the trials of a plan as they end, and how long each job took."""

    def __init__(self, plan: Plan, home: Home, tracker: Tracker) -> None:
        """Looks up the fits and trials of a plan once, however many outcomes there will be."""
        self.recorded = 0
        self._plan = plan
        self._home = home
        self._tracker = tracker
        self._code = code_state()
        self._fits = {planned.fit.key: planned.fit for planned in plan.fits}
        self._trials = {trial.cell.trial.key: trial for trial in plan.todo}
        self._waiting: deque[tuple[TrialPlan, TrialResult]] = deque()

    def record_what_is_measured(self) -> None:
        """Records the trials whose folders are complete and of which the database knows nothing."""
        for trial in self._plan.todo:
            if trial.action == "record":
                self._record(trial, measured_result(trial.cell, self._home))

    def record_outcome(self, outcome: Outcome) -> None:
        """Records a trial, however it ended, and the duration of any job that finished."""
        key = outcome.job.key
        if outcome.job.kind == "trial":
            trial = self._trials[key]
            self._record(trial, self._result_of(trial, outcome))
        if outcome.state != State.FINISHED:
            return
        if key in self._fits:
            cost = cost_class(self._fits[key])
        else:
            cost = cost_class_of_trial(self._trials[key].cell)
        note_duration(self._home, cost, outcome.seconds)

    def _result_of(self, trial: TrialPlan, outcome: Outcome) -> TrialResult | None:
        """What came of a trial; one that was skipped has failed, one that was stopped waits."""
        if outcome.state == State.STOPPED:
            return None
        if outcome.state in (State.FAILED, State.SKIPPED):
            trace = outcome.trace or outcome.error
            return TrialResult(
                State.FAILED, seconds=outcome.seconds, error=outcome.error, trace=trace
            )
        return measured_result(trial.cell, self._home)

    def _record(self, trial: TrialPlan, result: TrialResult | None) -> None:
        """Makes the run of a trial, and counts it; first come those that had to wait."""
        if result is not None:
            self._waiting.append((trial, result))
            self.record_what_waits()

    def record_what_waits(self) -> None:
        """Makes the runs that are due, as far as nobody else keeps the database locked."""
        while self._waiting:
            trial, result = self._waiting[0]
            try:
                run = self._tracker.record(
                    self._plan.study,
                    trial.cell,
                    result,
                    self._code,
                    reason=trial.reason,
                    start_over=trial.start_over,
                )
            except Unreachable:
                return
            self._waiting.popleft()
            self.recorded += run is not None

    @property
    def count_unrecorded(self) -> int:
        return len(self._waiting)
