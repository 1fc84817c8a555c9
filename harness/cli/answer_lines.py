"""What came of a run, and the answer of its study, as lines of a terminal."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli import screen
from harness.cli.shared import as_json, or_exit, print_lines, print_sentence
from harness.record.tracker import Tracker
from harness.run.carry_out import RunSummary
from harness.store import Home
from harness.study.load import Study

if TYPE_CHECKING:
    from harness.judge.verdicts import Verdicts

DECIDED, UNDECIDED, UNTESTED = "green", "yellow", "red"
COLOURS = {
    "differs": DECIDED,
    "equivalent": DECIDED,
    "open": UNDECIDED,
    "not shown": UNDECIDED,
    "only in these networks": UNDECIDED,
    "not testable": UNTESTED,
    "no test": UNTESTED,
}


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
    """Prints the answer, a sentence for each primary comparison, and where the page lies that says
    the rest.
    """
    if not study.cells or not (study.compare or study.tables):
        return
    from harness.judge.verdict_lines import answer_lines
    from harness.report.write import report

    written = or_exit(report, study, tracker, reports_folder(tracker.home, study))
    verdicts = written.verdicts
    sentences = list(answer_lines(verdicts))
    count = sum(verdict.comparison.primary for verdict in verdicts.verdicts) or 1
    for line in sentences[:count]:
        text = verdicts.headline if count == 1 else line.text
        print_sentence(f"answer: {text}", style_of(line.outcomes))
    rest = len(sentences) - count
    if rest > 0:
        noun = "comparisons" if rest > 1 else "comparison"
        print_lines(f"        {rest} further {noun}: harness compare {study.path}")
    print_lines(f"report: {written.page}")


def print_verdicts(verdicts: "Verdicts", *, as_values: bool) -> None:
    """Prints the verdicts of a study, in sentences or for machines."""
    from harness.judge.verdict_lines import marked_lines  # statistics, which a plan need not load
    from harness.judge.verdicts import value

    if as_values:
        as_json(value(verdicts))
        return
    for line in marked_lines(verdicts):
        print_sentence(line.text, style_of(line.outcomes))


def style_of(outcomes: Collection[str]) -> str:
    """The colour of a sentence on a terminal: green where all that it speaks of is decided, yellow
    where it is undecided, red where it could not be tested; none where they differ.
    """
    styles = {COLOURS.get(outcome, "") for outcome in outcomes}
    return styles.pop() if len(styles) == 1 else ""


def reports_folder(home: Home, study: Study) -> Path:
    """Where the reports of a study lie."""
    return home.folder / "reports" / study.path.stem
