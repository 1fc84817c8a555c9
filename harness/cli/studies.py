"""The commands of a study: plan, run, status, compare, report."""

import signal
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.live import Live

from harness.cli import screen
from harness.cli.shared import (
    AsJson,
    File,
    Where,
    app,
    as_json,
    err,
    identified_in,
    or_exit,
    out,
    plain,
    planned,
    study_in,
    tracker_at,
)
from harness.record.table import table
from harness.record.tracker import Tracker
from harness.run.carry_out import Show, run
from harness.run.engines import Executor, Outcome, inline, processes
from harness.run.plan import Plan, modules
from harness.run.progress import Progress, forget, notes, remaining, running
from harness.run.slots import slots_here
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


class On(StrEnum):
    """Which engine runs the trials."""

    processes = "processes"
    inline = "inline"


@app.command("plan")
def plan_(file: File, json_: AsJson = False, where: Where = None) -> None:
    """Show what a study would do: cells, fits, trials, reasons and time; nothing is written."""
    study = identified_in(study_in(file), Home.here())
    made = planned(study, Home.here(), tracker_at(where))
    if json_:
        as_json(_plan_value(made))
        return
    out.print(f"[bold]{plain(study.name)}[/bold]  {plain(study.question)}")
    out.print(screen.axes(study))
    for line in screen.plan_lines(made):
        out.print(line, markup=False)
    from harness.judge.preview import preview_lines, previews

    for line in preview_lines(previews(study)):
        out.print(line, markup=False)


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
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Run what is missing of a study: train, measure, record."""
    study, home = study_in(file), Home.here()
    study = identified_in(study, home)
    home.hidden.mkdir(parents=True, exist_ok=True)
    places = or_exit(slots_here, slots, device.value)
    tracker = tracker_at(where)
    made = planned(study, home, tracker, retry.value if retry else None)
    if made.todo:
        forget(home, study.name)
        forked = on is On.processes
        runner = (
            processes(home.folder, places, modules(made))
            if forked
            else inline(home.folder, places[0].device)
        )
        or_exit(tracker.prepare)
        made = planned(
            study, home, tracker, retry.value if retry else None
        )  # what a dead process left is closed now
        ended = _carried_out(
            made, home, tracker, runner, fail_fast=fail_fast, slots=len(places), quiet=json_
        )
        failures = [{"name": o.job.name, "error": o.error} for o in ended.failures]
    else:
        ended, failures = None, []
    if json_:
        counts = {
            s: ended.count(s) if ended else 0 for s in ("finished", "diverged", "failed", "skipped")
        }
        as_json({"study": study.name, "trials": counts, "failures": failures, "uri": tracker.uri})
    else:
        for line in screen.ended_lines(ended) if ended else ["nothing to do: every trial is done"]:
            out.print(line, markup=False)
        if failures:
            out.print(
                "again: harness run (the rest stays), or harness run --retry failed", markup=False
            )
        _answer(study, tracker)
        out.print(f"look:  mlflow ui --backend-store-uri {tracker.uri}", markup=False)
    if failures:
        raise typer.Exit(1)


def _answer(study: Study, tracker: Tracker) -> None:
    """The answer in a line, and the page that says the rest."""
    if not study.compare and not study.tables:
        return
    from harness.report.write import report

    written = report(study, tracker, _reports(tracker.home, study))
    out.print(f"answer: {written.verdicts.headline}", markup=False)
    out.print(f"report: {written.page}", markup=False)


def _reports(home: Home, study: Study) -> Path:
    return home.folder / "reports" / study.path.stem


def _carried_out(
    made: Plan,
    home: Home,
    tracker: Tracker,
    runner: Executor,
    *,
    fail_fast: bool,
    slots: int,
    quiet: bool,
) -> Any:
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        if quiet or not out.is_terminal:
            return run(made, home, tracker, runner, _quiet, fail_fast=fail_fast, slots=slots)
        for line in screen.plan_lines(made):
            out.print(line, markup=False)
        latest: list[Progress] = []
        with Live(
            console=out,
            refresh_per_second=2,
            transient=True,
            get_renderable=lambda: _drawn(home, latest),
        ) as live:
            return run(
                made, home, tracker, runner, _shown(live, latest), fail_fast=fail_fast, slots=slots
            )
    except KeyboardInterrupt:
        err.print("stopped; the same command goes on from the last epoch", markup=False)
        raise typer.Exit(130) from None


def _interrupted(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _quiet(progress: Progress, outcome: Outcome | None) -> None:
    if outcome is not None and outcome.state == "failed":
        err.print(screen.outcome_line(outcome), markup=False)


def _drawn(home: Home, latest: list[Progress]) -> Any:
    """What the workers note is read when it is drawn."""
    return screen.progress_table(latest[-1], True, notes(home, latest[-1])) if latest else ""


def _shown(live: Live, latest: list[Progress]) -> Show:
    def show(progress: Progress, outcome: Outcome | None) -> None:
        latest[:] = [progress]
        if outcome is not None and outcome.state in ("failed", "diverged"):
            live.console.print(screen.outcome_line(outcome), markup=False)

    return show


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
    wanted = (
        study_in(Path(study)).name if study and Path(study).suffix in (".yaml", ".yml") else study
    )
    found = running(home, wanted)
    if json_:
        as_json([{**p.__dict__, "alive": alive, "remaining": remaining(p)} for p, alive in found])
        return
    if not found:
        out.print(
            "no study has run here" if wanted is None else f"{wanted} is not running", markup=False
        )
        return
    _status(home, wanted)
    while follow and any(alive for _, alive in running(home, wanted)):
        time.sleep(2)
        _status(home, wanted)


def _status(home: Home, wanted: str | None) -> None:
    for progress, alive in running(home, wanted):
        left = any(job["state"] in ("waiting", "running") for job in progress.jobs.values())
        state = "running" if alive else "stopped; run it again to go on" if left else "ended"
        out.print(f"[bold]{plain(progress.study)}[/bold] ({state})")
        out.print(screen.progress_table(progress, alive, notes(home, progress)))


@app.command()
def compare(file: File, json_: AsJson = False, where: Where = None) -> None:
    """Judge the declared comparisons of a study by what is finished."""
    from harness.judge.answer import judge
    from harness.judge.verdicts import lines, value

    study, tracker = identified_in(study_in(file), Home.here()), tracker_at(where)
    runs, rows = or_exit(table, tracker, study.name)
    verdicts = judge(study, runs, rows, tracker.runs(study.name))
    if json_:
        as_json(value(verdicts))
        return
    for line in lines(verdicts):
        out.print(line, markup=False)


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

    study, tracker = identified_in(study_in(file), Home.here()), tracker_at(where)
    written = or_exit(report, study, tracker, to or _reports(tracker.home, study))
    out.print(f"report: {written.page}", markup=False)


def _plan_value(made: Plan) -> dict[str, Any]:
    grid = made.study.expansion
    return {
        "study": made.study.name,
        "cells": grid.total,
        "excluded": grid.excluded,
        "inert": grid.inert,
        "fits": [
            {"key": f.fit.key, "label": f.fit.label, "cached": f.cached, "trials": f.trials}
            for f in made.fits
        ],
        "trials": [
            {
                "key": t.cell.trial.key,
                "levels": t.cell.levels,
                "action": t.action,
                "reason": t.reason,
            }
            for t in made.trials
        ],
        "seconds": made.seconds,
        "jobs_without_estimate": made.unknown,
    }
