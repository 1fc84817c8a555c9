"""The command that judges results which were trained and measured elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from harness.cli.answer_lines import print_verdicts
from harness.cli.shared import (
    STUDY_FILES,
    AsJson,
    app,
    fail,
    or_exit,
    or_mistakes,
    print_lines,
)
from harness.record.scored import record_scores, table_of_scores
from harness.record.tracker import SQLITE, Tracker
from harness.store import Home, write
from harness.study.bounded_files import Unreadable, read_bounded
from harness.study.comparison_text import EXAMPLE, read_comparison_text
from harness.study.document import Document, read
from harness.study.load import Study, load_study, study_of_document
from harness.study.marks import Mark, Mistakes, Problem
from harness.study.scores import LARGEST, read_scores

STUDY_FILE = "study.yaml"  # of the folder that --out writes
FROM_A_FILE = ("name", "question", "components", "compare", "tables")
MOST_LEVELS = 6  # of a setting, written out


@app.command("judge")
def judge_(
    scores: Annotated[
        Path,
        typer.Argument(
            help="A CSV file: settings, seed, fold, image or patient, and metric and value, "
            "or a column for each metric."
        ),
    ],
    compare: Annotated[
        list[str] | None,
        typer.Option(help=f"A YAML file with `compare:`, or a line such as {EXAMPLE}."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option("--out", help="A folder for the report, which the dashboard opens too."),
    ] = None,
    json_: AsJson = False,
) -> None:
    """Judge results that were trained elsewhere: a table of scores, and what to compare in it."""
    if not compare:
        print_lines(*_overview(scores))
        return
    document = or_mistakes(_document, scores.resolve(), compare)
    study = or_mistakes(_study_of, document, scores)
    if to is None:
        from harness.judge.answer import judge

        runs, rows = table_of_scores(study)
        verdicts = judge(study, runs, rows, leaving_out=True)
        print_verdicts(verdicts, as_values=json_)
        if not json_:
            print_lines("--out FOLDER writes a report, and a folder that the dashboard opens")
        return
    _write(document, study, scores, to, json_)


def _study_of(document: Document, scores: Path) -> Study:
    """The study of a table and comparisons; what is wrong in the table has its place there."""
    try:
        return study_of_document(document, scores)
    except Mistakes as mistakes:
        for problem in mistakes.problems:
            if problem.path == "scores":
                fail(problem.text)
        raise


def _overview(path: Path) -> list[str]:
    """What a table holds, for who has yet to say what to compare."""
    try:
        scored = read_scores(path, None)
    except Unreadable as error:
        fail(str(error))
    table = scored.scores
    texts = []
    for axis in scored.axes:
        levels = [row[0] for row in axis.rows]
        names = ", ".join(levels[:MOST_LEVELS])
        if len(levels) > MOST_LEVELS:
            names += ", ..."
        texts.append(f"{axis.paths[0]} ({len(levels)}): {names}")
    units = ", ".join(table.columns.units) or "none"
    return [
        f"settings: {'; '.join(texts)}",
        f"metrics: {', '.join(table.metrics)}",
        f"units: {units}",
        f"say what to compare: --compare {EXAMPLE}",
    ]


def _document(scores: Path, compare: Sequence[str]) -> Document:
    """The study that a table and comparisons stand for, with the place of each of them."""
    files = [text for text in compare if Path(text).suffix in STUDY_FILES]
    if not files:
        return _document_of_lines(scores, compare)
    if len(compare) > 1:
        fail("--compare takes one file, or lines; put all comparisons into the file")
    document = read(Path(files[0]))
    for name in document.value:
        if name not in FROM_A_FILE:
            text = f"no place beside a table of scores; it may have {', '.join(FROM_A_FILE)}"
            raise Mistakes([Problem(document.mark((name,)), str(name), text)])
    document.value.setdefault("name", scores.stem)
    document.value["scores"] = str(scores)
    return document


def _document_of_lines(scores: Path, lines: Sequence[str]) -> Document:
    """The same of comparisons that are written as lines."""
    entries: list[dict[str, Any]] = []
    marks: dict[Any, Mark] = {(): Mark(str(scores), 1, 1)}
    for number, line in enumerate(lines):
        entry = or_exit(read_comparison_text, line)
        if any(earlier["name"] == entry["name"] for earlier in entries):
            entry["name"] = line  # the options tell the two apart
        entries.append(entry)
        marks["compare", number] = Mark("--compare", number + 1, 1)
    value = {"name": scores.stem, "scores": str(scores), "compare": entries}
    return Document(value, marks)


def _write(document: Document, study: Study, scores: Path, to: Path, as_values: bool) -> None:
    """Makes a folder of the table, its study file, their runs and the report."""
    from harness.report.write import report

    to.mkdir(parents=True, exist_ok=True)
    home = Home(to.resolve())
    write(home.folder / scores.name, read_bounded(scores, LARGEST, "a table of scores"))
    raw: dict[str, Any] = {**document.value, "scores": scores.name}
    write(home.folder / STUDY_FILE, yaml.safe_dump(raw, sort_keys=False, allow_unicode=True))
    copy = or_mistakes(load_study, home.folder / STUDY_FILE)
    tracker = Tracker(f"{SQLITE}{home.database}", home)
    or_exit(record_scores, copy, tracker)
    written = or_exit(report, copy, tracker, home.folder)
    print_verdicts(written.verdicts, as_values=as_values)
    if not as_values:
        print_lines(f"report: {written.page}", f"look:  HARNESS_HOME={to} harness dashboard")
