"""The commands of a study: plan, run, status, compare, report."""

import os
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import screen
from harness.cli.answer_lines import print_answer, print_summary, reports_folder
from harness.cli.deciding import in_looks, still_needed
from harness.cli.json_values import plan_value, summary_value
from harness.cli.live import carry_out
from harness.cli.shared import (
    AsJson,
    File,
    Where,
    app,
    as_json,
    err,
    escape_markup,
    or_exit,
    out,
    plan_of,
    print_lines,
    study_in,
    study_with_data,
    tracker_at,
)
from harness.record.table import table
from harness.run.carry_out import RunSummary
from harness.run.engines import inline, processes
from harness.run.events import Engine
from harness.run.jobs import DETERMINISTIC
from harness.run.plan import Plan, modules_to_load
from harness.run.progress import forget, notes, remaining, running
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
def plan_(file: File, json_: AsJson = False, where: Where = None) -> None:
    """Show what a study would do: cells, fits, trials, reasons and time; nothing is written."""
    home = Home.here()
    study = study_with_data(file, home)
    tracker = tracker_at(where)
    needed, looks = still_needed(study, tracker)
    plan = plan_of(needed, home, tracker)
    if json_:
        as_json(plan_value(plan))
        return
    out.print(f"[bold]{escape_markup(study.name)}[/bold]  {escape_markup(study.question)}")
    out.print(screen.axes_table(study))
    print_lines(*looks, *screen.plan_lines(plan))
    from harness.cli.prospects import prospect_lines

    print_lines(*prospect_lines(study, plan, tracker))


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
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Although its primary question cannot be answered.")
    ] = False,
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Run what is missing of a study: train, measure, record."""
    if not deterministic:
        os.environ[DETERMINISTIC] = "0"
    home = Home.here()
    study = study_with_data(file, home)
    home.hidden.mkdir(parents=True, exist_ok=True)
    _say_why_leases(home)
    room = or_exit(slots_here, slots, device.value)
    tracker = tracker_at(where)

    def carry_out_part(part: Study) -> RunSummary | None:
        """Runs what is missing of a part of the study; None where nothing is."""
        plan = plan_of(part, home, tracker, retry)
        if not plan.todo:
            return None
        if not anyway:
            from harness.cli.prospects import refuse_what_cannot_be_shown

            refuse_what_cannot_be_shown(study)
        forget(home, study.name)
        engine = _engine(on, home, room, plan)
        or_exit(tracker.prepare)
        plan = plan_of(part, home, tracker, retry)  # what a dead process left is closed now
        return carry_out(
            plan, home, tracker, engine, fail_fast=fail_fast, slots=len(room), quiet=json_
        )

    summary = in_looks(study, tracker, carry_out_part, quiet=json_)
    if json_:
        as_json(summary_value(study, summary, tracker))
    else:
        print_summary(summary)
        if summary is None or not summary.count_unrecorded:
            print_answer(study, tracker)
        print_lines(f"look:  mlflow ui --backend-store-uri {tracker.shown_uri}")
    if summary is not None and (summary.failures or summary.count_unrecorded):
        raise typer.Exit(1)


def _say_why_leases(home: Home) -> None:
    """Says that leases stand for locks here, which is slower to notice that somebody has died."""
    reason = or_exit(lambda: home.why_leases)
    if reason is not None:
        err.print(f"leases instead of locks: {reason}", markup=False)


def _engine(on: On, home: Home, slots: list[Slot], plan: Plan) -> Engine:
    if on is On.processes:
        return processes(home.folder, slots, modules_to_load(plan))
    return inline(home.folder, slots[0].device)


@app.command()
def status(
    study: Annotated[
        str | None, typer.Argument(help="A study's name or file; all of them otherwise.")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Keep showing until it ends.")
    ] = False,
    json_: AsJson = False,
) -> None:
    """Show how far running studies are; works from any terminal."""
    home = Home.here()
    name = study
    if study is not None and Path(study).suffix in (".yaml", ".yml"):
        name = study_in(Path(study)).name
    studies = running(home, name)
    if json_:
        values = []
        for progress, is_alive in studies:
            estimate = {"alive": is_alive, "remaining": remaining(progress)}
            values.append({**progress.to_plain(), **estimate})
        as_json(values)
        return
    if not studies:
        print_lines("no study has run here" if name is None else f"{name} is not running")
        return
    _print_status(home, name)
    while follow and any(is_alive for _, is_alive in running(home, name)):
        time.sleep(2)
        _print_status(home, name)


def _print_status(home: Home, name: str | None) -> None:
    """Prints a table for each run of a study, or for those of all studies."""
    for progress, is_alive in running(home, name):
        state = "ended"
        if is_alive:
            state = "running"
        elif any(job.is_unfinished for job in progress.jobs.values()):
            state = "stopped; run it again to go on"
        out.print(f"[bold]{escape_markup(progress.study)}[/bold] ({state})")
        out.print(screen.progress_table(progress, is_alive, notes(home, progress)))


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
    written = or_exit(report, study, tracker, to or reports_folder(tracker.home, study))
    print_lines(f"report: {written.page}")
