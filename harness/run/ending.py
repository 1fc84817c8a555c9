"""The end of worker processes: asked by a signal, and killed where they do not listen."""

import signal
import time
from collections.abc import Sequence
from multiprocessing.connection import wait
from typing import Any

SECONDS_UNTIL_KILLED = 10.0  # between SIGTERM and SIGKILL


def end_processes(processes: Sequence[Any]) -> None:
    """Ends processes: SIGTERM, and SIGKILL for those that are still there ten seconds later.

    Whoever presses Ctrl-C meanwhile does not want to wait: they are killed at once.
    """
    for process in processes:
        process.terminate()
    try:
        wait_for_end(processes, SECONDS_UNTIL_KILLED)
    finally:
        for process in processes:
            if process.is_alive():
                process.kill()  # which also ends one that is frozen
            process.join()


def wait_for_end(processes: Sequence[Any], seconds: float) -> None:
    """Waits until all of these processes have ended, or so many seconds have passed."""
    end = time.monotonic() + seconds
    waiting = [process.sentinel for process in processes if process.is_alive()]
    while waiting and time.monotonic() < end:
        for sentinel in wait(waiting, max(0.0, end - time.monotonic())):
            waiting.remove(sentinel)


def way_of_death(exit_code: int | None) -> str:
    """How a process ended, in words: the name of a signal, or its exit code."""
    if exit_code is not None and exit_code < 0:
        return f"killed by {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"
