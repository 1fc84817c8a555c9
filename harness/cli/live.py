"""A plan carried out in a terminal: a table follows its progress."""

import signal
from typing import Any, NoReturn

from rich.live import Live
from rich.table import Table

from harness.cli import screen
from harness.cli.interrupted import end_interrupted
from harness.cli.plan_screen import plan_lines
from harness.cli.shared import err, out, print_lines
from harness.record.tracker import Tracker
from harness.run.carry_out import RunSummary, Source, run
from harness.run.events import Engine
from harness.run.jobs import Outcome
from harness.run.plan import Plan
from harness.run.progress import Progress, notes
from harness.spec.states import State
from harness.store import Home


def carry_out(
    plan: Plan,
    home: Home,
    tracker: Tracker,
    engine: Engine,
    *,
    fail_fast: bool,
    slots: int,
    quiet: bool,
    source: Source | None = None,
) -> RunSummary:
    """Carries out a plan: a table follows it in a terminal, else a line tells of each job's end."""
    options: dict[str, Any] = {"fail_fast": fail_fast, "slots": slots, "source": source}
    signal.signal(signal.SIGTERM, _interrupt)
    live = _LiveTable(home)
    try:
        if quiet:
            return run(plan, home, tracker, engine, _say_failures, **options)
        if source is None:
            print_lines(*plan_lines(plan))
        if not out.is_terminal:
            return run(plan, home, tracker, engine, _log, **options)
        with Live(console=out, get_renderable=live.draw, refresh_per_second=2, transient=True):
            return run(plan, home, tracker, engine, live.follow, **options)
    except KeyboardInterrupt:
        end_interrupted()


def _interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _say_failures(progress: Progress, outcome: Outcome | None) -> None:
    if outcome is not None and outcome.state == State.FAILED:
        err.print(screen.outcome_line(outcome), markup=False)


def _log(progress: Progress, outcome: Outcome | None) -> None:
    """Writes a line for each job that has ended, for whoever reads it in a log."""
    if outcome is None:
        return
    print_lines(screen.log_line(progress, outcome))
    out.file.flush()


class _LiveTable:
    """What a terminal shows of a running study: a table of its progress, and its failures."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._progress: Progress | None = None

    def follow(self, progress: Progress, outcome: Outcome | None) -> None:
        """Takes the progress to draw next, and prints an outcome that is no good one above it."""
        self._progress = progress
        if outcome is not None and outcome.state in (State.FAILED, State.DIVERGED):
            print_lines(screen.outcome_line(outcome))

    def draw(self) -> Table | str:
        """Draws the latest progress; what the workers note is read only now."""
        if self._progress is None:
            return ""
        return screen.progress_table(self._progress, True, notes(self._home, self._progress))
