"""What came of a run, and the answer of its study, as lines of a terminal."""

from pathlib import Path

from harness.cli import screen
from harness.cli.shared import or_exit, print_lines
from harness.record.tracker import Tracker
from harness.run.carry_out import RunSummary
from harness.store import Home
from harness.study.load import Study


def print_summary(summary: RunSummary | None) -> None:
    """Prints what came of a run; None where there was nothing to do."""
    if summary is None:
        print_lines("nothing to do: every trial is done")
        return
    print_lines(*screen.summary_lines(summary))
    if summary.failures:
        print_lines("again: harness run (the rest stays), or harness run --retry failed")


def print_answer(study: Study, tracker: Tracker) -> None:
    """Prints the answer in a line, and where the page lies that says the rest."""
    if not study.cells or not (study.compare or study.tables):
        return
    from harness.report.write import report

    written = or_exit(report, study, tracker, reports_folder(tracker.home, study))
    print_lines(f"answer: {written.verdicts.headline}", f"report: {written.page}")


def reports_folder(home: Home, study: Study) -> Path:
    """Where the reports of a study lie."""
    return home.folder / "reports" / study.path.stem
