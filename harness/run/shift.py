"""How long a process is at work on a study, and whether it shares the study with others."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

SPREAD = 8  # processes for which `harness work` parts the trials of one fit


@dataclass(frozen=True)
class Shift:
    """When a process stops, and how it parts the work; at first it does all, to the end."""

    is_over: Callable[[], bool] = lambda: False  # nothing new is begun; what runs saves and stops
    leaves: bool = False  # to others what they have claimed, where nothing waits behind it
    spread: int = 1  # processes that share the trials of a fit


class Bell:
    """Rings when a signal asks this process to stop, or when its time is over."""

    def __init__(self, seconds: float | None = None) -> None:
        """Takes the time that the process has from now on; None where nobody limits it."""
        self.reason = ""
        self._end = None if seconds is None else time.monotonic() + seconds

    def rings(self) -> bool:
        """Whether it is time to stop, and remembers why."""
        if not self.reason and self._end is not None and time.monotonic() > self._end:
            self.reason = "its time limit is reached"
        return bool(self.reason)

    def listen(self) -> None:
        """Takes SIGTERM and SIGUSR1 as the word to stop; the second one ends the process."""
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, self._hear)

    def _hear(self, number: int, frame: object) -> None:
        if self.reason:
            raise KeyboardInterrupt
        self.reason = f"it was sent {signal.Signals(number).name}"
