"""What a job uses while it works: memory of its process, and of a card memory, time and energy.

Nothing of it enters a key or a result. The kernel itself remembers the peak of a process, and torch
that of a card; only what the driver says of a card is asked for again and again, by a thread that
sleeps in between.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from harness.train.card import Card, CardReading, open_card

PAUSE = 1.0  # seconds between two questions to a card, whose own windows are as long
NEARLY_ALL = 0.9  # of the seconds of a job that must have been watched, else nothing is said of it
SHORTEST = 1.0  # seconds; what a card computed in less its window cannot tell
GB = 1e9
JOULES_OF_A_WATT_HOUR = 3600.0
STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")
FORGET_PEAK = "5"  # what makes Linux begin a new peak of memory for a process


@dataclass(frozen=True)
class Use:
    """What a stretch of work has used; what was not watched is 0, with no seconds of watching."""

    memory: float = 0.0  # bytes of the process at its peak
    card_memory: float = 0.0  # bytes that torch held of the card at its peak
    percent_seconds: float = 0.0  # the percent of its time that a card computed, times seconds
    use_seconds: float = 0.0  # in which that was watched
    joules: float = 0.0
    energy_seconds: float = 0.0

    def plus(self, later: "Use") -> "Use":
        """Adds a later stretch of the same work: peaks are the higher, all else is summed."""
        sums = {}
        for name, value in asdict(later).items():
            sums[name] = getattr(self, name) + value
        memory = max(self.memory, later.memory)
        card_memory = max(self.card_memory, later.card_memory)
        return Use(**{**sums, "memory": memory, "card_memory": card_memory})

    def to_plain(self, seconds: float) -> dict[str, float]:
        """Returns the numbers of a record of work that took so many seconds.

        What was watched for a part of them alone is left out, for it would pass for the whole.
        """
        plain = {}
        if self.memory:
            plain["peak_memory_gb"] = self.memory / GB
        if self.card_memory:
            plain["gpu_memory_gb"] = self.card_memory / GB
        if self.use_seconds >= max(SHORTEST, NEARLY_ALL * seconds):
            plain["gpu_use_percent"] = self.percent_seconds / self.use_seconds
        if self.energy_seconds and self.energy_seconds >= NEARLY_ALL * seconds:
            plain["gpu_energy_wh"] = self.joules / JOULES_OF_A_WATT_HOUR
        return {name: float(f"{value:.4g}") for name, value in plain.items()}


class Meter:
    """Watches one job of this process, from when it is made."""

    def __init__(self, device: torch.device, card: Card | None = None) -> None:
        """Takes the device of the job, and what its card can be asked by."""
        self._device = device
        self._card = card
        self._lock = threading.Lock()
        self._use = Use()
        self._peak_before = _begin_peak()
        self._stopped = threading.Event()
        self._reading = CardReading(0.0) if card is None else card.read()
        if device.type == "cuda":
            torch.cuda.init()
            torch.cuda.reset_peak_memory_stats(device)
        if card is not None:
            threading.Thread(target=self._watch, name="meter", daemon=True).start()

    def take(self, *, up_to_now: bool = False) -> Use:
        """Returns what was used since this was last asked, of a card as far as it was watched.

        With `up_to_now` the card is asked once more.
        """
        if up_to_now:
            self._look()
        with self._lock:
            use = self._use
            self._use = Use()
        card_memory = 0.0
        if self._device.type == "cuda":
            card_memory = float(torch.cuda.max_memory_reserved(self._device))
        return replace(use, memory=_peak_since(self._peak_before), card_memory=card_memory)

    def stop(self) -> None:
        """Ends the thread that watches the card."""
        self._stopped.set()

    def _watch(self) -> None:
        """Looks at the card again and again, until the job has ended."""
        while not self._stopped.wait(PAUSE):
            self._look()

    def _look(self) -> None:
        """Adds what the card has done since the last look."""
        if self._card is None:
            return
        with self._lock:
            reading = self._card.read()
            self._use = self._use.plus(use_between(self._reading, reading))
            self._reading = reading


def use_between(before: CardReading, after: CardReading) -> Use:
    """What a card has done for one process between two readings.

    Its energy is shared evenly among the processes that hold it: it does not say whose it is.
    """
    seconds = after.at - before.at
    use = Use()
    if after.percent is not None:
        use = replace(use, percent_seconds=after.percent * seconds, use_seconds=seconds)
    joules = _joules_between(before, after, seconds)
    if joules is None or not after.processes:
        return use
    return replace(use, joules=joules / after.processes, energy_seconds=seconds)


def _joules_between(before: CardReading, after: CardReading, seconds: float) -> float | None:
    """The energy that a card has counted, else its power times the seconds; None without both."""
    if before.joules is not None and after.joules is not None:
        return after.joules - before.joules
    if before.watts is None or after.watts is None:
        return None
    return seconds * (before.watts + after.watts) / 2


@contextmanager
def metering(device: torch.device) -> Iterator[Meter]:
    """Watches what is done in the meantime."""
    meter = Meter(device, card_of(device))
    try:
        yield meter
    finally:
        meter.stop()


def card_of(device: torch.device) -> Card | None:
    """The card behind a device; None for a processor, and where the driver tells nothing of it."""
    if device.type != "cuda":
        return None
    properties: Any = torch.cuda.get_device_properties(device)
    uuid = getattr(properties, "uuid", None)
    return None if uuid is None else open_card(str(uuid))


def _begin_peak() -> float | None:
    """Makes the kernel begin a new peak of this process; returns that of before if it does not."""
    with suppress(OSError):
        CLEAR.write_text(FORGET_PEAK, encoding="utf-8")
        return None
    return _peak()


def _peak_since(before: float | None) -> float:
    """The peak of this process in bytes; 0 where it may have been before the job, or is unknown."""
    peak = _peak()
    return 0.0 if before is not None and peak <= before else peak


def _peak() -> float:
    """The most bytes of memory that this process has had; 0 on a system that does not say."""
    with suppress(OSError):
        for line in STATUS.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) * 1024
    return 0.0
