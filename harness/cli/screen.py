"""Plans, progress and runs as tables and lines for a terminal; the command line prints them."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from harness.record.database import Run
from harness.run.carry_out import Ended
from harness.run.engines import Outcome
from harness.run.plan import Plan
from harness.run.progress import Progress, duration, how_far, remaining
from harness.spec.catalogue import Component
from harness.spec.catalogue import catalogue as catalogue_registry
from harness.spec.options import REQUIRED, Option, readable
from harness.study.load import Study

MANY = 12  # lines of a list before it is summed up


def axes(study: Study) -> Table:
    table = Table("axis", "levels", title=None, box=None, pad_edge=False, header_style="bold")
    for axis in study.axes:
        for path in axis.paths:
            levels = list(
                dict.fromkeys(cell.levels[path] for cell in study.cells if path in cell.levels)
            )
            shown = ", ".join(levels[:MANY]) + (
                f" and {len(levels) - MANY} more" if len(levels) > MANY else ""
            )
            table.add_row(path, Text(f"{len(levels)}: {shown}"))
    return table


def plan_lines(plan: Plan) -> Iterator[str]:
    """The plan in sentences, the numbers first."""
    grid = plan.study.expansion
    cells = f"{grid.total:,} cell{'s' * (grid.total != 1)}"
    dropped = [f"{sum(grid.excluded.values()):,} excluded" if grid.excluded else ""]
    dropped.append(f"{sum(grid.inert.values()):,} equal to another" if grid.inert else "")
    yield f"{cells}, {len(plan.trials):,} trials" + "".join(f", {d}" for d in dropped if d)
    for reason, count in grid.excluded.items():
        yield f"  excluded: {reason} ({count:,})"
    for path, count in grid.inert.items():
        yield f"  inert: {path} has no effect on {count:,} cells, which equal others"
    cached = len(plan.fits) - len(plan.training)
    yield f"fits:   {len(plan.training):,} to train, {cached:,} there"
    to_run = [t for t in plan.trials if t.action == "run"]
    to_record = [t for t in plan.trials if t.action == "record"]
    done = len(plan.trials) - len(to_run) - len(to_record)
    recorded = f", {len(to_record):,} measured and to record" if to_record else ""
    yield f"trials: {len(to_run):,} to run, {done:,} done{recorded}"
    for reason, count in Counter(t.reason for t in plan.todo).most_common(MANY):
        yield f"  {count:,} because: {reason}"
    diverged = sum(t.reason == "diverged" for t in plan.trials if t.action == "done")
    if diverged:
        yield f"  {diverged:,} diverged, kept as they are (--retry diverged runs them again)"
    if plan.todo:
        yield f"time:   {estimate(plan)}"


def estimate(plan: Plan, slots: int = 1) -> str:
    """Hours from past durations, as far as there are any."""
    if plan.seconds is None:
        return "unknown: nothing like it has run here yet"
    text = f"about {duration(plan.seconds / slots)}" + (
        f" on {slots} slots" if slots > 1 else " of one slot's work"
    )
    return text + (
        f", and {plan.unknown:,} jobs whose like has not run here yet" if plan.unknown else ""
    )


def progress_table(progress: Progress, alive: bool, notes: dict[str, dict[str, Any]]) -> Table:
    """A study's state: counts, what runs now and how far it is."""
    counts = Counter((job["kind"], job["state"]) for job in progress.jobs.values())
    table = Table(box=None, pad_edge=False, show_header=False)
    states = {
        "waiting": "waiting",
        "running": "running",
        "finished": "finished",
        "diverged": "diverged",
    }
    states |= {"failed": "failed", "skipped": "skipped"}
    for kind in ("fit", "trial"):
        shown = [f"{counts[(kind, s)]} {word}" for s, word in states.items() if counts[(kind, s)]]
        table.add_row(f"{kind}s", Text(", ".join(shown) or "none needed"))
    for key, job in progress.jobs.items():
        if job["state"] == "running" and alive:
            table.add_row("now", Text(f"{job['name']}: {how_far(notes.get(key, {}))}"))
    left = remaining(progress)
    if alive:
        table.add_row("time", f"{duration(time.time() - progress.started)} so far, " + (
            "no estimate yet" if left is None else f"about {duration(left)} to go"
        ))  # fmt: skip
    return table


def ended_lines(ended: Ended) -> Iterator[str]:
    """What came of a run, failures with their sentence."""
    counts = [
        f"{ended.count(s)} {s}"
        for s in ("finished", "diverged", "failed", "skipped")
        if ended.count(s)
    ]
    fits = ended.count("finished", "fit")
    yield f"{fits} fit{'s' * (fits != 1)} trained; trials: {', '.join(counts) or 'none run'}; {ended.recorded} recorded"
    for outcome in ended.failures:
        yield f"  failed: {outcome.job.name}: {outcome.error}"
    lost = [o for o in ended.outcomes if o.lives > 1]
    if lost:
        yield f"  {len(lost)} lost their worker and were taken up again"


def outcome_line(outcome: Outcome) -> str:
    text = f"{outcome.state}: {outcome.job.name} ({duration(outcome.seconds)})"
    return f"{text}: {outcome.error}" if outcome.error else text


def catalogue(kind: str) -> Table:
    """The components of a kind: name, sentence, options with defaults."""
    table = Table(
        "name",
        "what it is",
        "options",
        title=kind,
        title_justify="left",
        box=None,
        header_style="bold",
    )
    for component in catalogue_registry(kind).values():
        options = [
            f"{o.name}: {readable(o.type)}" + ("" if o.default is REQUIRED else f" = {_default(o)}")
            for o in component.options.values()
        ]
        table.add_row(
            Text(component.name, style="bold"), Text(component.sentence), Text("\n".join(options))
        )
    return table


def _default(option: Option) -> str:
    return "null" if option.default is None else str(option.default)


def run_table(run: Run, metrics: dict[str, float], artifacts: list[str]) -> Table:
    """Everything about one run."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_row(Text("name", style="bold"), Text(run.name))
    for name, value in (
        ("study", run.study),
        ("state", run.state),
        ("run", run.id),
        ("trial", run.key),
    ):
        table.add_row(Text(name, style="bold"), Text(value))
    if run.started and run.ended:
        table.add_row(Text("took", style="bold"), duration((run.ended - run.started) / 1000))
    for name in (
        "harness.reason",
        "harness.device",
        "harness.host",
        "mlflow.source.git.commit",
        "harness.error",
    ):
        if name in run.tags:
            table.add_row(Text(name.split(".", 1)[1], style="bold"), Text(run.tags[name]))
    table.add_section()
    for name, number in sorted(metrics.items()):
        table.add_row(Text(name), f"{number:.6g}" if number is not None else "undefined")
    for name, value in sorted(run.params.items()):
        table.add_row(Text(name), Text(value))
    for name in artifacts:
        table.add_row("artifact", Text(name))
    return table


def trace_lines(run: Run, fits: list[dict[str, Any]], commit: str) -> Iterator[str]:
    """Where a number comes from: the trial, its fits with what they read, the code."""
    yield f"trial {run.key}: {run.name} ({run.state})"
    for fit in fits:
        indent = "  " * (fit["depth"] + 1)
        yield f"{indent}fit {fit['key']}: {fit['label']}"
        yield f"{indent}  {fit['state']}"
        for role, data in fit["data"]:
            yield f"{indent}  {role}: {data}"
    yield f"  tests on {run.params.get('test_on', '?')} with {run.params.get('probes', '?')}"
    dirty = ", with uncommitted changes" if "harness.dirty" in run.tags else ""
    yield f"  code {commit or 'not from a git checkout'}{dirty}"


def datasets(known: Iterable[Component], home: Path) -> Table:
    """The data sets: name, sentence, where it is, licence."""
    table = Table("name", "what it is", "here", "licence", box=None, header_style="bold")
    for one in known:
        licence = str(one.facts.licence)
        table.add_row(
            Text(one.name, style="bold"), Text(one.sentence), Text(here(one, home)), Text(licence)
        )
    return table


def here(one: Component, home: Path) -> str:
    """Whether a data set needs a download, and has had it."""
    if one.facts.made:
        return "drawn"
    if one.name in ("volume", "folder"):
        return "yours"
    if (home / one.name).is_dir():
        return "yes"
    return "by registration" if one.facts.access else "no"
