"""harness run: what is missing of a study, trained, measured, recorded and answered."""

import os
from enum import StrEnum
from typing import Annotated

import typer

from harness.cli import screen
from harness.cli.deciding import in_looks
from harness.cli.engines import (
    Address,
    Batch,
    Choice,
    Detach,
    Device,
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
from harness.cli.profile import Profile, RunFile
from harness.cli.searches import carry_out_search, print_history
from harness.cli.shared import (
    AsJson,
    NoBuild,
    Where,
    app,
    as_json,
    check_building_of,
    or_exit,
    plan_of,
    print_lines,
    reports_folder,
    say_why_leases,
    study_with_data,
    tracker_at,
)
from harness.cli.workers import (
    refuse_what_workers_cannot,
    require_fixed_cells,
    run_by_workers,
)
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
    device: Annotated[Device, typer.Option(help="What to train on.")] = Device.auto,
    on: OnOption = On.processes,
    address: Address = None,
    gpu_fraction: GpuFraction = None,
    workers: Workers = None,
    worker_minutes: WorkerMinutes = None,
    submit: Submit = None,
    local: Local = False,
    detach: Detach = False,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first failure.")
    ] = False,
    retry: Annotated[Retry | None, typer.Option(help="Run only what ended so.")] = None,
    deterministic: Annotated[
        bool, typer.Option(help="On a GPU, train so that a rerun ends with the same bits.")
    ] = True,
    profile: Profile = None,
    limit: Limit = None,
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
    home = Home.here()
    study = study_with_data(file, home)
    home.hidden.mkdir(parents=True, exist_ok=True)
    say_why_leases(home)
    room = choice.slots_here()
    tracker = tracker_at(where)
    if on is On.submitit:
        require_fixed_cells(study)
    if study.search is not None:
        engine = _engine_of_search(study.search, choice, home, longest)
        carry_out_search(study, study.search, home, tracker, engine, slots=len(room), quiet=json_)
        study = study_with_data(file, home)

    def carry_out_part(part: Study) -> RunSummary | None:
        """Runs what is missing of a part of the study; None where nothing is."""
        plan = plan_of(part, home, tracker, retry)
        if not plan.todo:
            return None
        if on is On.submitit:
            refuse_what_workers_cannot(retry=retry, fail_fast=fail_fast)
            return run_by_workers(choice, plan, home, tracker, where, quiet=json_)
        forget(home, study.name)
        check_building_of(plan, home, no_build=no_build)
        modules = modules_to_load(plan)
        engine = engine_of(choice, home, room, modules, limits_of(plan, home, longest))
        or_exit(tracker.prepare)
        plan = plan_of(part, home, tracker, retry)  # what a dead process left is closed now
        return carry_out(
            plan, home, tracker, engine, fail_fast=fail_fast, slots=engine.room, quiet=json_
        )

    summary = in_looks(study, tracker, carry_out_part, quiet=json_)
    if json_:
        as_json(summary_value(study, summary, tracker))
    else:
        _print_result(study, summary, tracker)
    if summary is not None and _is_not_whole(summary):
        raise typer.Exit(1)


def _print_result(study: Study, summary: RunSummary | None, tracker: Tracker) -> None:
    """Prints what came of a run, the answer, and where to look further."""
    if summary is not None or study.cells:
        _print_summary(summary)
    if study.cells:
        print_history(study, tracker.home)
    if summary is None or not summary.count_unrecorded:
        _answer(study, tracker)
    print_lines(f"look:  mlflow ui --backend-store-uri {tracker.shown_uri}")


def _is_not_whole(summary: RunSummary) -> bool:
    """Whether something of a run is left to be done by the same command."""
    return bool(summary.failures or summary.count_unrecorded or summary.count_left)


def _engine_of_search(search: Search, choice: Choice, home: Home, longest: float | None) -> Engine:
    """Starts the engine that trains the points of a search."""
    modules = modules_of_cells(search.examples)
    return engine_of(choice, home, choice.slots_here(), modules, Limits(longest))


def _print_summary(summary: RunSummary | None) -> None:
    """Prints what came of a run; None where there was nothing to do."""
    if summary is None:
        print_lines("nothing to do: every trial is done")
        return
    print_lines(*screen.summary_lines(summary))
    if summary.failures:
        print_lines("again: harness run (the rest stays), or harness run --retry failed")


def _answer(study: Study, tracker: Tracker) -> None:
    """Prints the answer in a line, and where the page lies that says the rest."""
    if not study.cells or not (study.compare or study.tables):
        return
    from harness.report.write import report

    written = or_exit(report, study, tracker, reports_folder(tracker.home, study))
    print_lines(f"answer: {written.verdicts.headline}", f"report: {written.page}")
