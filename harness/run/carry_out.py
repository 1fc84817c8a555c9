"""run(): what is missing of a study, trained, measured and recorded; no work is done twice."""

import os
import platform
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol

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
from harness.run.shift import Shift
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
    count_left: int = 0  # trials that this process was stopped before
    by_workers: bool = False  # whether workers in batch jobs did it, and this process only asked

    def count(self, state: str, kind: str = "trial", *, elsewhere: bool = False) -> int:
        """How many jobs of a kind ended in this state, in this process or elsewhere."""
        count = 0
        for outcome in self.outcomes:
            is_like = outcome.job.kind == kind and outcome.state == state
            if is_like and outcome.elsewhere == elsewhere:
                count += 1
        return count

    @property
    def count_by_others(self) -> int:
        """How many trials other processes have finished meanwhile."""
        states = (State.FINISHED, State.DIVERGED)
        return sum(self.count(state, elsewhere=True) for state in states)

    @property
    def count_left_to_others(self) -> int:
        """How many trials others had claimed when this process left."""
        return self.count(State.STOPPED, elsewhere=True)

    @property
    def failures(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.state == State.FAILED]


Show = Callable[[Progress, Outcome | None], None]


class Source(Protocol):
    """What adds to a plan while it is carried out."""

    def next_plan(self) -> Plan | None:
        """What is to be done next, None where nothing is due now; asked while there is room."""
        ...

    def follow(self, event: Event, outcome: Outcome | None, cancel: Callable[[str], None]) -> None:
        """Hears what happens, and may cancel a fit by its key."""
        ...

    def in_words(self, outcome: Outcome) -> Outcome:
        """The outcome, with the reason where it was the source that stopped it."""
        ...


def run(
    plan: Plan,
    home: Home,
    tracker: Tracker,
    engine: Engine,
    show: Show,
    *,
    fail_fast: bool = False,
    slots: int = 1,
    source: Source | None = None,
    shift: Shift = Shift(),
) -> RunSummary:
    """Carries out a plan; every outcome is recorded as it comes.

    A `source` adds to the plan while there is room: a search, whose next point is asked for then.
    """
    to_do = jobs(plan, engine.room * shift.spread)
    progress = _start_of(plan, to_do, slots)
    outcomes: list[Outcome] = []
    lock = lock_path(home, progress.study, progress.pid, progress.host)
    engine = Stoppable(engine, lock)
    shift = replace(shift, is_over=_either(shift.is_over, engine.is_stopping))
    recording = Recording(plan, home, LiveRuns(tracker, plan.study, code_state(), lock))
    with file_lock(lock), ProgressFile(home, progress) as file, recording:
        _forget_results(plan, home)
        recording.close_what_is_measured(plan)

        def further() -> list[Job]:
            """The jobs of what the source adds now; all that is measured already is recorded."""
            jobs_to_add: list[Job] = []
            while source is not None and not jobs_to_add:
                addition = source.next_plan()
                if addition is None:
                    break
                recording.add(addition)
                recording.close_what_is_measured(addition)
                jobs_to_add = jobs(addition)
                progress.jobs.update(_waiting_units(jobs_to_add))
            to_do.extend(jobs_to_add)
            return jobs_to_add

        look = recording.live.write_due
        doing = dispatch(engine, list(to_do), home, look, further=further, shift=shift)
        with closing(doing) as events:
            for event in events:
                outcome = _ended_unit(event)
                if source is not None and outcome is not None:
                    outcome = source.in_words(outcome)
                _note_progress(progress, event, outcome)
                recording.follow(event, outcome)
                if source is not None:
                    source.follow(event, outcome, engine.cancel)
                if outcome is not None:
                    outcomes.append(outcome)
                file.mark_changed()
                show(progress, outcome)
                if fail_fast and outcome is not None and outcome.state == State.FAILED:
                    break
    for job in to_do:
        forget_notes(home, job)
    live = recording.live
    left = _count_left(to_do, outcomes)
    return RunSummary(outcomes, live.recorded, live.count_unrecorded, live.sentence, left)


def _either(first: Callable[[], bool], second: Callable[[], bool]) -> Callable[[], bool]:
    """A question that is answered yes where one of two is."""

    def is_so() -> bool:
        return first() or second()

    return is_so


def _count_left(to_do: list[Job], outcomes: list[Outcome]) -> int:
    """How many trials have not ended, and were not left to others."""
    ended = set()
    for outcome in outcomes:
        if outcome.elsewhere or outcome.state != State.STOPPED:
            ended.add(outcome.job.key)
    count = 0
    for job in to_do:
        for unit in job.units:
            count += unit.kind == "trial" and unit.key not in ended
    return count


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
        seconds = None if outcome.elsewhere else outcome.seconds
        units[key] = replace(units[key], state=outcome.state, seconds=seconds)
    elif isinstance(event, Started | Lost) and event.job.key in units:
        key = event.job.key
        is_lost = isinstance(event, Lost)
        units[key] = replace(units[key], state=State.RUNNING, since=time.time(), lost=is_lost)


def _start_of(plan: Plan, to_do: list[Job], slots: int) -> Progress:
    """The progress of a study of which every job still waits."""
    study = plan.study
    waiting = _waiting_units(to_do)
    began = time.time()
    return Progress(
        study.name,
        str(study.path.absolute()),
        os.getpid(),
        began,
        waiting,
        plan.seconds,
        slots,
        platform.node(),
    )


def _waiting_units(to_do: list[Job]) -> dict[str, JobProgress]:
    """What a person counts of jobs that wait, by key."""
    waiting: dict[str, JobProgress] = {}
    for job in to_do:
        for unit in job.units:
            waiting[unit.key] = JobProgress(unit.name, unit.kind)
    return waiting


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
