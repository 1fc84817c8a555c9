"""Where a study runs: which engine, and the options that each of them has."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

import typer

from harness.cli.shared import fail, or_exit
from harness.run.engines import inline, processes
from harness.run.events import Engine
from harness.run.limits import Limits, seconds_of_limit
from harness.run.slots import Slot, slots_here
from harness.store import Home


class Device(StrEnum):
    """What to train on."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class On(StrEnum):
    """Which engine runs the trials."""

    processes = "processes"
    inline = "inline"
    ray = "ray"
    submitit = "submitit"


DeviceOption = Annotated[Device, typer.Option(help="What to train on.")]
Deterministic = Annotated[
    bool, typer.Option(help="On a GPU, train so that a rerun ends with the same bits.")
]
FailFast = Annotated[bool, typer.Option("--fail-fast", help="Stop at the first failure.")]
OnOption = Annotated[On, typer.Option(help="Which engine runs the trials.")]
Slots = Annotated[
    int | None, typer.Option(min=1, help="Trials at once on each GPU, or on the processor.")
]
Address = Annotated[
    str | None,
    typer.Option(
        help="With --on ray: the cluster to join, as HOST:PORT or auto; otherwise one of its own."
    ),
]
GpuFraction = Annotated[
    float | None,
    typer.Option(min=0.01, help="With --on ray: the share of a GPU that a trial takes; 1."),
]


Limit = Annotated[
    str | None,
    typer.Option(
        help="How long a fit or trial may take: 90s, 30m, 2h, none. "
        "Otherwise ten times as long as the longest of its like, while it is silent."
    ),
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="With --on submitit: so many workers at once; 4.")
]
WorkerMinutes = Annotated[
    int | None,
    typer.Option(min=1, help="With --on submitit: a worker's limit; 240, then it queues again."),
]
Submit = Annotated[
    list[str] | None,
    typer.Option(
        metavar="KEY=VALUE",
        help="With --on submitit: a parameter of submitit, as slurm_partition=gpu; repeatable.",
    ),
]
Local = Annotated[
    bool, typer.Option("--local", help="With --on submitit: on this machine, without Slurm.")
]
Detach = Annotated[
    bool, typer.Option("--detach", help="With --on submitit: submit the workers, and leave.")
]


@dataclass(frozen=True)
class Batch:
    """What the command line says of workers in batch jobs."""

    workers: int | None = None
    minutes: int | None = None
    parameters: tuple[str, ...] = ()
    is_local: bool = False
    detaches: bool = False


@dataclass(frozen=True)
class Choice:
    """An engine, with all that the command line says of it."""

    on: On
    device: Device
    slots: int | None = None
    address: str | None = None
    gpu_fraction: float | None = None
    batch: Batch = Batch()

    def require_sense(self) -> None:
        """Ends the command where an option was given that belongs to another engine."""
        options: Mapping[str, tuple[On, object]] = {
            "--address": (On.ray, self.address),
            "--gpu-fraction": (On.ray, self.gpu_fraction),
            "--workers": (On.submitit, self.batch.workers),
            "--worker-minutes": (On.submitit, self.batch.minutes),
            "--submit": (On.submitit, self.batch.parameters),
            "--local": (On.submitit, self.batch.is_local),
            "--detach": (On.submitit, self.batch.detaches),
        }
        for name, (engine, value) in options.items():
            if value and self.on is not engine:
                fail(f"{name} belongs to --on {engine}; this is --on {self.on}")
        if self.on is On.ray and self.slots is not None:
            fail("--slots: Ray knows its machines; --gpu-fraction 0.5 is two trials on each GPU")
        if self.on is On.ray and self.device is Device.mps:
            fail("--device mps: a Ray cluster has GPUs of NVIDIA or processors; leave it out")

    def slots_here(self) -> list[Slot]:
        """The slots of this machine; none for an engine that works elsewhere."""
        if self.on in (On.ray, On.submitit):
            return []
        return or_exit(slots_here, self.slots, self.device.value)


def longest_job(limit: str | None, on: On) -> float | None:
    """How long a fit or trial may take; None where the past decides it."""
    if limit is None:
        return None
    if on is not On.processes:
        fail(f"--limit: only jobs in processes of this machine can be ended; leave out --on {on}")
    return or_exit(seconds_of_limit, limit)


def engine_of(
    choice: Choice, home: Home, slots: list[Slot], modules: list[str], limits: Limits
) -> Engine:
    """Starts the engine that was asked for; `limits` are those of its jobs."""
    if choice.on is On.inline:
        return inline(home.folder, slots[0].device)
    if choice.on is On.processes:
        return processes(home.folder, slots, modules, limits=limits)
    from harness.run.engines.ray import ray_workers

    return or_exit(
        ray_workers,
        home.folder,
        modules,
        address=choice.address,
        gpu_fraction=choice.gpu_fraction or 1.0,
        device=choice.device.value,
    )
