"""The command that brings the records of another home here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.shared import AsJson, Where, app, as_json, or_exit, print_lines, tracker_at
from harness.record.foreign_runs import source_of
from harness.record.merge import Contradiction, MergeReport, merge
from harness.store import Home

MOST_CONTRADICTIONS = 10  # that are printed; --json has them all


@app.command("merge")
def merge_(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Databases (other.db), or home folders.", metavar="OTHER"),
    ],
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Bring the runs, fits and trials of other homes here, once, however often it is called."""
    home = Home.here()
    sources = [or_exit(source_of, path, home) for path in paths]
    tracker = tracker_at(where)
    or_exit(tracker.prepare)
    values = []
    for source in sources:
        report = or_exit(merge, source, tracker)
        values.append(report.to_plain())
        if not json_:
            print_lines(*_lines(report))
    if json_:
        as_json(values)


def _lines(report: MergeReport) -> Iterator[str]:
    """What a merge came to, in sentences, the numbers first."""
    fits, trials = report.folders["fits"], report.folders["trials"]
    yield (
        f"{report.source}: {report.brought:,} runs brought, {report.here_already:,} here already; "
        f"{fits:,} fits and {trials:,} trials copied"
    )
    if report.still_running:
        yield f"  {report.still_running:,} are still open there; merge again when they have ended"
    if report.superseded:
        yield f"  {report.superseded:,} left there: a later result of the same trial is brought"
    if report.without_files:
        yield f"  {report.without_files:,} came without files: their artifacts are not there"
    for sentence in report.broken:
        yield f"  not copied: {sentence}"
    count = len(report.contradictions)
    if count:
        yield f"  {count:,} trials have other numbers there; ours stay:"
    for contradiction in report.contradictions[:MOST_CONTRADICTIONS]:
        yield f"    {_sentence(contradiction)}"
    if count > MOST_CONTRADICTIONS:
        yield f"    and {count - MOST_CONTRADICTIONS:,} more (--json lists them)"


def _sentence(contradiction: Contradiction) -> str:
    """A trial whose numbers contradict, and the first of them."""
    own_number, other_number = contradiction.own_value, contradiction.other_value
    return (
        f"{contradiction.study}, {contradiction.name} ({contradiction.trial}): "
        f"{contradiction.metric} is {_number(own_number)} here and {_number(other_number)} there"
    )


def _number(value: float | None) -> str:
    return "no number" if value is None else f"{value:.6g}"
