"""The commands of a study: plan, run, status, compare, report."""

import os
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import screen
from harness.cli.deciding import in_looks, still_needed
from harness.cli.engines import (
    Address,
    Batch,
    Choice,
    Detach,
    Device,
    GpuFraction,
    Local,
    On,
    OnOption,
    Slots,
    Submit,
    WorkerMinutes,
    Workers,
    engine_of,
)
from harness.cli.json_values import plan_value, progress_value, summary_value
from harness.cli.live import carry_out
from harness.cli.profile import Profile, RunFile
from harness.cli.searches import carry_out_search, print_history, print_search, search_value
from harness.cli.shared import (
    AsJson,
    File,
    Where,
    app,
    as_json,
    escape_markup,
    or_exit,
    out,
    plan_of,
    print_lines,
    say_why_leases,
    study_in,
    study_with_data,
    tracker_at,
)
from harness.cli.workers import (
    refuse_what_workers_cannot,
    require_fixed_cells,
    run_by_workers,
    worker_lines,
)
from harness.record.table import table
from harness.record.tracker import Tracker
from harness.run.carry_out import RunSummary
from harness.run.events import Engine
from harness.run.jobs import DETERMINISTIC
from harness.run.plan import modules_of_cells, modules_to_load
from harness.run.progress import forget, notes, running
from harness.store import Home
from harness.study.load import Study
from harness.study.search import Search


class Retry(StrEnum):
    """Which trials to run again, and no others."""

    failed = "failed"
    diverged = "diverged"
    changed = "changed"  # whose code has changed since


@app.command("plan")
def plan_(file: File, json_: AsJson = False, where: Where = None) -> None:
    """Show what a study would do: cells, fits, trials, reasons and time; nothing is written."""
    home = Home.here()
    study = study_with_data(file, home)
    tracker = tracker_at(where)
    needed, looks = still_needed(study, tracker)
    plan = plan_of(needed, home, tracker)
    if json_:
        as_json({**plan_value(plan), **search_value(study, home)})
        return
    out.print(f"[bold]{escape_markup(study.name)}[/bold]  {escape_markup(study.question)}")
    if study.search is not None:
        print_search(study, study.search, home)
        if not study.cells:
            return
    out.print(screen.axes_table(study))
    print_lines(*looks, *screen.plan_lines(plan))
    from harness.judge.preview import preview_lines, previews

    print_lines(*preview_lines(previews(study)))


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
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Run what is missing of a study: train, measure, record."""
    batch = Batch(workers, worker_minutes, tuple(submit or ()), local, detach)
    choice = Choice(on, device, slots, address, gpu_fraction, batch)
    choice.require_sense()
    if not deterministic:
        os.environ[DETERMINISTIC] = "0"
    home = Home.here()
    study = study_with_data(file, home)
    home.hidden.mkdir(parents=True, exist_ok=True)
    say_why_leases(home)
    room = choice.slots_here()
    tracker = tracker_at(where)
    if on is On.submitit:
        require_fixed_cells(study)
    if study.search is not None:
        engine = _engine_of_search(study.search, choice, home)
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
        engine = engine_of(choice, home, room, modules_to_load(plan))
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
    if summary is not None and (summary.failures or summary.count_unrecorded or summary.count_left):
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


def _engine_of_search(search: Search, choice: Choice, home: Home) -> Engine:
    """Starts the engine that trains the points of a search."""
    return engine_of(choice, home, choice.slots_here(), modules_of_cells(search.examples))


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

    written = or_exit(report, study, tracker, _reports(tracker.home, study))
    print_lines(f"answer: {written.verdicts.headline}", f"report: {written.page}")


def _reports(home: Home, study: Study) -> Path:
    return home.folder / "reports" / study.path.stem


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
        as_json([progress_value(progress, is_alive) for progress, is_alive in studies])
        return
    print_lines(*worker_lines(home, name))
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
    recorded = or_exit(tracker.runs, study.name)
    verdicts = judge(study, runs, rows, recorded, leaving_out=True)
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
