"""A study's report: one HTML page, and the same tables as LaTeX, Markdown and CSV beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.judge.answer import judge
from harness.judge.tables import Tabulated, tabulate
from harness.judge.verdicts import Verdicts
from harness.record.database import Run
from harness.record.table import table
from harness.record.tracker import Tracker
from harness.report import paper_tables_text
from harness.report.comparison_tables import arms_csv, contrasts_csv, latex, markdown, values_csv
from harness.report.page import page
from harness.report.provenance import provenance
from harness.spec.catalogue import catalogue
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
    verdicts = judge(study, runs, rows, recorded)
    tables = tabulate(study, runs, rows, lower(study))
    for name, text in texts(study, verdicts, used(study, runs, recorded), tables).items():
        write(folder / name, text)
    return Report(folder / "report.html", verdicts)


def used(study: Study, runs: "DataFrame", recorded: Iterable[Run]) -> list[Run]:
    """The runs that a study's numbers stand on."""
    newest = set(runs["run"]) if len(runs) else set()
    wanted = {cell.trial.key for cell in study.cells}
    return [r for r in recorded if r.id in newest and r.key in wanted]


def texts(
    study: Study, verdicts: Verdicts, runs: list[Run], tables: Sequence[Tabulated] = ()
) -> dict[str, str]:
    """Every file of a report by its name."""
    found = {
        "report.html": page(verdicts, _design(study), provenance(study, runs), tables),
        "report.tex": latex(verdicts, lower(study)) + paper_tables_text.latex(tables),
        "report.md": markdown(verdicts, lower(study)) + paper_tables_text.markdown(tables),
        "arms.csv": arms_csv(verdicts),
        "contrasts.csv": contrasts_csv(verdicts),
        "values.csv": values_csv(verdicts),
    }
    return found | ({"tables.csv": paper_tables_text.tables_csv(tables)} if tables else {})


def lower(study: Study) -> set[str]:
    """The metrics of which less is better, as their probes say."""
    probes = {p.name for cell in study.cells for p in cell.trial.probes}
    return {m for name in probes for m in catalogue("probe")[name].facts.lower}


def _design(study: Study) -> list[tuple[str, str]]:
    """The axes with their levels, what was left out, and what was to be compared."""
    found = []
    for axis in study.axes:
        for path in axis.paths:
            levels = list(
                dict.fromkeys(cell.levels[path] for cell in study.cells if path in cell.levels)
            )
            found.append((path, f"{len(levels)}: {', '.join(levels)}"))
    grid = study.expansion
    found += [("excluded", f"{reason} ({count})") for reason, count in grid.excluded.items()]
    found += [("without effect", f"{path} on {count} cells") for path, count in grid.inert.items()]
    return found
