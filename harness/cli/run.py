"""harness run: what is missing of a study, trained, measured, recorded and answered."""

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.answer_lines import print_answer, print_summary
from harness.cli.deciding import in_looks
from harness.cli.disk import refuse_what_has_no_room
from harness.cli.engines import (
    Address,
    Batch,
    Choice,
    Detach,
    Deterministic,
    Device,
    DeviceOption,
    FailFast,
    GpuFraction,
    Limit,
    Local,
    On,
    OnOption,
    Slots,
    Submit,
    WorkerMinutes,
    Workers,
    engine_of,
    longest_job,
)
from harness.cli.json_values import summary_value
from harness.cli.live import carry_out
from harness.cli.pilot import Pilot, run_pilot
from harness.cli.profile import Profile, RunFile
from harness.cli.searches import carry_out_search, print_history
from harness.cli.shared import (
    AsJson,
    NoBuild,
    Overrides,
    Where,
    app,
    as_json,
    check_building_of,
    fail,
    or_exit,
    plan_of,
    print_lines,
    say_why_leases,
    study_with_data,
    tracker_at,
)
from harness.cli.workers import (
    refuse_what_workers_cannot,
    require_fixed_cells,
    run_by_workers,
)
from harness.record.mlflow_page import look_lines
from harness.record.tracker import Tracker
from harness.run.carry_out import RunSummary
from harness.run.events import Engine
from harness.run.jobs import DETERMINISTIC
from harness.run.limits import Limits, limits_of
from harness.run.plan import modules_of_cells, modules_to_load
from harness.run.progress import forget
from harness.store import Home
from harness.study.load import Study
from harness.study.search import Search


class Retry(StrEnum):
    """Which trials to run again, and no others."""

    failed = "failed"
    diverged = "diverged"
    changed = "changed"  # whose code has changed since


@app.command("run")
def run_(
    file: RunFile,
    slots: Slots = None,
    device: DeviceOption = Device.auto,
    on: OnOption = On.processes,
    address: Address = None,
    gpu_fraction: GpuFraction = None,
    workers: Workers = None,
    worker_minutes: WorkerMinutes = None,
    submit: Submit = None,
    local: Local = False,
    detach: Detach = False,
    fail_fast: FailFast = False,
    retry: Annotated[Retry | None, typer.Option(help="Run only what ended so.")] = None,
    anyway: Annotated[
        bool,
        typer.Option(
            "--anyway",
            help="Although its primary question cannot be answered, or the disk has no room.",
        ),
    ] = False,
    deterministic: Deterministic = True,
    profile: Profile = None,
    limit: Limit = None,
    overrides: Overrides = None,
    pilot: Pilot = False,
    no_build: NoBuild = False,
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Run what is missing of a study: train, measure, record."""
    batch = Batch(workers, worker_minutes, tuple(submit or ()), local, detach)
    choice = Choice(on, device, slots, address, gpu_fraction, batch)
    choice.require_sense()
    if not deterministic:
        os.environ[DETERMINISTIC] = "0"
    longest = longest_job(limit, on)
    changes = tuple(overrides or ())
    if pilot:
        _require_this_machine(on)
        run_pilot(file, changes, choice.slots_here(), where, no_build=no_build, quiet=json_)
        return
    orders = Orders(
        choice,
        longest,
        retry,
        fail_fast,
        no_build,
        anyway=anyway,
        quiet=json_,
        where=where,
        overrides=changes,
    )
    study, tracker, summary = _run_study(file, orders)
    if json_:
        as_json(summary_value(study, summary, tracker))
    else:
        _print_result(study, summary, tracker)
    if summary is not None and _is_not_whole(summary):
        raise typer.Exit(1)


@dataclass(frozen=True)
class Orders:
    """What the command line says of how a study is to be run."""

    choice: Choice
    longest: float | None  # seconds that a job may take; None where the past decides
    retry: Retry | None
    fail_fast: bool
    no_build: bool
    anyway: bool  # although its question cannot be answered
    quiet: bool
    where: str | None  # the address of the records
    overrides: tuple[str, ...]  # what is changed of the study file


def _require_this_machine(on: On) -> None:
    """Ends the command where a pilot would have to run elsewhere."""
    if on in (On.ray, On.submitit):
        fail(f"--pilot: it times fits on this machine; leave out --on {on}")


def _run_study(file: Path, orders: Orders) -> tuple[Study, Tracker, RunSummary | None]:
    """Searches where the study says so, and runs what is missing of its cells."""
    home = Home.here()
    study = study_with_data(file, home, orders.overrides)
    home.make()
    say_why_leases(home)
    tracker = tracker_at(orders.where)
    if orders.choice.on is On.submitit:
        require_fixed_cells(study)
        if study.overrides:
            fail("--set: workers in batch jobs read the study file; write it there")
    if study.search is not None:
        engine = _engine_of_search(study.search, home, orders)
        slots, quiet = engine.room, orders.quiet
        carry_out_search(study, study.search, home, tracker, engine, slots=slots, quiet=quiet)
        study = study_with_data(file, home, orders.overrides)

    def carry_out_part(part: Study) -> RunSummary | None:
        return _run_cells(study, part, tracker, orders)

    summary = in_looks(study, tracker, carry_out_part, quiet=orders.quiet)
    return study, tracker, summary


def _engine_of_search(search: Search, home: Home, orders: Orders) -> Engine:
    """Starts the engine that trains the points of a search."""
    room = orders.choice.slots_here()
    modules = modules_of_cells(search.examples)
    return engine_of(orders.choice, home, room, modules, Limits(orders.longest))


def _run_cells(study: Study, part: Study, tracker: Tracker, orders: Orders) -> RunSummary | None:
    """Runs what is missing of some cells of a study; None where nothing is.

    Whether the study can answer its question is asked of the whole: a look has fewer seeds.
    """
    home, choice, retry = tracker.home, orders.choice, orders.retry
    plan = plan_of(part, home, tracker, retry)
    if not plan.todo:
        return None
    if not orders.anyway:
        from harness.cli.prospects import refuse_what_cannot_be_shown

        refuse_what_cannot_be_shown(study)
    weights = check_building_of(plan, home, no_build=orders.no_build)
    if not orders.anyway:
        refuse_what_has_no_room(plan, weights, home)
    if choice.on is On.submitit:
        refuse_what_workers_cannot(retry=retry, fail_fast=orders.fail_fast)
        return run_by_workers(choice, plan, home, tracker, orders.where, quiet=orders.quiet)
    forget(home, part.name)
    limits = limits_of(plan, home, orders.longest)
    engine = engine_of(choice, home, choice.slots_here(), modules_to_load(plan), limits)
    or_exit(tracker.prepare)
    plan = plan_of(part, home, tracker, retry)  # what a dead process left is closed now
    return carry_out(
        plan,
        home,
        tracker,
        engine,
        fail_fast=orders.fail_fast,
        slots=engine.room,
        quiet=orders.quiet,
    )


def _print_result(study: Study, summary: RunSummary | None, tracker: Tracker) -> None:
    """Prints what came of a run, the answer, and where to look further."""
    if summary is not None or study.cells:
        print_summary(summary)
    if study.cells:
        print_history(study, tracker.home)
    is_away = summary is not None and summary.count_unrecorded > 0
    if not is_away:
        print_answer(study, tracker)
    lines = look_lines(tracker, None if is_away else study.name)
    for number, line in enumerate(lines):
        print_lines(f"{'       ' if number else 'look:  '}{line}")


def _is_not_whole(summary: RunSummary) -> bool:
    """Whether something of a run is left to be done by the same command."""
    return bool(summary.failures or summary.count_unrecorded or summary.count_left)
