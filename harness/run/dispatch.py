"""dispatch(): jobs given to an engine as what they need exists; the same above every engine."""

import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import replace

from harness.run.claims import Claims, without_units
from harness.run.events import Ended, Engine, Event, Lost, Measured, Started
from harness.run.following import notes_path
from harness.run.jobs import Job, JobQueue, Outcome
from harness.run.shift import Shift
from harness.spec.channel import append_line, end_torn_line
from harness.spec.states import State
from harness.store import Home

LIVES = 3  # times that a fit, or a trial, is started whose worker was killed
PATIENCE = 0.5  # seconds between two looks at what the workers write


Further = Callable[[], list[Job]]


def no_further_jobs() -> list[Job]:
    """The source of a study whose jobs are all known when it starts."""
    return []


def dispatch(
    engine: Engine,
    jobs: list[Job],
    home: Home,
    after_look: Callable[[], None] = lambda: None,
    *,
    further: Further = no_further_jobs,
    shift: Shift = Shift(),
) -> Generator[Event, None, None]:
    """Yields what happens until every job has ended; each trial ends with a Measured of its own.

    `after_look` is called after each look at the engine, whether anything has happened or not.
    `further` is asked for jobs while the engine has room that no waiting job fills.

    A job that loses its worker is started again. Where the same fit or trial has cost LIVES
    workers, or was ended because it hangs, it has failed, and the other trials of its job go on
    without it. A job is claimed before it is given to the engine; what another process does is
    waited for, or left to it, as the `shift` says.
    """
    claims = Claims(home)
    with closing(claims), closing(engine):
        work = _Work(engine, jobs, home, claims, further=further)
        for event in _carry_out(work, after_look, shift):
            if isinstance(event, Measured | Ended):
                claims.note_failure(event.outcome)
            yield event
            if isinstance(event, Ended):  # and whoever was told of it has recorded it
                claims.give_back(event.outcome.job)


def _carry_out(
    work: "_Work", after_look: Callable[[], None], shift: Shift
) -> Generator[Event, None, None]:
    """Yields what happens until nothing is left to do; the claims of what has ended stay."""
    while True:
        yield from work.skip_blocked()
        is_over = shift.is_over()
        if is_over:
            work.stop()
        else:
            yield from work.begin()
        if not work.at_work:
            if is_over or work.is_done:
                return
            if shift.leaves and work.is_in_other_hands:
                yield from work.leave()
                return
            time.sleep(PATIENCE)
        yield from work.follow()
        after_look()


class _Work:
    """The jobs of a study on their way: those that wait, and those that the engine has."""

    def __init__(
        self, engine: Engine, jobs: list[Job], home: Home, claims: Claims, *, further: Further
    ) -> None:
        """Takes the jobs that are known, and the source of those that come later."""
        self.at_work: set[str] = set()
        self._engine = engine
        self._home = home
        self._claims = claims
        self._further = further
        self._queue = JobQueue(jobs)
        self._courses = _courses_by_key(jobs)
        self._stopping: set[str] = set()

    @property
    def is_done(self) -> bool:
        return not self._queue.waiting

    @property
    def is_in_other_hands(self) -> bool:
        """Whether living processes are at work on all that is left, and nothing waits for it."""
        return not self._queue.has_blocked and self._claims.are_alive(self._queue.waiting)

    def skip_blocked(self) -> Iterator[Event]:
        """Ends the jobs that need one which did not end well."""
        for outcome in self._queue.skip_blocked():
            yield from self._courses[outcome.job.key].end(outcome)

    def begin(self) -> Iterator[Event]:
        """Gives the engine as many jobs as it has room for, without what others have done."""
        while self._engine.room > 0:
            job = self._next_job()
            if job is None:
                return
            outcomes = self._claims.made_by_others(job)
            rest = without_units(job, outcomes)
            if rest is not None:
                self.at_work.add(job.key)
                self._engine.submit(rest)
            yield from self._end_elsewhere(job, outcomes, is_all=rest is None)
            yield from self.skip_blocked()

    def _next_job(self) -> Job | None:
        """The next job that may start, if need be a further one."""
        job = self._queue.take_ready(self._claims.take)
        while job is None and (jobs := self._further()):
            self._queue.add(jobs)
            self._courses.update(_courses_by_key(jobs))
            job = self._queue.take_ready(self._claims.take)
        return job

    def _end_elsewhere(self, job: Job, outcomes: list[Outcome], *, is_all: bool) -> Iterator[Event]:
        """Ends what other processes have made of a job: some trials of it, or all of it."""
        course = self._courses[job.key]
        whole = Outcome(job, State.FINISHED, elsewhere=True)
        for outcome in outcomes:
            if job.trials:
                yield course.follow(Measured(job, outcome))
            else:
                whole = outcome
        if is_all:
            yield from course.end(self._queue.finish(whole))

    def stop(self) -> None:
        """Asks every job to save and stop, once."""
        for key in self.at_work - self._stopping:
            self._engine.cancel(key)
        self._stopping |= self.at_work

    def leave(self) -> Iterator[Event]:
        """Ends, for this process, the jobs that others are at work on."""
        for job in self._queue.waiting:
            outcome = Outcome(job, State.STOPPED, "another process does it", elsewhere=True)
            yield from self._courses[job.key].end(outcome)

    def follow(self) -> Iterator[Event]:
        """Yields what the engine says, and notes it."""
        for event in self._engine.events(PATIENCE):
            course = self._courses[_key_of(event)]
            if isinstance(event, Lost | Ended):
                self.at_work.discard(course.job.key)
            if isinstance(event, Lost):
                yield from _after_loss(event, course, self._queue, self._home)
            elif isinstance(event, Ended):
                yield from course.end(self._queue.finish(event.outcome))
            else:
                yield course.follow(event)


class _Course:
    """How far a job has come: which of its trials have ended, and how many workers it has cost."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.unit = job  # the fit, or the trial that is measured now
        self._open = {trial.key: trial for trial in job.trials}
        self._deaths = 0  # of workers, since the last trial that ended

    def follow(self, event: Event) -> Event:
        """Notes what an event says, and returns it with the lives that a trial took."""
        if isinstance(event, Started):
            self.unit = event.job
        if not isinstance(event, Measured):
            return event
        lives = self._lives()
        self._open.pop(event.key, None)
        self._deaths = 0
        self.unit = self.job
        return replace(event, outcome=replace(event.outcome, lives=lives))

    def lose_worker(self) -> bool:
        """Counts a death; returns whether the job, or its trial, may be started once more."""
        self._deaths += 1
        return self._deaths < LIVES

    def end(self, outcome: Outcome) -> Iterator[Event]:
        """Ends the job, and before it each trial that has not ended by itself."""
        outcome = replace(outcome, lives=self._lives())
        for trial in self._open.values():
            yield Measured(self.job, _end_of_trial(trial, outcome))
        self._open = {}
        yield Ended(outcome)

    def _lives(self) -> int:
        return min(self._deaths + 1, LIVES)


def _courses_by_key(jobs: list[Job]) -> dict[str, _Course]:
    """The course of each job, by its key and by those of its trials."""
    courses: dict[str, _Course] = {}
    for job in jobs:
        course = _Course(job)
        courses[job.key] = course
        for trial in job.trials:
            courses[trial.key] = course
    return courses


def _key_of(event: Event) -> str:
    job = event.outcome.job if isinstance(event, Ended) else event.job
    return job.key


def _after_loss(event: Lost, course: _Course, queue: JobQueue, home: Home) -> Iterator[Event]:
    """Starts a job again that has lost its worker, without the trial that has cost too many."""
    may_start_again = not event.is_final and course.lose_worker()
    error = event.error if event.is_final else f"{event.error}, {LIVES} times"
    unit = course.unit
    if may_start_again:
        yield replace(event, job=unit)
        queue.put_back(course.job)
    elif unit is course.job:
        failed = Outcome(course.job, State.FAILED, error, seconds=event.seconds)
        yield from course.end(queue.finish(failed))
    else:
        path = notes_path(home, course.job)
        end_torn_line(path)
        append_line(path, {"trial": unit.key, "state": State.FAILED, "error": error})
        queue.put_back(course.job)


def _end_of_trial(trial: Job, outcome: Outcome) -> Outcome:
    """How a trial ends whose job has ended before it."""
    if outcome.state == State.FINISHED:
        return Outcome(trial, State.FAILED, "its worker ended without a word of it")
    return replace(outcome, job=trial, seconds=0.0)
