"""The commands that look at a study: plan, compare, report."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.answer_lines import print_verdicts, reports_folder
from harness.cli.deciding import still_needed
from harness.cli.disk import disk_lines
from harness.cli.json_values import plan_value
from harness.cli.named_study import FileOrName, study_as_recorded
from harness.cli.plan_screen import axes_table, plan_lines
from harness.cli.searches import print_search, search_value
from harness.cli.shared import (
    AsJson,
    File,
    NoBuild,
    Overrides,
    Where,
    app,
    as_json,
    check_building_of,
    escape_markup,
    or_exit,
    out,
    plan_of,
    print_lines,
    print_sentence,
    study_with_data,
    tracker_at,
)
from harness.record.table import table_of
from harness.store import Home


@app.command("plan")
def plan_(
    file: File,
    overrides: Overrides = None,
    no_build: NoBuild = False,
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Show what a study would do: cells, fits, trials, reasons and time; nothing is written."""
    home = Home.here()
    study = study_with_data(file, home, overrides or ())
    tracker = tracker_at(where)
    needed, looks = still_needed(study, tracker)
    plan = plan_of(needed, home, tracker)
    weights = check_building_of(plan, home, no_build=no_build)
    if json_:
        as_json({**plan_value(plan), **search_value(study, home)})
        return
    title = f"[bold]{escape_markup(study.name)}[/bold]  {escape_markup(study.question)}"
    out.print(title, soft_wrap=not out.is_terminal)
    if study.search is not None:
        print_search(study, study.search, home)
        if not study.cells:
            return
    out.print(axes_table(study))
    for line in (*looks, *plan_lines(plan), *disk_lines(plan, weights, home)):
        print_sentence(line)
    from harness.cli.prospects import prospect_lines

    for line in prospect_lines(study, plan, tracker):
        print_sentence(line)


@app.command()
def compare(
    file: FileOrName, overrides: Overrides = None, json_: AsJson = False, where: Where = None
) -> None:
    """Judge the declared comparisons of a study by what is finished."""
    from harness.judge.answer import judge

    tracker = tracker_at(where)
    study, recorded = study_as_recorded(file, tracker, overrides or ())
    if study.search is not None and not study.cells:
        print_search(study, study.search, tracker.home)
        return
    runs, rows = or_exit(table_of, recorded, tracker, study.name)
    verdicts = judge(study, runs, rows, recorded, leaving_out=True)
    print_verdicts(verdicts, as_values=json_)


@app.command("report")
def report_(
    file: FileOrName,
    overrides: Overrides = None,
    to: Annotated[
        Path | None, typer.Option(help="The folder to write into; reports/STUDY otherwise.")
    ] = None,
    crate: Annotated[
        Path | None,
        typer.Option(help="Write an RO-Crate too: into this folder, or as this file .zip."),
    ] = None,
    where: Where = None,
) -> None:
    """Write the report of a study: one HTML page, LaTeX, Markdown, CSV and BibTeX."""
    from harness.report.write import report

    tracker = tracker_at(where)
    study, _ = study_as_recorded(file, tracker, overrides or ())
    folder = to or reports_folder(tracker.home, study)
    written = or_exit(report, study, tracker, folder, crate, figure_files=True)
    print_lines(f"report: {written.page}")
    if crate is not None:
        print_lines(f"crate: {crate}")
