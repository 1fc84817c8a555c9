"""A worker that hangs is ended: at its limit, and when the study ends; a study stops when asked."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.run.dispatch import dispatch
from harness.run.ending import end_processes
from harness.run.engines import inline, processes
from harness.run.events import Ended, Measured
from harness.run.following import stop_path
from harness.run.jobs import Job, Outcome
from harness.run.limits import Limits, limits_of, seconds_of_limit
from harness.run.progress import JobProgress, Progress, how_far, lock_path, notes, write_progress
from harness.run.shift import Shift
from harness.run.slots import Slot
from harness.run.stopping import Stoppable, ask_study_to_stop
from harness.spec.states import State
from harness.store import Home, file_lock
from tests.made.hanging import hang_in_second_trial, ignore_signals
from tests.made.studies import plan_of, run_study
from tests.run.test_engines import job, work_of_a_test


def wait_until(is_true: Callable[[], object]) -> None:
    """Waits for something that a process does."""
    end = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_job_that_hangs_is_ended_at_its_limit_and_not_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.run.ending.SECONDS_UNTIL_KILLED", 0.5)
    engine = processes(tmp_path, [Slot("cpu")], [], ignore_signals, Limits(fixed=8.0))
    events = list(dispatch(engine, [job("deaf")], Home(tmp_path)))
    assert isinstance(events[-1], Ended)
    outcome = events[-1].outcome
    assert outcome.state == State.FAILED
    assert outcome.error == "it took longer than 8.0 s, the limit that was asked for"
    assert outcome.lives == 1
    assert not is_there(int((tmp_path / "pid-deaf").read_text()))


def is_there(pid: int) -> bool:
    """Whether a process exists that has not ended."""
    import psutil

    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_trial_that_hangs_fails_alone(tmp_path: Path) -> None:
    trials = []
    for name in ("first", "hanging", "last"):
        trials.append(Job(name, "trial", name, {"key": name}))
    value = {"notes": "n.jsonl", "trials": [trial.value for trial in trials]}
    measuring = Job("m", "measure", "m", value, frozenset(), tuple(trials))
    engine = processes(tmp_path, [Slot("cpu")], [], hang_in_second_trial, Limits(fixed=8.0))
    outcomes: list[Outcome] = []
    for event in dispatch(engine, [measuring], Home(tmp_path)):
        if isinstance(event, Measured):
            outcomes.append(event.outcome)
    assert [(outcome.job.key, outcome.state) for outcome in outcomes] == [
        ("first", State.FINISHED),
        ("hanging", State.FAILED),
        ("last", State.FINISHED),
    ]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_frozen_or_deaf_worker_does_not_outlive_its_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr("harness.run.ending.SECONDS_UNTIL_KILLED", 1.0)
    engine = processes(tmp_path, [Slot("cpu")], [], ignore_signals)
    engine.submit(job("deaf"))
    file = tmp_path / "pid-deaf"
    wait_until(lambda: file.exists() and file.read_text())
    pid = int(file.read_text())
    if number == signal.SIGSTOP:
        os.kill(pid, number)
    began = time.monotonic()
    engine.close()
    assert 0.9 < time.monotonic() - began < 30
    assert not is_there(pid)


class Deaf:
    """A process, as far as its end goes, that only a kill ends, and a person who will not wait."""

    def __init__(self) -> None:
        self.signals: list[str] = []
        self.sentinel, self._end = os.pipe()

    def is_alive(self) -> bool:
        return "kill" not in self.signals

    def terminate(self) -> None:
        self.signals.append("terminate")
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()

    def kill(self) -> None:
        self.signals.append("kill")

    def join(self) -> None:
        os.close(self._end)


def test_a_second_interrupt_kills_at_once() -> None:
    process = Deaf()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        end_processes([process])
    assert time.monotonic() - began < 5
    assert process.signals == ["terminate", "kill"]


def test_a_limit_of_the_past_ends_only_what_is_silent() -> None:
    limits = Limits(longest={"fit": 100.0, "quick": 0.1})
    assert limits.why_overdue(job("fit"), 999.0, 999.0) is None
    assert limits.why_overdue(job("fit"), 1001.0, 5.0) is None
    assert limits.why_overdue(job("quick"), 500.0, 500.0) is None
    assert limits.why_overdue(job("new"), 1e9, 1e9) is None
    assert limits.why_overdue(job("fit"), 1001.0, 90.0) == (
        "it took 16 min 41 s and gave no sign of life for 1 min 30 s, where its like took "
        "1 min 40 s at most; `harness run --limit` gives it longer"
    )


def test_what_has_run_before_has_a_limit(home: Home, tiny: Path) -> None:
    assert limits_of(plan_of(tiny, home), home, None) == Limits()
    run_study(tiny, home)
    file = tiny.read_text()
    tiny.write_text(file.replace("seeds: 2", "seeds: 4"))
    limits = limits_of(plan_of(tiny, home), home, None)
    assert len(limits.longest) == 8  # four new fits and trials, whose like are those of two seeds
    assert limits_of(plan_of(tiny, home), home, 5.0).fixed == 5.0


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90.0), ("1.5m", 90.0), ("2h", 7200.0), ("none", float("inf"))]
)
def test_limits_are_written_with_units(text: str, seconds: float) -> None:
    assert seconds_of_limit(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "0s", "-1h", "2 weeks", "nans"])
def test_other_limits_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=f"--limit {text}: write 90s, 30m, 3.5h, .* or none"):
        seconds_of_limit(text)


def progress_of(home: Home, *keys: str) -> Progress:
    """A study of this process that is at work at these fits."""
    since = time.time() - 120
    jobs = {key: JobProgress(f"fit {key}", "fit", State.RUNNING, since) for key in keys}
    progress = Progress("s", "s.yaml", os.getpid(), since, jobs)
    lock_path(home, "s", os.getpid()).parent.mkdir(parents=True, exist_ok=True)
    write_progress(home, progress)
    return progress


def test_a_job_that_is_silent_says_since_when(tmp_path: Path) -> None:
    home = Home(tmp_path)
    progress = progress_of(home, "a", "b")
    folder = home.store("fits").partial("b")
    folder.mkdir(parents=True)
    now = notes(home, progress)
    assert how_far(now["a"]) == "starting, silent for 2 min 0 s"
    assert how_far(now["b"]) == "starting"
    note = '{"phase": "whole", "epoch": 0, "epochs": 2, "step": 1, "steps": 3}'
    (folder / "progress.json").write_text(note)
    assert how_far(notes(home, progress)["b"]) == "whole, epoch 1 of 2, step 1 of 3"


def test_a_study_that_was_asked_to_stop_begins_nothing_more(tmp_path: Path) -> None:
    home = Home(tmp_path)
    engine = Stoppable(inline(tmp_path, "cpu", work_of_a_test), lock_path(home, "s", os.getpid()))
    progress_of(home, "first")
    jobs = [job("first"), job("second", ("first",))]
    shift = Shift(is_over=engine.is_stopping)
    started: list[str] = []
    with file_lock(lock_path(home, "s", os.getpid())):
        for event in dispatch(engine, jobs, home, shift=shift):
            if not started:
                (request,) = ask_study_to_stop(home, "s")
                assert [unit.name for unit in request.units] == ["fit first"]
            started.append(type(event).__name__)
    assert started == ["Started", "Ended"]
    assert not list((home.hidden / "running").glob("*.stop"))


def test_one_job_is_asked_to_stop(tmp_path: Path) -> None:
    home = Home(tmp_path)
    engine = Stoppable(inline(tmp_path, "cpu", work_of_a_test), lock_path(home, "s", os.getpid()))
    progress_of(home, "first", "other")
    with file_lock(lock_path(home, "s", os.getpid())):
        engine.submit(job("first"))
        ask_study_to_stop(home, "s", "fit first")
        assert engine.events(0.0)
        assert stop_path(home, job("first")).exists()
        with pytest.raises(ValueError, match=r"'ghost'; at work: first \(fit first\), other"):
            ask_study_to_stop(home, "s", "ghost")


def test_a_study_that_does_not_run_cannot_be_stopped(tmp_path: Path) -> None:
    progress_of(Home(tmp_path), "first")
    with pytest.raises(ValueError, match="s is not running here; harness status shows what is"):
        ask_study_to_stop(Home(tmp_path), "s")
