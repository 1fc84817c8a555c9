"""A study whose jobs hang is ended from another terminal, as Ctrl-C would."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.run.progress import Progress, lock_path, running, write_progress
from harness.run.stopping import end_study_now
from harness.store import Home, file_lock
from tests.cli.calls import call
from tests.run.test_limits import wait_until

RUNS_AND_HANGS = """
import os, sys, time
from pathlib import Path
from harness.run.progress import Progress, lock_path, write_progress
from harness.store import Home, file_lock
home = Home(Path(sys.argv[1]))
with file_lock(lock_path(home, "s", os.getpid())):
    write_progress(home, Progress("s", "", os.getpid(), 0.0, {}))
    time.sleep(600)
"""


def test_a_study_that_hangs_is_ended_now(tmp_path: Path) -> None:
    home = Home(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", RUNS_AND_HANGS, str(tmp_path)])
    wait_until(lambda: running(home, "s"))
    (progress,) = end_study_now(home, "s")
    assert progress.pid == process.pid
    assert process.wait(timeout=60) == -signal.SIGTERM
    with pytest.raises(ValueError, match="s is not running here"):
        end_study_now(home, "s")


def test_a_study_on_another_computer_is_ended_there(tmp_path: Path) -> None:
    home = Home(tmp_path)
    progress = Progress("s", "", os.getpid(), 0.0, {}, host="elsewhere")
    with file_lock(lock_path(home, "s", os.getpid(), "elsewhere")):
        write_progress(home, progress)
        with pytest.raises(ValueError, match="on elsewhere: type harness stop --now there"):
            end_study_now(home, "s")


def test_the_command_says_what_ends_and_how_it_goes_on(home: Home) -> None:
    process = subprocess.Popen([sys.executable, "-c", RUNS_AND_HANGS, str(home.folder)])
    wait_until(lambda: running(home, "s"))
    code, _, err = call("stop", "s", "job", "--now")
    assert code != 0
    assert "--now ends a whole study; leave out the job" in err
    code, out, _ = call("stop", "s", "--now")
    assert code == 0
    assert f"s (process {process.pid}) ends within ten seconds" in out
    assert "harness run goes on from the last epoch" in out
    assert process.wait(timeout=60) == -signal.SIGTERM
    code, _, err = call("stop", "s", "--now")
    assert code != 0
    assert "s is not running here" in err
