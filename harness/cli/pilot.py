"""harness run --pilot: what a study takes, from two steps of each kind of fit."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import plan_screen
from harness.cli.deciding import still_needed
from harness.cli.shared import (
    as_json,
    check_building_of,
    err,
    fail,
    plan_of,
    print_lines,
    study_with_data,
    tracker_at,
)
from harness.run.pilot import Timing, pilot
from harness.run.progress import duration
from harness.run.slots import Slot
from harness.store import Home

Pilot = Annotated[
    bool,
    typer.Option(
        "--pilot", help="Time two steps of each kind of fit, say what all takes, and leave."
    ),
]
WIDTH = 80
INDENT = 8


def run_pilot(
    file: Path,
    overrides: Sequence[str],
    slots: list[Slot],
    where: str | None,
    *,
    no_build: bool,
    quiet: bool,
) -> None:
    """Tries each kind of fit and of trial that a study would run, and prints what all of it takes.

    Nothing of the study is trained or recorded.
    """
    home = Home.here()
    study = study_with_data(file, home, overrides)
    if study.search is not None and not study.cells:
        fail(f"--pilot: {study.name} is a search, whose fits are not known before it runs")
    home.make()
    tracker = tracker_at(where)
    needed, _ = still_needed(study, tracker)
    plan = plan_of(needed, home, tracker)
    if not plan.todo:
        print_lines("nothing to do: every trial is done")
        return
    check_building_of(plan, home, no_build=no_build)
    timings = []
    for timing in pilot(plan, home, slots[0]):
        timings.append(timing)
        if not quiet:
            print_lines(*_lines(timing))
    plan = plan_of(needed, home, tracker)
    if quiet:
        values = [vars(timing) for timing in timings]
        as_json({"study": study.name, "timings": values, "seconds": plan.seconds})
        return
    print_lines(f"time:   {plan_screen.estimate(plan)}, as timed on {slots[0].device}")
    if plan.seconds and len(slots) > 1:
        together = duration(plan.seconds / len(slots))
        print_lines(f"        about {together} on the {len(slots)} slots of this machine")
    print_lines("nothing was recorded; harness plan uses these times until the like has run")
    if any(timing.problem for timing in timings):
        err.print("what could not be tried is not in the time", markup=False)


def _lines(timing: Timing) -> Iterator[str]:
    """What one kind of job takes, and which it is."""
    count = f"{timing.count:,} {timing.kind}{'s' * (timing.count != 1)}"
    if timing.seconds is None:
        yield f"{count}: not tried: {timing.problem}"
    elif timing.kind == "fit":
        steps = f"{timing.steps:,} steps of {_short(timing.step)}"
        yield f"{count}: about {duration(timing.seconds)} each, {steps}"
    else:
        yield f"{count}: about {duration(timing.seconds)} each to measure"
    level = timing.level
    if len(level) > WIDTH - INDENT:
        level = f"{level[: WIDTH - INDENT - 1]}…"
    yield f"{' ' * INDENT}{level}"


def _short(seconds: float) -> str:
    """Seconds that may be thousandths."""
    if seconds < 1:
        return f"{1000 * seconds:.3g} ms"
    return f"{seconds:.3g} s"
