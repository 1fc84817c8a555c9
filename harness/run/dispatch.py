"""dispatch(): jobs given to an engine as what they need exists; the same above every engine."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

from harness.run.events import Ended, Engine, Event, Lost, Measured, Started
from harness.run.following import notes_path
from harness.run.jobs import Job, JobQueue, Outcome
from harness.spec.channel import append_line, end_torn_line
from harness.spec.states import State
from harness.store import Home

LIVES = 3  # times that a fit, or a trial, is started whose worker was killed
PATIENCE = 0.5  # seconds between two looks at what the workers write


def dispatch(
    engine: Engine, jobs: list[Job], home: Home, after_look: Callable[[], None] = lambda: None
) -> Generator[Event, None, None]:
    """Yields what happens until every job has ended; each trial ends with a Measured of its own.

    `after_look` is called after each look at the engine, whether anything has happened or not.

    A job that loses its worker is started again. Where the same fit or trial has cost LIVES
    workers, or was ended because it hangs, it has failed, and the other trials of its job go on
    without it.
    """
    queue = JobQueue(jobs)
    courses = _courses_by_key(jobs)
    at_work: set[str] = set()
    try:
        while True:
            for outcome in queue.skip_blocked():
                yield from courses[outcome.job.key].end(outcome)
            while engine.room > 0 and (job := queue.take_ready()) is not None:
                at_work.add(job.key)
                engine.submit(job)
            if not at_work:
                return
            for event in engine.events(PATIENCE):
                course = courses[_key_of(event)]
                if isinstance(event, Lost | Ended):
                    at_work.discard(course.job.key)
                if isinstance(event, Lost):
                    yield from _after_loss(event, course, queue, home)
                elif isinstance(event, Ended):
                    yield from course.end(queue.finish(event.outcome))
                else:
                    yield course.follow(event)
            after_look()
    finally:
        engine.close()


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
