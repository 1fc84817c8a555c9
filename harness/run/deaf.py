"""Signals to stop: a job in this process that hears none of them, and those that come too late."""

import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from harness.run import ending

SIGNALS = (signal.SIGINT, signal.SIGTERM)
EXIT_CODE = 130  # of a study that was stopped
LAST_WORDS = "stopped; the same command goes on from the last epoch"


@contextmanager
def ended_if_deaf() -> Iterator[None]:
    """Ends this process at a second signal to stop, or ten seconds after the first, if what it does
    has not ended by then: an endless loop in C, or code that catches every exception.

    A thread hears the signals, as Python's own handlers wait for such code.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # where Python takes no signals
        return
    hearing, telling = os.pipe()
    os.set_blocking(telling, False)
    before = signal.set_wakeup_fd(telling, warn_on_full_buffer=False)
    thread = threading.Thread(target=_listen, args=(hearing,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(telling)
        thread.join()
        os.close(hearing)


def ignore_further_signals() -> None:
    """Lets a study that has stopped end with its own exit code, however often it is interrupted."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _listen(hearing: int) -> None:
    """Counts the signals that tell this process to stop, until nobody can tell any more."""
    count = 0
    while True:
        seconds = ending.SECONDS_UNTIL_KILLED if count else None
        ready, _, _ = select.select([hearing], [], [], seconds)
        if not ready:
            _end_now()
        numbers = os.read(hearing, 64)
        if not numbers:
            return
        count += sum(number in SIGNALS for number in numbers)
        if count > 1:
            _end_now()


def _end_now() -> NoReturn:
    os.write(2, f"{LAST_WORDS}\n".encode())
    os._exit(EXIT_CODE)
