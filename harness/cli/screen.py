"""Plans, progress and runs as tables and lines for a terminal; the command line prints them."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from harness.record.database import Run
from harness.run.carry_out import RunSummary
from harness.run.jobs import Outcome
from harness.run.progress import Progress, duration, how_far, remaining
from harness.spec.catalogue import Component
from harness.spec.states import State

JOB_STATES = (
    State.WAITING,
    State.RUNNING,
    State.FINISHED,
    State.DIVERGED,
    State.FAILED,
    State.SKIPPED,
    State.STOPPED,
)
END_STATES = (State.FINISHED, State.DIVERGED, State.FAILED, State.SKIPPED, State.STOPPED)

TAGS_OF_A_RUN = (
    "harness.reason",
    "harness.set",
    "harness.device",
    "harness.host",
    "mlflow.source.git.commit",
    "harness.error",
)


def progress_table(
    progress: Progress, is_alive: bool, notes: Mapping[str, Mapping[str, Any]]
) -> Table:
    """A study's state: counts, what runs now and how far it is."""
    counts = Counter((job.kind, job.state) for job in progress.jobs.values())
    table = Table(box=None, pad_edge=False, show_header=False)
    for kind in ("fit", "trial"):
        states = [state for state in JOB_STATES if counts[kind, state]]
        texts = [f"{counts[kind, state]} {state}" for state in states]
        table.add_row(f"{kind}s", Text(", ".join(texts) or "none needed"))
    if not is_alive:
        return table
    for key, job in progress.jobs.items():
        if job.state == State.RUNNING:
            table.add_row("now", Text(f"{job.name}: {how_far(notes.get(key, {}))}"))
    seconds = remaining(progress)
    to_go = "no estimate yet" if seconds is None else f"about {duration(seconds)} to go"
    table.add_row("time", f"{duration(time.time() - progress.started)} so far, {to_go}")
    return table


def summary_lines(summary: RunSummary) -> Iterator[str]:
    """What came of a run, failures with their sentence."""
    states = [state for state in END_STATES if summary.count(state)]
    counts = [f"{summary.count(state)} {state}" for state in states]
    trials = ", ".join(counts) or "none run"
    fits = summary.count(State.FINISHED, "fit")
    trained = f"{fits} fit{'s' * (fits != 1)} trained"
    who = "by workers: " if summary.by_workers else ""
    yield f"{who}{trained}; trials: {trials}; {summary.recorded} recorded"
    for outcome in summary.failures:
        yield f"  failed: {outcome.job.name}: {outcome.error}"
    if summary.count_unrecorded:
        yield f"  {summary.problem}"
    if summary.count_by_others:
        yield f"  {summary.count_by_others} were done by other processes meanwhile"
    lost = [outcome for outcome in summary.outcomes if outcome.lives > 1]
    if lost:
        yield f"  {len(lost)} lost their worker and were taken up again"


def outcome_line(outcome: Outcome) -> str:
    """How one job ended, with its error."""
    seconds = duration(outcome.seconds)
    text = f"{outcome.state}: {outcome.job.name} ({seconds})"
    if outcome.error:
        text += f": {outcome.error}"
    return text


def log_line(progress: Progress, outcome: Outcome) -> str:
    """How one job ended, when, and how much is left: 18:04:05 3/12 finished: ... 4 min to go."""
    ended = sum(not job.is_unfinished for job in progress.jobs.values())
    count = f"{ended}/{len(progress.jobs)}"
    text = f"{time.strftime('%H:%M:%S')} {count} {outcome_line(outcome)}"
    seconds = remaining(progress)
    if seconds:
        text += f"; about {duration(seconds)} to go"
    return text


def run_table(run: Run, metrics: Mapping[str, float], artifacts: list[str]) -> Table:
    """Everything about one run."""
    table = Table(box=None, pad_edge=False, show_header=False)
    heads = {
        "name": run.name,
        "study": run.study,
        "state": run.state,
        "run": run.id,
        "trial": run.key,
    }
    for name, value in heads.items():
        table.add_row(Text(name, style="bold"), Text(value))
    if run.started and run.ended:
        table.add_row(Text("took", style="bold"), duration((run.ended - run.started) / 1000))
    for tag in TAGS_OF_A_RUN:
        if tag in run.tags:
            name = tag.split(".", 1)[1]
            table.add_row(Text(name, style="bold"), Text(run.tags[tag]))
    table.add_section()
    for name, number in sorted(metrics.items()):
        table.add_row(Text(name), f"{number:.6g}" if number is not None else "undefined")
    for name, value in sorted(run.params.items()):
        table.add_row(Text(name), Text(value))
    for name in artifacts:
        table.add_row("artifact", Text(name))
    return table


def datasets_table(components: Iterable[Component], folder: Path) -> Table:
    """The data sets: name, sentence, where it is, licence."""
    table = Table("name", "what it is", "here", "licence", box=None, header_style="bold")
    for component in components:
        table.add_row(
            Text(component.name, style="bold"),
            Text(component.sentence),
            Text(availability(component, folder)),
            Text(str(component.facts.licence)),
        )
    return table


def availability(dataset: Component, folder: Path) -> str:
    """Whether a data set needs a download, and has had it."""
    if dataset.facts.drawn:
        return "drawn"
    if dataset.name in ("volume", "folder"):
        return "yours"
    if "of" in dataset.options:
        return "made of another"
    if (folder / dataset.name).is_dir():
        return "yes"
    return "by registration" if dataset.facts.access else "no"
