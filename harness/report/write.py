"""A study's report: one HTML page, and the same tables as LaTeX, Markdown and CSV beside it."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from markupsafe import Markup

from harness.judge.answer import judge, lower_metrics
from harness.judge.tables import Tabulated, tabulate
from harness.judge.verdicts import Verdicts
from harness.record.database import Run
from harness.record.mlflow_page import look_lines
from harness.record.table import table
from harness.record.tracker import Tracker
from harness.report.answer_figures import answer_figures
from harness.report.answer_file import keep_answer, version_of
from harness.report.arm_colours import arm_colours
from harness.report.averages import average_rows, averages_csv, averages_markdown
from harness.report.comparison_latex import comparisons_latex
from harness.report.comparison_tables import arms_csv, contrasts_csv, values_csv
from harness.report.comparison_text import comparisons_markdown
from harness.report.crate import CrateContent, write_crate
from harness.report.evidence import NO_EVIDENCE, Evidence, evidence_value, read_evidence
from harness.report.figure_files import write_figures
from harness.report.formats import csv_of_frame
from harness.report.methods.paragraphs import trials_of
from harness.report.page import page
from harness.report.paper import ShownFigure
from harness.report.paper_tables_latex import tables_latex
from harness.report.paper_tables_text import tables_csv, tables_markdown
from harness.report.provenance import provenance
from harness.report.search_page import links_of, search_html
from harness.report.search_text import points_csv, search_markdown
from harness.report.study_paper import paper_of
from harness.search.history import SearchHistory, read_history
from harness.search.in_words import in_words
from harness.store import write
from harness.study.load import Study
from harness.study.names import display_name

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Report:
    """What a report has written, and the verdicts that it was written from."""

    page: Path
    verdicts: Verdicts


def report(
    study: Study,
    tracker: Tracker,
    folder: Path,
    crate: Path | None = None,
    *,
    figure_files: bool = False,
) -> Report:
    """Judges a study once and writes everything about it into a folder, and as an RO-Crate where
    one is asked for; no data are read.

    Every figure as a file of its own takes half a second: they are written where they are asked
    for.
    """
    runs, rows = table(tracker, study.name)
    recorded = tracker.runs(study.name)
    folder.mkdir(parents=True, exist_ok=True)
    verdicts = judge(study, runs, rows, recorded, leaving_out=True)
    keep_answer(tracker.home, study, verdicts, version_of(recorded))
    tables = tabulate(study, runs, rows, lower_metrics(study))
    history = read_history(study, tracker.home)
    used = runs_used(study, runs, recorded, history)
    evidence = read_evidence(tracker, used)
    answer = _shown_figures(study, verdicts, used, tracker)
    in_mlflow = ", then ".join(look_lines(tracker, study.name))
    files = texts(
        study,
        verdicts,
        used,
        tables,
        history,
        evidence=evidence,
        figures=answer,
        in_mlflow=in_mlflow,
    )
    for name, text in files.items():
        write(folder / name, text)
    figures = write_figures(files["report.html"], folder / "figures") if figure_files else []
    if crate is not None:
        contents = {name: text.encode() for name, text in files.items()}
        contents |= {f"figures/{path.name}": path.read_bytes() for path in figures}
        contents |= _sources(study, runs, rows, evidence)
        write_crate(crate, CrateContent(study, verdicts.headline, evidence, contents))
    return Report(folder / "report.html", verdicts)


def _shown_figures(
    study: Study, verdicts: Verdicts, used: Sequence[Run], tracker: Tracker
) -> list[ShownFigure]:
    """The figures that show the answer; results from elsewhere came without pictures."""
    if study.scores is not None:
        return []
    figures = []
    for figure in answer_figures(study, verdicts, used, tracker):
        figures.append(ShownFigure(Markup(figure.svg), figure.caption))
    return figures


def _sources(
    study: Study, runs: "DataFrame", rows: "DataFrame", evidence: Evidence
) -> Mapping[str, bytes]:
    """What a report was written from, for a crate."""
    used = [run.id for run in evidence.runs]
    trials = {trial.key: trial.to_plain() for trial in trials_of(study)}
    runs_of_study = runs[runs["run"].isin(used)] if len(runs) else runs
    packages = [f"{name}=={version}" for name, version in evidence.packages.items()]
    contents = {
        "runs.csv": csv_of_frame(runs_of_study),
        "rows.csv": csv_of_frame(rows[rows["run"].isin(used)]),
        "study.resolved.yaml": yaml.safe_dump(study.raw, sort_keys=False, allow_unicode=True),
        "trials.json": json.dumps(trials, indent=1),
        "records.json": evidence_value(evidence),
        "packages.txt": "\n".join([*packages, ""]),
    }
    return {name: text.encode() for name, text in contents.items()}


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
    *,
    evidence: Evidence = NO_EVIDENCE,
    figures: Sequence[ShownFigure] = (),
    in_mlflow: str = "",
) -> dict[str, str]:
    """Every file of a report by its name."""
    lower = lower_metrics(study)
    origin = provenance(study, runs, in_mlflow)
    averages = average_rows(study, verdicts.verdicts)
    sections = []
    if history is not None:
        sections.append(search_html(in_words(history, study.names), links_of(runs)))
    paper = paper_of(study, verdicts, evidence, history, figures)
    files = {
        "report.html": page(
            verdicts,
            _design(study),
            origin,
            tables,
            averages=averages,
            searches=sections,
            paper=paper,
            names=study.names,
            colours=_colours_of_arms(study, verdicts),
        ),
        "report.tex": comparisons_latex(verdicts, lower, study.names)
        + tables_latex(tables, study.names),
        "report.md": comparisons_markdown(verdicts, lower)
        + averages_markdown(averages)
        + tables_markdown(tables),
        "arms.csv": arms_csv(verdicts),
        "contrasts.csv": contrasts_csv(verdicts),
        "values.csv": values_csv(verdicts),
        paper.bibtex_file: paper.bibtex,
    }
    if tables:
        files["tables.csv"] = tables_csv(tables)
    if averages:
        files["averages.csv"] = averages_csv(averages)
    if history is not None:
        files["report.md"] += search_markdown(in_words(history, study.names))
        files["points.csv"] = points_csv(history)
    return files


def _colours_of_arms(study: Study, verdicts: Verdicts) -> dict[str, dict[str, str]]:
    """The colours of the arms of each comparison, by its name."""
    colours = {}
    for verdict in verdicts.verdicts:
        comparison = verdict.comparison
        colours[comparison.name] = arm_colours(study, comparison, verdict.arms)
    return colours


def _design(study: Study) -> list[tuple[str, str]]:
    """The axes with their levels, what was left out, and what was to be compared."""
    facts = []
    for axis in study.axes:
        for path in axis.paths:
            levels = [cell.levels[path] for cell in study.cells if path in cell.levels]
            distinct = list(dict.fromkeys(levels))
            name = f"{display_name(path, study.names)} ({path})"
            own_names = study.names.levels.get(path, {})
            texts = []
            for level in distinct:
                texts.append(f"{own_names[level]} ({level})" if level in own_names else level)
            facts.append((name, f"{len(distinct)}: {', '.join(texts)}"))
    if study.until is not None:
        facts.append(("how many seeds", study.until.text))
    if study.search is not None:
        for dimension in study.search.dimensions:
            facts.append((dimension.path, f"searched: {dimension.range_text}"))
    expansion = study.expansion
    for reason, count in expansion.excluded.items():
        facts.append(("excluded", f"{reason} ({count})"))
    for path, count in expansion.inert.items():
        facts.append(("without effect", f"{path} on {count} cells"))
    return facts
