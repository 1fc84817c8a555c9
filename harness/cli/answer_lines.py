"""What came of a run, and the answer of its study, as lines of a terminal."""

from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import screen
from harness.cli.shared import as_json, or_exit, print_lines
from harness.record.tracker import Tracker
from harness.run.carry_out import RunSummary
from harness.store import Home
from harness.study.load import Study

if TYPE_CHECKING:
    from harness.judge.verdicts import Verdicts


def print_summary(summary: RunSummary | None) -> None:
    """Prints what came of a run; None where there was nothing to do."""
    if summary is None:
        print_lines("nothing to do: every trial is done")
        return
    print_lines(*screen.summary_lines(summary))
    if summary.count_left:
        unfinished = f"{summary.count_left} trials are not finished"
        print_lines(f"  stopped: {unfinished}; the same command goes on")
    if summary.failures:
        print_lines("again: harness run (the rest stays), or harness run --retry failed")


def print_answer(study: Study, tracker: Tracker) -> None:
    """Prints the answer in a line, and where the page lies that says the rest."""
    if not study.cells or not (study.compare or study.tables):
        return
    from harness.report.write import report

    written = or_exit(report, study, tracker, reports_folder(tracker.home, study))
    print_lines(f"answer: {written.verdicts.headline}", f"report: {written.page}")


def print_verdicts(verdicts: "Verdicts", *, as_values: bool) -> None:
    """Prints the verdicts of a study, in sentences or for machines."""
    from harness.judge.verdicts import lines, value  # statistics, which a plan need not load

    if as_values:
        as_json(value(verdicts))
    else:
        print_lines(*lines(verdicts))


def reports_folder(home: Home, study: Study) -> Path:
    """Where the reports of a study lie."""
    return home.folder / "reports" / study.path.stem
