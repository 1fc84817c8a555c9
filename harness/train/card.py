"""What the driver says of a card while it works: its energy, its use, and how many share it.

NVML is the library of NVIDIA's driver, which `nvidia-smi` asks as well: wherever there is a driver
it is there, and no package is needed for it. It counts cards in its own order, whatever
CUDA_VISIBLE_DEVICES says, so a card is asked for by its UUID.
"""

import ctypes
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

LIBRARIES = ("libnvidia-ml.so.1", "nvml.dll")  # on Linux, on Windows
SUCCESS = 0
TOO_SMALL = 7  # the answer to a count of processes for which no room was given
MIG_IS_ON = 1


class _Rates(ctypes.Structure):
    """The percent of the last moment in which a card computed, and in which memory was read."""

    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


@dataclass(frozen=True)
class CardReading:
    """What a card says of itself at one moment; None for what it does not say."""

    at: float  # seconds of a clock that only goes forward
    percent: float | None = None  # of the last moment, in which it computed anything
    watts: float | None = None
    joules: float | None = None  # that it has counted since its driver was loaded
    processes: int = 0  # that hold it


@dataclass(frozen=True)
class Card:
    """One card, as the library knows it."""

    library: Any
    handle: ctypes.c_void_p

    def read(self) -> CardReading:
        """Asks the card for all that it says now."""
        rates = self._ask("nvmlDeviceGetUtilizationRates", _Rates())
        milliwatts = None
        millijoules = self._ask("nvmlDeviceGetTotalEnergyConsumption", ctypes.c_ulonglong())
        if millijoules is None:  # cards older than Volta count no energy
            milliwatts = self._ask("nvmlDeviceGetPowerUsage", ctypes.c_uint())
        return CardReading(
            at=time.monotonic(),
            percent=None if rates is None else float(rates.gpu),
            watts=None if milliwatts is None else milliwatts.value / 1000,
            joules=None if millijoules is None else millijoules.value / 1000,
            processes=self._processes(),
        )

    def is_parted(self) -> bool:
        """Whether the card is parted into instances (MIG), whose power nobody can tell apart."""
        mode, pending = ctypes.c_uint(), ctypes.c_uint()
        code = self._call("nvmlDeviceGetMigMode", ctypes.byref(mode), ctypes.byref(pending))
        return code == SUCCESS and mode.value == MIG_IS_ON

    def _ask(self, question: str, answer: Any) -> Any:
        """Asks a question of one answer; None where the card does not answer it."""
        code = self._call(question, ctypes.byref(answer))
        return answer if code == SUCCESS else None

    def _processes(self) -> int:
        """Counts the processes that compute on the card, those of other containers included."""
        count = ctypes.c_uint(0)
        question = "nvmlDeviceGetComputeRunningProcesses_v3"
        code = self._call(question, ctypes.byref(count), None)
        return count.value if code in (SUCCESS, TOO_SMALL) else 0

    def _call(self, name: str, *arguments: Any) -> int | None:
        """Calls a function of the library; None where this version of it has none of the name."""
        function: Callable[..., int] | None = getattr(self.library, name, None)
        if function is None:
            return None
        return function(self.handle, *arguments)


def open_card(uuid: str, library: Any = None) -> Card | None:
    """Finds a card by its UUID; None where the driver's library is not there or cannot tell."""
    library = library or load_library()
    if library is None:
        return None
    handle = ctypes.c_void_p()
    name = uuid if uuid.startswith(("GPU-", "MIG-")) else f"GPU-{uuid}"
    code = library.nvmlDeviceGetHandleByUUID(name.encode(), ctypes.byref(handle))
    card = Card(library, handle)
    return None if code != SUCCESS or card.is_parted() else card


@cache
def load_library() -> Any:
    """Loads the driver's library, once in a process; None where there is none."""
    for name in LIBRARIES:
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL(name)
            if library.nvmlInit_v2() == SUCCESS:
                return library
    return None
