"""No process outlives its study, however the study ends, and no job keeps it from ending."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.faults.campaign import leftovers_of
from tests.run.test_limits import wait_until

STUDY = """
import os, signal, sys
from pathlib import Path
from harness.run.dispatch import dispatch
from harness.run.engines import processes
from harness.run.events import Started
from harness.run.slots import Slot
from harness.store import Home
from tests.run.test_engines import job, work_of_a_test

folder, way = Path(sys.argv[1]), sys.argv[2]
engine = processes(folder, [Slot("cpu"), Slot("cpu")], [], work_of_a_test)
jobs = [job("short"), job("long", sleeps=0.0 if way == "ends" else 600.0)]

def signal_myself():
    if way.startswith("SIG") and (folder / "count-long").exists():
        os.kill(os.getpid(), getattr(signal, way))

for event in dispatch(engine, jobs, Home(folder), signal_myself):
    if way == "fails" and isinstance(event, Started):
        raise RuntimeError("as asked")
"""


def start_python(code: str, *words: str) -> "subprocess.Popen[str]":
    """Starts Python in a session of its own, by which all that it leaves is found."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("way", ["ends", "fails", "SIGINT", "SIGKILL"])
def test_a_study_leaves_no_worker_no_server_of_forks_and_no_tracker(
    tmp_path: Path, way: str
) -> None:
    process = start_python(STUDY, str(tmp_path), way)
    printed = process.communicate(timeout=120)[0]
    assert (process.returncode == 0) == (way == "ends"), printed
    assert leftovers_of(process) == []


DEAF = """
import sys
from pathlib import Path
from harness.run import ending
from harness.run.dispatch import dispatch
from harness.run.engines import inline
from harness.store import Home
from tests.made.hanging import catch_every_exception
from tests.run.test_engines import job

folder = Path(sys.argv[1])
ending.SECONDS_UNTIL_KILLED = float(sys.argv[2])
engine = inline(folder, "cpu", catch_every_exception)
list(dispatch(engine, [job("deaf")], Home(folder)))
"""


@pytest.mark.parametrize(("seconds", "signals"), [(600.0, 2), (0.5, 1)])
def test_a_job_in_this_process_that_hears_nothing_ends_with_it(
    tmp_path: Path, seconds: float, signals: int
) -> None:
    process = start_python(DEAF, str(tmp_path), str(seconds))
    wait_until((tmp_path / "at-work").exists)
    process.send_signal(signal.SIGINT)
    wait_until((tmp_path / "has-heard").exists)
    if signals == 2:
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
    printed = process.communicate(timeout=60)[0]
    assert process.returncode == 130
    assert printed == "stopped; the same command goes on from the last epoch\n"


STOPPED = """
import os, signal
import typer
from harness.cli import live

def interrupt(*values, **options):
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()

live.run = interrupt
live.plan_lines = lambda plan: []
try:
    live.carry_out(None, None, None, None, fail_fast=False, slots=1, quiet=True)
except typer.Exit as error:
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGTERM)
    raise SystemExit(error.exit_code)
"""


def test_a_signal_that_comes_too_late_does_not_change_the_exit_code() -> None:
    process = start_python(STOPPED)
    printed = process.communicate(timeout=120)[0]
    assert process.returncode == 130, printed
    assert printed == "stopped; the same command goes on from the last epoch\n"


@pytest.mark.parametrize(("error", "is_silent"), [("EOFError", True), ("OSError", False)])
def test_a_worker_that_is_told_nothing_ends_without_a_word(error: str, is_silent: bool) -> None:
    code = f"from harness.run import orphan; orphan.be_silent_without_parent(); raise {error}('x')"
    process = start_python(code)
    printed = process.communicate(timeout=120)[0]
    assert (printed == "") == is_silent
    assert is_silent or printed.endswith("OSError: x\n")
