"""Processes that share jobs are killed and frozen: each job is done once, and no claim is lost."""

import os
import signal
import time
from subprocess import Popen

from harness.run.claims import Claims
from harness.store import Home
from harness.store.leases import LOST, read_claim
from tests.made.ways import way
from tests.made.workers import GO, lines_of_log, start_sleeper, trial_job

__all__ = ["way"]  # a fixture

CELLS = 64


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


def holds_a_lease(process: "Popen[str]", home: Home) -> bool:
    """Whether a process is in the middle of a trial, which it has claimed too."""
    locks = home.store("trials").root / "locks"
    for lease in locks.glob("*.lease"):
        claim = read_claim(lease)
        if claim is not None and claim.pid == process.pid:
            return True
    return False


def freeze(process: "Popen[str]", home: Home, way: str) -> None:
    """Stops a process; with leases at a moment at which it holds one."""
    end = time.monotonic() + 60
    _stop(process)
    while way == "lease" and not holds_a_lease(process, home):
        assert time.monotonic() < end
        os.kill(process.pid, signal.SIGCONT)
        time.sleep(0.01)
        _stop(process)


def _stop(process: "Popen[str]") -> None:
    """Stops a process, and waits until it has stopped, which takes a moment."""
    os.kill(process.pid, signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)


def test_six_processes_of_which_two_are_killed_and_one_is_frozen_do_each_trial_once(
    home: Home, way: str
) -> None:
    workers = [start_sleeper(home, CELLS) for _ in range(6)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline().startswith("ready")
    (home.folder / GO).touch()
    wait_for_trials(home, 10)
    frozen, *killed = workers[:3]
    freeze(frozen, home, way)
    for worker in killed:
        worker.kill()
    alive = workers[3:]
    if way == "lease":  # the others take over what it has when its lease is over
        counts = [own_trials(worker) for worker in alive]
        os.kill(frozen.pid, signal.SIGCONT)
    else:  # a lock holds as long as it lives
        wait_for_trials(home, CELLS - 1)
        os.kill(frozen.pid, signal.SIGCONT)
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
