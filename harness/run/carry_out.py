"""run(): what is missing of a study, trained, measured and recorded; no work is done twice."""

import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace

from harness.record.code import code_state
from harness.record.live import LiveRuns
from harness.record.tracker import Tracker
from harness.run.changed_code import changed_since
from harness.run.dispatch import dispatch
from harness.run.events import Ended, Engine, Event, Lost, Measured, Started
from harness.run.following import forget_notes
from harness.run.jobs import Job, Outcome
from harness.run.plan import Plan, jobs
from harness.run.progress import JobProgress, Progress, ProgressFile, lock_path
from harness.run.recording import Recording
from harness.run.stopping import Stoppable
from harness.spec.records import FitRecord
from harness.spec.states import State
from harness.store import Home, file_lock


@dataclass(frozen=True)
class RunSummary:
    """What a run of a study came to."""

    outcomes: list[Outcome]
    recorded: int
    count_unrecorded: int = 0  # trials that ended while the database was away
    problem: str = ""  # why they are not recorded, and what will be done
    count_waiting: int = 0  # fits and trials that were not begun, for the study was stopped

    def count(self, state: str, kind: str = "trial") -> int:
        """How many jobs of a kind ended in this state."""
        count = 0
        for outcome in self.outcomes:
            if outcome.job.kind == kind and outcome.state == state:
                count += 1
        return count

    @property
    def is_stopped(self) -> bool:
        """Whether it was asked to stop before all had ended."""
        return self.count_waiting > 0 or any(
            outcome.state == State.STOPPED for outcome in self.outcomes
        )

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
    to_do = jobs(plan, engine.room)
    progress = _start_of(plan, to_do, slots)
    outcomes: list[Outcome] = []
    lock = lock_path(home, progress.study, progress.pid)
    engine = Stoppable(engine, home, progress.study, progress.pid)
    recording = Recording(plan, home, LiveRuns(tracker, plan.study, code_state(), lock))
    with file_lock(lock), ProgressFile(home, progress) as file, recording:
        _forget_results(plan, home)
        recording.close_what_is_measured()
        with closing(dispatch(engine, to_do, home, recording.live.write_due)) as events:
            for event in events:
                outcome = _ended_unit(event)
                _note_progress(progress, event, outcome)
                recording.follow(event, outcome)
                if outcome is not None:
                    outcomes.append(outcome)
                file.mark_changed()
                show(progress, outcome)
                if fail_fast and outcome is not None and outcome.state == State.FAILED:
                    break
    for job in to_do:
        forget_notes(home, job)
    live = recording.live
    waiting = [unit for unit in progress.jobs.values() if unit.is_unfinished]
    return RunSummary(
        outcomes, live.recorded, live.count_unrecorded, live.sentence, count_waiting=len(waiting)
    )


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
