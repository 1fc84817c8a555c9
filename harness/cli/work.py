"""The command of a worker: it shares studies with as many others as there are."""

import os
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import screen
from harness.cli.engines import Deterministic, Device, DeviceOption, Slots
from harness.cli.interrupted import end_interrupted
from harness.cli.json_values import summary_value
from harness.cli.shared import (
    AsJson,
    Where,
    app,
    as_json,
    err,
    or_exit,
    plan_of,
    print_lines,
    say_why_leases,
    study_with_data,
    tracker_at,
)
from harness.cli.workers import require_fixed_cells
from harness.record.tracker import Tracker
from harness.run.carry_out import RunSummary, run
from harness.run.engines import processes
from harness.run.jobs import DETERMINISTIC, Outcome
from harness.run.limits import seconds_of_limit
from harness.run.plan import modules_to_load
from harness.run.progress import Progress, forget
from harness.run.shift import SPREAD, Bell, Shift
from harness.run.slots import slots_here
from harness.store import Home
from harness.store.leases import LOST
from harness.study.load import Study

WORK_LEFT = LOST  # the exit code of a worker that leaves work which it could go on with


@app.command()
def work(
    files: Annotated[list[Path], typer.Argument(help="Study files, done in this order.")],
    slots: Slots = None,
    device: DeviceOption = Device.auto,
    time_limit: Annotated[
        str | None,
        typer.Option(help="Save and stop after so long: 90m, 3:50h, 1-12:00:00."),
    ] = None,
    stay: Annotated[
        bool, typer.Option("--stay", help="Stay until all is done, to take up what others leave.")
    ] = False,
    deterministic: Deterministic = True,
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Work on studies beside others: do what nobody else does, as often as you like at once."""
    seconds = None
    if time_limit is not None:
        seconds = or_exit(seconds_of_limit, time_limit, "--time-limit")
    bell = Bell(seconds)
    bell.listen()
    if not deterministic:
        os.environ[DETERMINISTIC] = "0"
    shift = Shift(bell.rings, leaves=not stay, spread=SPREAD)
    exit_code = 0
    values = []
    try:
        for file in files:
            study, tracker, summary = _work_on(file, slots, device, shift, where)
            exit_code = max(exit_code, _exit_code(summary))
            values.append(summary_value(study, summary, tracker))
            if not json_:
                _print_summary(file, study, summary)
    except KeyboardInterrupt:
        end_interrupted()
    if json_:
        as_json(values)
    if exit_code == WORK_LEFT:
        reason = bell.reason or "it was asked to"
        err.print(f"stopped, for {reason}; the same command goes on", markup=False)
    raise typer.Exit(exit_code)


def _work_on(
    file: Path, slots: int | None, device: Device, shift: Shift, where: str | None
) -> tuple[Study, Tracker, RunSummary | None]:
    """Does of one study what nobody else does; no summary where there is nothing to do."""
    home = Home.here()
    study = study_with_data(file, home)
    require_fixed_cells(study)
    home.make()
    say_why_leases(home)
    room = or_exit(slots_here, slots, device.value)
    tracker = tracker_at(where)
    plan = plan_of(study, home, tracker)
    if not plan.todo:
        return study, tracker, None
    forget(home, study.name)
    engine = processes(home.folder, room, modules_to_load(plan))
    or_exit(tracker.prepare)
    plan = plan_of(study, home, tracker)  # what others have done while the database was made
    summary = run(plan, home, tracker, engine, _say_outcome, slots=len(room), shift=shift)
    or_exit(tracker.close_left_open)
    return study, tracker, summary


def _say_outcome(progress: Progress, outcome: Outcome | None) -> None:
    """Says how a fit or trial of this process ended: a line in the log of a batch job."""
    if outcome is None or outcome.elsewhere:
        return
    err.print(screen.outcome_line(outcome), markup=False)


def _print_summary(file: Path, study: Study, summary: RunSummary | None) -> None:
    """Prints what this process has done, and what is left to whom."""
    if summary is None:
        print_lines(f"{study.name}: nothing to do: every trial is done")
        return
    for number, line in enumerate(screen.summary_lines(summary)):
        print_lines(line if number else f"{study.name}: {line}")
    if summary.count_left_to_others:
        print_lines(f"  {summary.count_left_to_others} are left to others, who are at work on them")
    if summary.count_left:
        print_lines(f"  {summary.count_left} are left for the next `harness work {file}`")
    elif not summary.count_left_to_others:
        print_lines(f"  nothing is left: harness report {file}")


def _exit_code(summary: RunSummary | None) -> int:
    """0: nothing is left for this process; 1: something failed; 75: it stopped before its end."""
    if summary is None:
        return 0
    if summary.count_left:
        return WORK_LEFT
    return int(bool(summary.failures or summary.count_unrecorded))
