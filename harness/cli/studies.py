"""The commands of a study: plan, run, status, compare, report."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import screen
from harness.cli.json_values import plan_value, summary_value
from harness.cli.live import carry_out
from harness.cli.shared import (
    AsJson,
    File,
    NoBuild,
    Where,
    app,
    as_json,
    check_building_of,
    err,
    escape_markup,
    fail,
    or_exit,
    out,
    plan_of,
    print_lines,
    study_with_data,
    tracker_at,
)
from harness.record.table import table
from harness.record.tracker import Tracker
from harness.run.carry_out import RunSummary
from harness.run.engines import inline, processes
from harness.run.events import Engine
from harness.run.jobs import DETERMINISTIC
from harness.run.limits import limits_of, seconds_of_limit
from harness.run.plan import Plan, modules_to_load
from harness.run.progress import forget
from harness.run.slots import Slot, slots_here
from harness.store import Home
from harness.study.load import Study


class Device(StrEnum):
    """What to train on."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class Retry(StrEnum):
    """Which trials to run again, and no others."""

    failed = "failed"
    diverged = "diverged"
    changed = "changed"  # whose code has changed since


class On(StrEnum):
    """Which engine runs the trials."""

    processes = "processes"
    inline = "inline"


@app.command("plan")
def plan_(
    file: File, no_build: NoBuild = False, json_: AsJson = False, where: Where = None
) -> None:
    """Show what a study would do: cells, fits, trials, reasons and time; nothing is written."""
    home = Home.here()
    study = study_with_data(file, home)
    plan = plan_of(study, home, tracker_at(where))
    check_building_of(plan, home, no_build=no_build)
    if json_:
        as_json(plan_value(plan))
        return
    out.print(f"[bold]{escape_markup(study.name)}[/bold]  {escape_markup(study.question)}")
    out.print(screen.axes_table(study))
    print_lines(*screen.plan_lines(plan))
    from harness.judge.preview import preview_lines, previews

    print_lines(*preview_lines(previews(study)))


@app.command("run")
def run_(
    file: File,
    slots: Annotated[
        int | None, typer.Option(min=1, help="Trials at once on each GPU, or on the processor.")
    ] = None,
    device: Annotated[Device, typer.Option(help="What to train on.")] = Device.auto,
    on: Annotated[On, typer.Option(help="Which engine runs the trials.")] = On.processes,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first failure.")
    ] = False,
    retry: Annotated[Retry | None, typer.Option(help="Run only what ended so.")] = None,
    deterministic: Annotated[
        bool, typer.Option(help="On a GPU, train so that a rerun ends with the same bits.")
    ] = True,
    limit: Annotated[
        str | None,
        typer.Option(
            help="How long a fit or trial may take: 90s, 30m, 2h, none. "
            "Otherwise ten times as long as the longest of its like, while it is silent."
        ),
    ] = None,
    no_build: NoBuild = False,
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Run what is missing of a study: train, measure, record."""
    if not deterministic:
        os.environ[DETERMINISTIC] = "0"
    longest = None if limit is None else or_exit(seconds_of_limit, limit)
    if longest is not None and on is On.inline:
        fail("--limit: a job without a process of its own cannot be ended; leave out --on inline")
    home = Home.here()
    study = study_with_data(file, home)
    home.make()
    _say_why_leases(home)
    room = or_exit(slots_here, slots, device.value)
    tracker = tracker_at(where)
    plan = plan_of(study, home, tracker, retry)
    summary = None
    if plan.todo:
        forget(home, study.name)
        engine = _engine(on, home, room, plan, longest)
        check_building_of(plan, home, no_build=no_build)
        or_exit(tracker.prepare)
        plan = plan_of(study, home, tracker, retry)  # what a dead process left is closed now
        summary = carry_out(
            plan, home, tracker, engine, fail_fast=fail_fast, slots=len(room), quiet=json_
        )
    if json_:
        as_json(summary_value(study, summary, tracker))
    else:
        _print_summary(summary)
        if summary is None or not summary.count_unrecorded:
            _answer(study, tracker)
        print_lines(f"look:  mlflow ui --backend-store-uri {tracker.shown_uri}")
    if summary is not None and _is_not_whole(summary):
        raise typer.Exit(1)


def _is_not_whole(summary: RunSummary) -> bool:
    """Whether something of a run is left to be done by the same command."""
    return bool(summary.failures or summary.count_unrecorded or summary.is_stopped)


def _say_why_leases(home: Home) -> None:
    """Says that leases stand for locks here, which is slower to notice that somebody has died."""
    reason = or_exit(lambda: home.why_leases)
    if reason is not None:
        err.print(f"leases instead of locks: {reason}", markup=False)


def _engine(on: On, home: Home, slots: list[Slot], plan: Plan, longest: float | None) -> Engine:
    """Starts an engine; `longest` is how long a job may take, where that was asked for."""
    if on is On.processes:
        limits = limits_of(plan, home, longest)
        return processes(home.folder, slots, modules_to_load(plan), limits=limits)
    return inline(home.folder, slots[0].device)


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
    if not study.compare and not study.tables:
        return
    from harness.report.write import report

    written = or_exit(report, study, tracker, _reports(tracker.home, study))
    print_lines(f"answer: {written.verdicts.headline}", f"report: {written.page}")


def _reports(home: Home, study: Study) -> Path:
    return home.folder / "reports" / study.path.stem


@app.command()
def compare(file: File, json_: AsJson = False, where: Where = None) -> None:
    """Judge the declared comparisons of a study by what is finished."""
    from harness.judge.answer import judge
    from harness.judge.verdicts import lines, value

    study = study_with_data(file, Home.here())
    tracker = tracker_at(where)
    runs, rows = or_exit(table, tracker, study.name)
    verdicts = judge(study, runs, rows, or_exit(tracker.runs, study.name))
    if json_:
        as_json(value(verdicts))
        return
    print_lines(*lines(verdicts))


@app.command("report")
def report_(
    file: File,
    to: Annotated[
        Path | None, typer.Option(help="The folder to write into; reports/STUDY otherwise.")
    ] = None,
    where: Where = None,
) -> None:
    """Write the report of a study: one HTML page, LaTeX, Markdown and CSV."""
    from harness.report.write import report

    study = study_with_data(file, Home.here())
    tracker = tracker_at(where)
    written = or_exit(report, study, tracker, to or _reports(tracker.home, study))
    print_lines(f"report: {written.page}")
