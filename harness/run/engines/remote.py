"""An engine whose workers are on other machines; the same above whatever starts them there."""

import time
from dataclasses import dataclass, field
from typing import Any

from harness.run.engines.cluster import Cluster, LostWorker
from harness.run.engines.inputs import inputs_of
from harness.run.engines.messages import Message, job_text, read_event
from harness.run.engines.parcels import Parcel, receive, send
from harness.run.events import Ended, Epochs, Event, Lost, Measured, Started
from harness.run.following import notes_path, stop_path
from harness.run.jobs import Job, Outcome, one_line
from harness.spec.channel import append_line, end_torn_line
from harness.spec.states import State
from harness.store import Home

SECONDS_OF_REST = 20.0  # after which a worker without a job gives its place to somebody else


@dataclass
class _Told:
    """What has been said of a job already, by whatever worker had it."""

    epochs: int = 0
    trials: set[str] = field(default_factory=set)


@dataclass
class _AtWork:
    """A job, the worker that has it, and the answer that is waited for."""

    job: Job
    worker: Any
    ticket: Any
    is_fresh: bool  # whether the worker was started for this job
    began: float
    is_taken: bool = False
    sees_home: bool = True
    epochs: int = 0  # that this worker has said

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


class Remote:
    """An engine whose workers are on other machines, which may vanish."""

    def __init__(self, cluster: Cluster, home: Home) -> None:
        """Takes the cluster, and the home that all results come to."""
        self._cluster = cluster
        self._home = home
        self._at_work: list[_AtWork] = []
        self._resting: list[tuple[Any, float]] = []  # workers without a job, and since when
        self._told: dict[str, _Told] = {}

    @property
    def room(self) -> int:
        return max(0, self._cluster.capacity() - len(self._at_work))

    def submit(self, job: Job) -> None:
        """Gives a job to a worker that rests, else to a new one."""
        stop_path(self._home, job).unlink(missing_ok=True)
        self._told.setdefault(job.key, _Told())
        if self._resting:
            worker, _ = self._resting.pop()
            self._give(job, worker, is_fresh=False)
        else:
            self._give(job, self._cluster.start(), is_fresh=True)

    def _give(self, job: Job, worker: Any, *, is_fresh: bool) -> None:
        """Hands a job to a worker, with what was noted of its trials before."""
        notes = ""
        if job.trials and notes_path(self._home, job).exists():
            notes = notes_path(self._home, job).read_text(encoding="utf-8")
        ticket = self._cluster.ask(worker, "take", job_text(job), notes)
        self._at_work.append(_AtWork(job, worker, ticket, is_fresh, time.monotonic()))

    def cancel(self, key: str) -> None:
        for at_work in self._at_work:
            if at_work.job.key == key:
                self._cluster.ask(at_work.worker, "cancel")

    def events(self, timeout: float) -> list[Event]:
        """Waits for a worker that has something to say, and passes it on."""
        self._dismiss_resting()
        by_ticket = {at_work.ticket: at_work for at_work in self._at_work}
        if not by_ticket:
            return []
        events: list[Event] = []
        for ticket in self._cluster.wait(list(by_ticket), timeout):
            events += self._events_of(by_ticket[ticket])
        return events

    def close(self) -> None:
        """Ends every worker, those that work too."""
        workers = [at_work.worker for at_work in self._at_work]
        workers += [worker for worker, _ in self._resting]
        tickets = [self._cluster.ask(worker, "close") for worker in workers]
        if tickets:
            self._cluster.wait(tickets, 2.0)
        for worker in workers:
            self._cluster.end(worker)
        self._at_work = []
        self._resting = []
        self._cluster.close()

    def _dismiss_resting(self) -> None:
        """Ends the workers that have had nothing to do for long."""
        for worker, since in list(self._resting):
            if time.monotonic() - since > SECONDS_OF_REST:
                self._resting.remove((worker, since))
                self._cluster.end(worker)

    def _events_of(self, at_work: _AtWork) -> list[Event]:
        """What a worker has answered, or that it is lost."""
        try:
            answer = self._cluster.answer(at_work.ticket)
            if not at_work.is_taken:
                at_work.is_taken = True
                at_work.sees_home = answer["sees_home"]
                events: list[Event] = []
                if not at_work.sees_home:
                    inputs = inputs_of(at_work.job, self._home)
                    self._cluster.ask(at_work.worker, "expect", inputs)
            else:
                events = self._read(answer, at_work)
            if at_work in self._at_work:
                at_work.ticket = self._cluster.ask(at_work.worker, "news")
            return events
        except LostWorker as error:
            return self._lose(at_work, str(error))
        except (OSError, ValueError) as error:
            return self._fail(at_work, error)

    def _lose(self, at_work: _AtWork, reason: str) -> list[Event]:
        """What is said of a worker that is gone.

        One that was gone before it took this job costs the job nothing: another has it at once.
        """
        self._at_work.remove(at_work)
        self._cluster.end(at_work.worker)
        if not at_work.is_taken and not at_work.is_fresh:
            self._give(at_work.job, self._cluster.start(), is_fresh=True)
            return []
        return [Lost(at_work.job, reason, at_work.seconds)]

    def _fail(self, at_work: _AtWork, error: Exception) -> list[Event]:
        """Ends a job that could not be given to its worker, or whose results did not arrive."""
        self._at_work.remove(at_work)
        self._cluster.end(at_work.worker)
        outcome = Outcome(at_work.job, State.FAILED, one_line(error), seconds=at_work.seconds)
        return [Ended(outcome)]

    def _read(self, answer: Message, at_work: _AtWork) -> list[Event]:
        """The events of an answer; results are in the home before anything is said of them."""
        for parcel in answer["missing"]:
            self._send(parcel, at_work.worker)
        for parcel in answer["results"]:
            self._fetch(parcel, at_work.worker)
        events: list[Event] = []
        for message in answer["events"]:
            event = read_event(message, at_work.job)
            events += self._news_in(event, at_work)
            if isinstance(event, Ended | Lost):
                self._at_work.remove(at_work)
                self._resting.append((at_work.worker, time.monotonic()))
        return events

    def _news_in(self, event: Event, at_work: _AtWork) -> list[Event]:
        """The event, without what an earlier worker has said of the job already."""
        before = self._told[at_work.job.key]
        if isinstance(event, Epochs):
            skipped = max(0, before.epochs - at_work.epochs)
            at_work.epochs += len(event.rows)
            before.epochs = max(before.epochs, at_work.epochs)
            rows = event.rows[skipped:]
            return [Epochs(event.job, rows)] if rows else []
        if isinstance(event, Started) and event.job.key in before.trials:
            return []
        if isinstance(event, Measured):
            if event.key in before.trials:
                return []
            before.trials.add(event.key)
        if not at_work.sees_home:
            self._note(event, at_work.job)
        return [event]

    def _note(self, event: Event, job: Job) -> None:
        """Notes here how trials went elsewhere, for the worker that may take up the job again."""
        note: Message = {}
        if isinstance(event, Started) and event.job is not job:
            note = {"trial": event.job.key, "state": State.RUNNING}
        elif isinstance(event, Measured):
            outcome = event.outcome
            note = {
                "trial": event.key,
                "state": outcome.state,
                "error": outcome.error,
                "trace": outcome.trace,
                "seconds": outcome.seconds,
            }
        if note:
            path = notes_path(self._home, job)
            path.parent.mkdir(parents=True, exist_ok=True)
            end_torn_line(path)
            append_line(path, note)

    def _send(self, parcel: Parcel, worker: Any) -> None:
        """Sends a finished folder to a worker that does not see it."""

        def write(name: str, start: int, piece: bytes) -> None:
            """Gives the worker the next bytes of a file."""
            self._call(worker, "write_piece", parcel, name, start, piece)

        send(self._home, parcel, write)
        self._call(worker, "place", parcel)

    def _fetch(self, parcel: Parcel, worker: Any) -> None:
        """Fetches a finished folder from the machine of a worker."""
        if parcel.is_in(self._home):
            return
        names = self._call(worker, "file_names", parcel)

        def read(name: str, start: int) -> bytes:
            """The next bytes of a file on that machine."""
            piece: bytes = self._call(worker, "read_piece", parcel, name, start)
            return piece

        receive(self._home, parcel, names, read)

    def _call(self, worker: Any, question: str, *arguments: Any) -> Any:
        """Asks a worker, and waits for the answer."""
        ticket = self._cluster.ask(worker, question, *arguments)
        return self._cluster.answer(ticket)
