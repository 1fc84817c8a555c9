"""What a study will take of the disk, beside what is free, before anything is trained."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.cli.shared import fail
from harness.run.plan import Plan
from harness.spec.sizes import bytes_text
from harness.store import Home
from harness.store.space import free_bytes

Weights = Mapping[str, int]  # bytes of a network's weights, by its key


@dataclass(frozen=True)
class DiskEstimate:
    """The checkpoints that a plan will write: tables and figures come on top."""

    size: int  # bytes
    checkpoints: int
    unknown: int  # checkpoints of networks that were not built

    @classmethod
    def of(cls, plan: Plan, weights: Weights) -> "DiskEstimate":
        """Adds up a checkpoint for each training that is missing and each pick of it."""
        size = 0
        checkpoints = 0
        unknown = 0
        for planned in plan.training:
            count = max(1, len(planned.picks))
            checkpoints += count
            if planned.fit.net.key in weights:
                size += count * weights[planned.fit.net.key]
            else:
                unknown += count
        return cls(size, checkpoints, unknown)


def disk_lines(plan: Plan, weights: Weights, home: Home) -> Iterator[str]:
    """What the missing trainings of a plan will take, and what is free."""
    disk = DiskEstimate.of(plan, weights)
    if not disk.checkpoints:
        return
    free = f"{bytes_text(free_bytes(home.folder))} free in {home.folder}"
    if disk.unknown == disk.checkpoints:
        yield f"disk:   not known before the networks are built; {free}"
        return
    line = f"disk:   about {bytes_text(disk.size)} of weights, beside tables and figures"
    if disk.unknown:
        line += f", and {disk.unknown:,} checkpoints of unknown size"
    yield f"{line}; {free}"


def refuse_what_has_no_room(plan: Plan, weights: Weights, home: Home) -> None:
    """Ends a run whose weights alone are more than the disk has room for."""
    disk = DiskEstimate.of(plan, weights)
    free = free_bytes(home.folder)
    if disk.size > free:
        fail(
            f"no room for {plan.study.name}: its weights take about {bytes_text(disk.size)}, and "
            f"{home.folder} has {bytes_text(free)} free; make room, set HARNESS_HOME to another "
            "disk, or run it with --anyway"
        )
