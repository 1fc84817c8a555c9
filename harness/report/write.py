"""A study's report: one HTML page, and the same tables as LaTeX, Markdown and CSV beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.judge.answer import judge, lower_metrics
from harness.judge.tables import Tabulated, tabulate
from harness.judge.verdicts import Verdicts
from harness.record.database import Run
from harness.record.mlflow_page import look_lines
from harness.record.table import table
from harness.record.tracker import Tracker
from harness.report.averages import average_rows, averages_csv, averages_markdown
from harness.report.comparison_tables import arms_csv, contrasts_csv, values_csv
from harness.report.comparison_text import comparisons_latex, comparisons_markdown
from harness.report.page import page
from harness.report.paper_tables_text import tables_csv, tables_latex, tables_markdown
from harness.report.provenance import provenance
from harness.report.search_page import links_of, search_html
from harness.report.search_text import points_csv, search_markdown
from harness.search.history import SearchHistory, read_history
from harness.store import write
from harness.study.load import Study

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Report:
    """What a report has written, and the verdicts that it was written from."""

    page: Path
    verdicts: Verdicts


def report(study: Study, tracker: Tracker, folder: Path) -> Report:
    """Judges a study once and writes everything about it into a folder."""
    runs, rows = table(tracker, study.name)
    recorded = tracker.runs(study.name)
    folder.mkdir(parents=True, exist_ok=True)
    verdicts = judge(study, runs, rows, recorded, leaving_out=True)
    tables = tabulate(study, runs, rows, lower_metrics(study))
    history = read_history(study, tracker.home)
    used = runs_used(study, runs, recorded, history)
    in_mlflow = ", then ".join(look_lines(tracker, study.name))
    files = texts(study, verdicts, used, tables, history, in_mlflow=in_mlflow)
    for name, text in files.items():
        write(folder / name, text)
    return Report(folder / "report.html", verdicts)


def runs_used(
    study: Study,
    runs: "DataFrame",
    recorded: Iterable[Run],
    history: SearchHistory | None = None,
) -> list[Run]:
    """The runs that a study's numbers stand on, those of its search with them."""
    if not len(runs):
        return []
    newest = set(runs["run"])
    trials = {cell.trial.key for cell in study.cells}
    if history is not None:
        for point in history.points:
            trials.update(point.trial_keys)
    return [run for run in recorded if run.id in newest and run.key in trials]


def texts(
    study: Study,
    verdicts: Verdicts,
    runs: list[Run],
    tables: Sequence[Tabulated] = (),
    history: SearchHistory | None = None,
    in_mlflow: str = "",
) -> dict[str, str]:
    """Every file of a report by its name."""
    lower = lower_metrics(study)
    origin = provenance(study, runs, in_mlflow)
    averages = average_rows(study, verdicts.verdicts)
    sections = []
    if history is not None:
        sections.append(search_html(history, links_of(runs)))
    files = {
        "report.html": page(
            verdicts, _design(study), origin, tables, averages=averages, searches=sections
        ),
        "report.tex": comparisons_latex(verdicts, lower) + tables_latex(tables),
        "report.md": comparisons_markdown(verdicts, lower)
        + averages_markdown(averages)
        + tables_markdown(tables),
        "arms.csv": arms_csv(verdicts),
        "contrasts.csv": contrasts_csv(verdicts),
        "values.csv": values_csv(verdicts),
    }
    if tables:
        files["tables.csv"] = tables_csv(tables)
    if averages:
        files["averages.csv"] = averages_csv(averages)
    if history is not None:
        files["report.md"] += search_markdown(history)
        files["points.csv"] = points_csv(history)
    return files


def _design(study: Study) -> list[tuple[str, str]]:
    """The axes with their levels, what was left out, and what was to be compared."""
    facts = []
    for axis in study.axes:
        for path in axis.paths:
            levels = [cell.levels[path] for cell in study.cells if path in cell.levels]
            distinct = list(dict.fromkeys(levels))
            facts.append((path, f"{len(distinct)}: {', '.join(distinct)}"))
    if study.search is not None:
        for dimension in study.search.dimensions:
            facts.append((dimension.path, f"searched: {dimension.range_text}"))
    expansion = study.expansion
    for reason, count in expansion.excluded.items():
        facts.append(("excluded", f"{reason} ({count})"))
    for path, count in expansion.inert.items():
        facts.append(("without effect", f"{path} on {count} cells"))
    return facts
