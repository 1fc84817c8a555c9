"""Several processes share the jobs of a study: each is done by one of them, whoever dies."""

import os
import signal
import threading
import time
from pathlib import Path
from subprocess import Popen

import pytest

from harness.run import claims as claims_module
from harness.run.claims import CLAIMS, Claims, without_units
from harness.run.dispatch import dispatch
from harness.run.events import Ended
from harness.run.inline import inline
from harness.run.jobs import Job, Outcome
from harness.run.shift import Shift
from harness.spec.states import State
from harness.store import Home
from harness.store.leases import LOST, PATIENCE, file_of_lease
from harness.store.locks import WAY
from tests.made.workers import lines_of_log, make_trial, start_sleeper, trial_job

CELLS = 64


@pytest.fixture(params=["lock", "lease"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """By the kernel's lock, and by the lease that stands for it, which holds for three seconds."""
    monkeypatch.setenv(WAY, request.param)
    monkeypatch.setenv(PATIENCE, "3")
    return str(request.param)


def measuring_job(*keys: str) -> Job:
    """A job that measures trials of these keys."""
    trials = tuple(trial_job(key) for key in keys)
    values = [trial.value for trial in trials]
    shares = frozenset(f"measure-{key}" for key in keys)
    value = {"trials": values, "notes": "notes.jsonl"}
    return Job(f"measure-{keys[0]}", "measure", "trials", value, trials=trials, claims=shares)


def outcomes_of(home: Home, jobs: list[Job], shift: Shift) -> dict[str, Outcome]:
    """How each job ends in this process."""
    outcomes = {}
    engine = inline(home.folder, "cpu", make_trial)
    for event in dispatch(engine, jobs, home, shift=shift):
        if isinstance(event, Ended):
            outcomes[event.outcome.job.key] = event.outcome
    return outcomes


def test_one_process_has_a_job_until_it_gives_it_back(home: Home, way: str) -> None:
    first, second = Claims(home), Claims(home)
    whole, part = measuring_job("a", "b"), measuring_job("b")
    assert first.take(whole)
    assert first.take(whole)
    assert not second.take(part)
    assert not second.take(whole)
    assert second.take(measuring_job("c"))
    first.give_back(whole)
    assert second.take(part)
    assert not first.take(whole)  # nor is anything of it kept: the other part is free
    assert second.take(measuring_job("a"))
    second.close()
    assert first.take(whole)
    first.close()


def test_the_lease_of_a_silent_process_of_another_computer_is_taken_over(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WAY, "lease")
    monkeypatch.setenv(PATIENCE, "1")
    claims = Claims(home)
    job = trial_job("a")
    lease = file_of_lease(home.hidden / CLAIMS / "a.lock")
    lease.write_text("000000000001 elsewhere 1 token\n")
    assert not claims.take(job)
    assert not claims.are_alive([job])
    lease.write_text("000000000002 elsewhere 1 token\n")
    assert not claims.take(job)
    assert claims.are_alive([job])
    end = time.monotonic() + 30
    while not claims.take(job):
        assert time.monotonic() < end
        time.sleep(0.1)
    claims.close()


def test_what_others_have_made_is_done_without_work(home: Home) -> None:
    make_trial("trial", {"key": "a"}, str(home.folder), "cpu", None)
    job = measuring_job("a", "b")
    claims = Claims(home)
    outcomes = claims.made_by_others(job)
    assert [(outcome.job.key, outcome.state) for outcome in outcomes] == [("a", State.FINISHED)]
    assert outcomes[0].elsewhere
    rest = without_units(job, outcomes)
    assert rest is not None
    assert [trial.key for trial in rest.trials] == ["b"]
    assert rest.value["trials"] == [{"key": "b"}]
    assert rest.key == job.key
    make_trial("trial", {"key": "b"}, str(home.folder), "cpu", None)
    assert without_units(job, claims.made_by_others(job)) is None


def test_what_has_failed_is_tried_on_a_second_computer_and_no_third(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes = {name: Claims(home) for name in ("first", "beside", "second", "third")}
    job = trial_job("a")

    def failures(name: str, computer: str) -> list[str]:
        monkeypatch.setattr(claims_module, "node", lambda: computer)
        return [outcome.error for outcome in processes[name].made_by_others(job)]

    def fail(name: str, computer: str) -> None:
        monkeypatch.setattr(claims_module, "node", lambda: computer)
        processes[name].note_failure(Outcome(job, State.FAILED, f"broken on {computer}"))

    assert failures("first", "one") == []
    fail("first", "one")
    assert failures("beside", "one") == ["broken on one"]
    assert failures("second", "two") == []
    fail("second", "two")
    assert failures("third", "three") == ["broken on two"]
    later = Claims(home)
    assert later.made_by_others(job) == []  # a process that begins now tries it again


def test_a_note_of_a_failure_that_cannot_be_read_says_nothing(home: Home) -> None:
    claims = Claims(home)
    (home.hidden / CLAIMS / "a.failed.json").write_text("{")
    assert claims.made_by_others(trial_job("a")) == []
    claims.note_failure(Outcome(trial_job("a"), State.FAILED, "broken"))
    assert len(claims.made_by_others(trial_job("a"))) == 1


def test_a_process_leaves_what_others_do_unless_its_own_work_hangs_on_it(
    home: Home, way: str
) -> None:
    others = Claims(home)
    jobs = [trial_job("a"), trial_job("b"), trial_job("c", "b")]
    assert others.take(jobs[0])
    assert others.take(jobs[1])

    def finish_later() -> None:
        time.sleep(1)
        make_trial("trial", {"key": "b"}, str(home.folder), "cpu", None)
        others.give_back(jobs[1])

    thread = threading.Thread(target=finish_later)
    thread.start()
    outcomes = outcomes_of(home, jobs, Shift(leaves=True))
    thread.join()
    assert (outcomes["b"].state, outcomes["b"].elsewhere) == (State.FINISHED, True)
    assert (outcomes["c"].state, outcomes["c"].elsewhere) == (State.FINISHED, False)
    assert (outcomes["a"].state, outcomes["a"].elsewhere) == (State.STOPPED, True)
    assert lines_of_log(home) == ["b", "c"]
    others.close()
    assert outcomes_of(home, jobs, Shift())["a"].state == State.FINISHED
    assert lines_of_log(home) == ["b", "c", "a"]


def test_what_needs_a_job_that_failed_elsewhere_is_skipped_here(home: Home) -> None:
    others = Claims(home)
    failed, behind = trial_job("a"), trial_job("b", "a")
    jobs = [failed, behind]
    began = [True]

    def is_over() -> bool:
        if began:  # once this process has begun
            others.note_failure(Outcome(failed, State.FAILED, "broken"))
            began.clear()
        return False

    outcomes = outcomes_of(home, jobs, Shift(is_over))
    assert (outcomes["a"].state, outcomes["a"].elsewhere) == (State.FAILED, True)
    assert (outcomes["b"].state, outcomes["b"].elsewhere) == (State.SKIPPED, True)
    assert outcomes["b"].error == "a failed: broken"
    assert lines_of_log(home) == []


def test_a_process_that_is_told_to_stop_begins_nothing_more(home: Home) -> None:
    jobs = [trial_job(key) for key in "abcd"]
    outcomes = outcomes_of(home, jobs, Shift(lambda: len(lines_of_log(home)) >= 2))
    assert sorted(outcomes) == ["a", "b"]
    claims = Claims(home)
    assert all(claims.take(job) for job in jobs)
    claims.close()


def wait_for_trials(home: Home, count: int) -> None:
    end = time.monotonic() + 120
    while len(home.store("trials").keys()) < count:
        assert time.monotonic() < end, "no progress"
        time.sleep(0.02)


def own_trials(process: "Popen[str]") -> int:
    """How many trials a process has made, which must end well."""
    printed, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    return int(printed.split()[-1])


def test_six_processes_of_which_two_are_killed_and_one_is_frozen_do_each_trial_once(
    home: Home, way: str
) -> None:
    workers = [start_sleeper(home, CELLS) for _ in range(6)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline().startswith("ready")
    wait_for_trials(home, 10)
    frozen, *killed = workers[:3]
    os.kill(frozen.pid, signal.SIGSTOP)
    for worker in killed:
        worker.kill()
    # the others take over from it when its lease is over; a lock holds as long as it lives
    wait_for_trials(home, CELLS - 1 if way == "lock" else CELLS)
    os.kill(frozen.pid, signal.SIGCONT)
    alive = workers[3:]
    counts = [own_trials(worker) for worker in alive]
    printed, errors = frozen.communicate(timeout=120)
    if way == "lease":
        assert frozen.returncode == LOST, printed
        assert "stood still for longer than its lease" in errors
    else:
        assert frozen.returncode == 0, errors
    for worker in killed:
        worker.communicate(timeout=60)
    log = lines_of_log(home)
    keys = home.store("trials").keys()
    assert keys == {f"trial{number:03}" for number in range(CELLS)}
    assert len(log) == len(set(log))  # none was made twice
    assert len(keys - set(log)) <= 3  # a process that ends right after a trial writes no line
    assert all(count > 0 for count in counts)
    claims = Claims(home)
    assert all(claims.take(trial_job(key)) for key in keys)  # no claim is lost
    claims.close()


def test_claims_leave_no_leases_behind(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WAY, "lease")
    outcomes_of(home, [trial_job("a")], Shift())
    assert list(Path(home.hidden / CLAIMS).iterdir()) == []
