"""The commands that look at a running study, and stop it, from another terminal."""

import time
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import screen
from harness.cli.json_values import progress_value
from harness.cli.named_study import name_of_study
from harness.cli.searches import lines_of_looks_in, lines_of_search_in
from harness.cli.shared import (
    AsJson,
    app,
    as_json,
    escape_markup,
    fail,
    or_exit,
    out,
    print_lines,
)
from harness.cli.workers import worker_lines
from harness.run.progress import notes, running
from harness.run.stopping import ask_study_to_stop, end_study_now
from harness.store import Home


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
    name = None if study is None else name_of_study(study)
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
        file = Path(progress.path)
        print_lines(*lines_of_search_in(file, home), *lines_of_looks_in(file))


@app.command()
def stop(
    study: Annotated[str, typer.Argument(help="A study's name or file.")],
    job: Annotated[
        str | None,
        typer.Argument(help="A fit or trial that is at work: its name, or the start of its key."),
    ] = None,
    now: Annotated[
        bool, typer.Option("--now", help="End the study as Ctrl-C does; what hangs is killed.")
    ] = False,
) -> None:
    """Stop a running study at the end of its epochs and trials; works from any terminal."""
    name = name_of_study(study)
    if now and job is not None:
        fail("--now ends a whole study; leave out the job")
    if now:
        for progress in or_exit(end_study_now, Home.here(), name):
            print_lines(f"{progress.study} (process {progress.pid}) ends within ten seconds")
            print_lines("  harness run goes on from the last epoch")
        return
    for request in or_exit(ask_study_to_stop, Home.here(), name, job):
        progress = request.progress
        print_lines(f"{progress.study} (process {progress.pid}) was asked to stop")
        for unit in request.units:
            end = "its epoch" if unit.kind == "fit" else "its trial"
            print_lines(f"  {unit.name} stops at the end of {end}")
        print_lines("  harness status shows when it has; harness run goes on")
        print_lines(f"  what hangs hears nothing: harness stop {name} --now kills it")
