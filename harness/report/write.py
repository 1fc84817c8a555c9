"""A study's report: one HTML page, and the same tables as LaTeX, Markdown and CSV beside it."""

from pathlib import Path

from harness import registry
from harness.compare.judge import judge
from harness.report.page import page
from harness.report.provenance import provenance
from harness.report.tables import arms_csv, contrasts_csv, latex, markdown, values_csv
from harness.store import write
from harness.study import Study
from harness.track import Tracker, table


def report(study: Study, tracker: Tracker, folder: Path) -> Path:
    """Judges a study and writes everything about it into a folder; the page's path."""
    runs, rows = table(tracker, study.name)
    recorded = tracker.runs(study.name)
    verdicts = judge(study, runs, rows, recorded)
    newest = set(runs["run"]) if len(runs) else set()
    wanted = {cell.trial.key for cell in study.cells}
    used = [r for r in recorded if r.id in newest and r.key in wanted]
    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "report.html": page(verdicts, _design(study), provenance(study, used)),
        "report.tex": latex(verdicts, lower(study)),
        "report.md": markdown(verdicts, lower(study)),
        "arms.csv": arms_csv(verdicts),
        "contrasts.csv": contrasts_csv(verdicts),
        "values.csv": values_csv(verdicts),
    }
    for name, text in texts.items():
        write(folder / name, text)
    return folder / "report.html"


def lower(study: Study) -> set[str]:
    """The metrics of which less is better, as their probes say."""
    probes = {p.name for cell in study.cells for p in cell.trial.probes}
    return {m for name in probes for m in registry.catalogue("probe")[name].facts.get("lower", ())}


def _design(study: Study) -> list[tuple[str, str]]:
    """The axes with their levels, what was left out, and what was to be compared."""
    found = []
    for axis in study.axes:
        for path in axis.paths:
            levels = list(dict.fromkeys(cell.levels[path] for cell in study.cells if path in cell.levels))
            found.append((path, f"{len(levels)}: {', '.join(levels)}"))
    grid = study.expansion
    found += [("excluded", f"{reason} ({count})") for reason, count in grid.excluded.items()]
    found += [("without effect", f"{path} on {count} cells") for path, count in grid.inert.items()]
    return found
