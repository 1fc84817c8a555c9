"""How many jobs at once on this machine."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Slot:
    """A place for one process: a device, and the number of threads it may use."""

    device: str
    visible: str | None = None  # the GPU that the process sees as its only one
    threads: int | None = None


def gpus() -> list[str]:
    """The GPUs that this process may use, without loading torch."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed is not None:
        return [one.strip() for one in allowed.split(",") if one.strip() and one.strip() != "-1"]
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    listed = subprocess.run([tool, "-L"], capture_output=True, text=True, check=False)
    return [str(i) for i, line in enumerate(listed.stdout.splitlines()) if line.startswith("GPU ")]


def slots_here(per_device: int | None, device: str) -> list[Slot]:
    """A slot for each GPU (or several), else for each core or two."""
    cards = gpus() if device in ("auto", "cuda") else []
    if device == "cuda" and not cards:
        raise ValueError(
            "--device cuda: no GPU is visible here (nvidia-smi -L, CUDA_VISIBLE_DEVICES)"
        )
    if cards:
        return [Slot("cuda", card) for card in cards for _ in range(per_device or 1)]
    if device == "mps" or (
        device == "auto" and sys.platform == "darwin" and os.uname().machine == "arm64"
    ):
        return [Slot("mps")] * (per_device or 1)
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    # The number depends on the machine alone: the count of threads changes the last bits of a sum, and a rerun must
    # end with the same weights. Side by side on one core each, small networks train 1.4 times as many steps a second
    # as one after the other on two (make bench), and a busy machine slows them less.
    threads = 1 if cores <= 4 else 2
    count = per_device or max(1, cores // threads)
    return [Slot("cpu", threads=max(1, cores // count))] * count
