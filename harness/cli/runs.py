"""harness runs: what has been recorded, as a table to sort, to confine and to cut to columns."""

import csv
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from harness.cli.named_study import name_of_study, studies_in
from harness.cli.shared import (
    AsJson,
    Where,
    app,
    as_json,
    fail,
    or_exit,
    out,
    print_lines,
    tracker_at,
)
from harness.record.database import Run
from harness.record.study_files import study_file_of
from harness.record.tracker import Tracker, metrics
from harness.spec.catalogue import catalogue
from harness.spec.options import did_you_mean
from harness.spec.repetitions import REPETITIONS
from harness.store import Home
from harness.study.names_compared import metrics_in_file

Row = dict[str, Any]
FIRST = ("run", "study", "state")
FEW = 4  # metrics that are shown where no columns were asked for
ID_LENGTH = 8  # letters of a run's id that are shown: `harness show` takes them
WIDEST = 22  # letters of a cell in the table; CSV and JSON have them all


@app.command()
def runs(
    study: Annotated[
        str | None, typer.Argument(help="A study's name or file; all otherwise.")
    ] = None,
    sort: Annotated[
        str | None, typer.Option(help="A column to sort by; -dice begins with the highest.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(help="Columns in this order: fit.init,dice,seconds/fit.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--where", help="Only runs with fit.init=random.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="As a CSV file.")] = False,
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """List runs with their levels and metrics; sort, confine, choose columns."""
    tracker = tracker_at(where)
    recorded = _runs_of(tracker, study)
    rows = _rows(tracker, recorded)
    names = _names(rows)
    for condition in only or ():
        rows = _rows_where(rows, condition, names)
    if sort is not None:
        rows = _rows_by(rows, sort, names)
    if columns is None:
        columns_to_show = _default_columns(rows, names, _compared_metrics(recorded, tracker.home))
    else:
        columns_to_show = columns.split(",")
    for name in columns_to_show:
        _require(name, names)
    if json_:
        as_json([_columns_of(row, columns_to_show) for row in rows])
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, columns_to_show, extrasaction="ignore", restval="")
        writer.writeheader()
        writer.writerows(rows)
    else:
        _print_table(rows, columns_to_show, fits_by_itself=columns is None)


def _runs_of(tracker: Tracker, study: str | None) -> list[Run]:
    """The runs of a study, or of all; where there is none, the command ends."""
    name = None if study is None else name_of_study(study)
    recorded = or_exit(tracker.runs, name)
    if recorded:
        return recorded
    if name is None:
        fail(f"no runs in {tracker.shown_uri}")
    hint = did_you_mean(name, studies_in(tracker))
    fail(f"no runs of the study {name!r} in {tracker.shown_uri}; {hint}")


def _rows(tracker: Tracker, recorded: list[Run]) -> list[Row]:
    """A row for each run: its levels, its metrics."""
    numbers: dict[str, Mapping[str, float]] = {}
    for study in {run.study for run in recorded}:
        numbers.update(or_exit(metrics, tracker, study))
    rows = []
    for run in recorded:
        head = {"run": run.id[:ID_LENGTH], "study": run.study, "state": run.state}
        rows.append({**head, **run.levels, **numbers.get(run.id, {})})
    return rows


def _columns_of(row: Row, columns: list[str]) -> Row:
    return {name: row.get(name) for name in columns}


def _names(rows: list[Row]) -> list[str]:
    """Every column that some run has, in the order in which they come."""
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    return list(names)


def _require(name: str, names: list[str]) -> None:
    if name not in names:
        fail(f"no column {name!r}; {did_you_mean(name, names)}")


def _rows_where(rows: list[Row], condition: str, names: list[str]) -> list[Row]:
    """The runs whose column has this value: `fit.init=random`."""
    name, equals, value = condition.partition("=")
    if not equals:
        fail(f"--where {condition}: say it as COLUMN=VALUE")
    _require(name, names)
    return [row for row in rows if str(row.get(name, "")) == value]


def _rows_by(rows: list[Row], by: str, names: list[str]) -> list[Row]:
    """The runs in the order of a column; those without a number in it come last."""
    name = by.removeprefix("-")
    _require(name, names)
    having = [row for row in rows if row.get(name) is not None]
    lacking = [row for row in rows if row.get(name) is None]
    as_text = any(isinstance(row[name], str) for row in having)

    def order(row: Row) -> Any:
        return str(row[name]) if as_text else row[name]

    return sorted(having, key=order, reverse=by.startswith("-")) + lacking


def _compared_metrics(recorded: list[Run], home: Home) -> list[str]:
    """The metrics that a study compares, in the order of its file; none where that is not here."""
    of_study = {run.study: [run] for run in recorded}
    metrics_compared: list[str] = []
    for newest in of_study.values():
        file = study_file_of(newest, home).find()
        if file is not None:
            metrics_compared += metrics_in_file(file)
    return metrics_compared


def _columns_of_metrics(compared: list[str], names: list[str]) -> list[str]:
    """The columns of these metrics: `swd` or, with dimensions, `swd/gradient/wasserstein`."""
    columns: list[str] = []
    for metric in dict.fromkeys(compared):
        columns += [name for name in names if name.partition("/")[0] == metric]
    return columns


def _default_columns(rows: list[Row], names: list[str], compared: list[str]) -> list[str]:
    """What is compared, what tells the runs apart, the shortest first, and what else was measured.

    Seed and fold come after what they repeat.
    """
    measured = probed_metrics()
    numbers = [name for name in names if name in measured]
    numbers.sort(key=lambda name: -sum(name in row for row in rows))
    first = _columns_of_metrics(compared, names)[:FEW]
    rest = [name for name in numbers if name not in first]
    levels = []
    for name in names:
        values = {str(row.get(name)) for row in rows}
        is_number = any(isinstance(row.get(name), float) for row in rows)
        if not is_number and name not in FIRST and len(values) > 1:
            levels.append(name)
    levels.sort(key=lambda name: (name in REPETITIONS, _width(rows, name)))
    head = ["run", "state"]
    if len({row["study"] for row in rows}) > 1:
        head.insert(1, "study")
    return [*head, *first, *levels, *rest[: FEW - len(first)]]


def probed_metrics() -> set[str]:
    """The names of all metrics that probes measure; other numbers of a run are of its training."""
    names: set[str] = set()
    for component in catalogue("probe").values():
        names.update(component.facts.metrics)
    return names


def _width(rows: list[Row], name: str) -> int:
    return max(len(_cell(row.get(name))) for row in rows)


def _print_table(rows: list[Row], columns: list[str], *, fits_by_itself: bool) -> None:
    """Prints the runs; what does not fit into the terminal is left out by its name."""
    fitting = columns
    if fits_by_itself:
        fitting = _columns_that_fit(rows, columns, out.width)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in fitting:
        table.add_column(Text(_heading(name, columns)), no_wrap=True)
    for row in rows:
        table.add_row(*[Text(_cell(row.get(name))) for name in fitting])
    out.print(table)
    rest = [name for name in columns if name not in fitting]
    if rest:
        print_lines(f"and {', '.join(rest)}: --columns shows what you name, --csv has room for all")


def _columns_that_fit(rows: list[Row], columns: list[str], width: int) -> list[str]:
    """The first columns, as many as a line has room for."""
    taken = 0
    fitting: list[str] = []
    for name in columns:
        taken += max(_width(rows, name), len(_heading(name, columns))) + 2
        if taken <= width:
            fitting.append(name)
    return fitting


def _heading(name: str, columns: list[str]) -> str:
    """The last word of a path where no other column ends so: a terminal has 80 columns."""
    last = name.rpartition(".")[2]
    alike = [column for column in columns if column.rpartition(".")[2] == last]
    return last if len(alike) == 1 else name


def _cell(value: Any) -> str:
    """A value as the table shows it, cut where it is long."""
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}"
    text = str(value)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
