"""What a batch job runs: `harness work`, which saves and gives back its claims before a limit."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

SECONDS_BETWEEN_LOOKS = 0.2
SECONDS_TO_SAVE = 75.0  # submitit warns 90 seconds before the limit
SIGTERM_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux
GOOD_EXITS = (0, 1, 75)  # nothing is left; something failed; it was asked to stop


class StudyWorker:
    """A call that submitit pickles, runs on another machine, and queues again near its limit."""

    def __init__(self, command: tuple[str, ...], folder: str, settings: Mapping[str, str]) -> None:
        """Takes the command, the folder that its paths start from, and its environment."""
        self._command = command
        self._folder = folder
        self._settings = dict(settings)
        self._pid = 0
        self._is_asked_to_end = False

    def __call__(self) -> int:
        """Runs the command to its end; an error where it was killed or could not begin.

        A worker that somebody cancels has not died, or another would be submitted in its place.
        """
        environment = {**os.environ, **self._settings}
        process = subprocess.Popen(
            self._command, cwd=self._folder, env=environment, preexec_fn=_live_with_parent
        )
        self._pid = process.pid
        signal.signal(signal.SIGTERM, self._pass_on)
        try:
            while process.poll() is None:
                time.sleep(SECONDS_BETWEEN_LOOKS)
        finally:
            if process.poll() is None:
                process.terminate()
        if process.returncode not in GOOD_EXITS and not self._is_asked_to_end:
            raise RuntimeError(f"{self._command[-1]}: {_way_of_end(process.returncode)}")
        return process.returncode

    def checkpoint(self) -> Any:
        """Asks the command to save and stop, and returns the call that goes on; for submitit."""
        from submitit.helpers import DelayedSubmission

        if self._pid:
            os.kill(self._pid, signal.SIGUSR1)
            _wait_for_end(self._pid)
        return DelayedSubmission(StudyWorker(self._command, self._folder, self._settings))

    def _pass_on(self, number: int, frame: object) -> None:
        """Passes a signal on, such as that of `scancel`, once."""
        if not self._is_asked_to_end:
            self._is_asked_to_end = True
            os.kill(self._pid, number)


def _live_with_parent() -> None:
    """Lets the command end with this process, and be deaf to the warning that this one gets.

    Slurm may send its warning to every process of a job; the command gets one of its own.
    """
    name = os.environ.get("SUBMITIT_PREEMPT_SIGNAL", "USR2")
    if name != "USR1":
        signal.signal(signal.Signals[f"SIG{name}"], signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SIGTERM_WITH_PARENT, signal.SIGTERM)


def _wait_for_end(pid: int) -> None:
    """Waits until a child has ended, without taking its exit code from whoever else waits."""
    deadline = time.monotonic() + SECONDS_TO_SAVE
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    while time.monotonic() < deadline:
        try:
            if os.waitid(os.P_PID, pid, flags) is not None:
                return
        except ChildProcessError:
            return
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _way_of_end(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
