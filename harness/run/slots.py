"""How many jobs at once on this machine."""

import os
import sys
from dataclasses import dataclass

from harness.spec.driver import ask_driver

SMALL_MACHINE = 4  # cores, on which a fit has one of them


@dataclass(frozen=True)
class Slot:
    """Room for one process: a device, and the number of threads that it may use."""

    device: str
    visible: str | None = None  # the GPU that the process sees as its only one
    threads: int | None = None
    # whether its process does one job after the other: to wake a GPU takes seconds
    lasts: bool = False
    grows: bool = False  # whether there may be more of it while its card has room


def gpus() -> list[str]:
    """The GPUs that this process may use, without loading torch."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is not None:
        cards = allowed.replace(" ", "").split(",")
        return [card for card in cards if card not in ("", "-1")]
    lines = enumerate(ask_driver("-L").splitlines())
    return [str(number) for number, line in lines if line.startswith("GPU ")]


def slots_here(per_device: int | None, device: str) -> list[Slot]:
    """A slot for each GPU (or as many as were asked for), else for each core or two.

    Where no number was asked for, further slots come as long as a GPU has room for them.
    """
    cards = gpus() if device in ("auto", "cuda") else []
    if device == "cuda" and not cards:
        raise ValueError(
            "--device cuda: no GPU is visible here (nvidia-smi -L, CUDA_VISIBLE_DEVICES)"
        )
    if cards:
        slots: list[Slot] = []
        for card in cards:
            slot = Slot("cuda", card, lasts=True, grows=per_device is None)
            slots += [slot] * (per_device or 1)
        return slots
    is_apple = sys.platform == "darwin" and os.uname().machine == "arm64"
    if device == "mps" or (device == "auto" and is_apple):
        return [Slot("mps")] * (per_device or 1)
    return _processor_slots(per_device)


def _processor_slots(count: int | None) -> list[Slot]:
    """So many slots, or as many as suit this machine; each has the threads that it has always."""
    threads = threads_of_a_fit()
    count = count or max(1, _cores() // threads)
    return [Slot("cpu", threads=threads)] * count


def _cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads_of_a_fit() -> int:
    """How many threads a fit on a processor has, however many fits run beside it.

    The count changes the last bits of a sum, and so the weights: it depends on the machine alone,
    and a rerun with other slots ends with the same weights. Side by side on one core each, small
    networks train 1.4 times as many steps a second as one after the other on two (make bench), and
    a busy machine slows them less.
    """
    return threads_on(_cores())


def threads_on(cores: float) -> int:
    """How many threads a fit has on a processor with so many cores."""
    return 1 if cores <= SMALL_MACHINE else 2
