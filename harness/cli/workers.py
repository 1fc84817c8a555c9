"""A study done by workers in batch jobs: submitted, followed, found again, and brought together."""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import typer

from harness.cli.engines import Choice
from harness.cli.interrupted import end_interrupted
from harness.cli.shared import err, fail, or_exit, plan_of, print_lines
from harness.record.tracker import Tracker
from harness.run.carry_out import RunSummary, run
from harness.run.engines import inline
from harness.run.engines.node import read_settings
from harness.run.engines.submitit import (
    FOLDER,
    Fleet,
    Look,
    Order,
    Submitted,
    WorkerState,
    follow,
)
from harness.run.jobs import DETERMINISTIC
from harness.run.plan import Plan
from harness.run.workers_outcomes import outcomes_of_workers
from harness.store import Home, file_name
from harness.study.load import Study

MOST_WORKERS = 4
MINUTES = 240
REQUEUES = 100  # of a worker that reaches its limit


def refuse_what_workers_cannot(*, retry: str | None, fail_fast: bool) -> None:
    """Ends the command where it asks for what workers in batch jobs do not do."""
    if retry is not None:
        fail("--retry: workers take up what is missing or failed; run it --on processes")
    if fail_fast:
        fail("--fail-fast: workers know nothing of one another; run it --on processes")


def require_fixed_cells(study: Study) -> None:
    """Ends the command where what is trained next hangs on results: one process decides it."""
    rule = ""
    if study.search is not None:
        rule = "the points of a search are asked for"
    elif study.until is not None:
        rule = "further seeds are decided on"
    if rule:
        fail(f"{study.name}: {rule} by one process; harness run, or harness run --on ray")


def run_by_workers(
    choice: Choice,
    plan: Plan,
    home: Home,
    tracker: Tracker,
    where: str | None,
    *,
    quiet: bool,
) -> RunSummary:
    """Submits the workers that are missing, and follows them until the study has ended."""
    fleet = or_exit(Fleet, home, plan.study.name)
    order = order_of(choice, plan, where)
    or_exit(fleet.require, order)
    or_exit(tracker.prepare)
    fleet.forget_ended()
    before = fleet.look()
    to_run = sum(trial.action == "run" for trial in plan.todo)
    new = or_exit(fleet.top_up, order, to_run)
    say = _say_nothing if quiet else _say_changes
    if not quiet:
        print_lines(*_submission_lines(before, new))
    if choice.batch.detaches:
        print_lines("left; the same command finds them again, and harness status shows them")
        raise typer.Exit(0)
    try:
        follow(fleet, order, _work_left_in(plan, home), say)
    except KeyboardInterrupt:
        end_interrupted("left; the workers go on, and the same command finds them again")
    return _bring_together(plan, home, tracker)


def order_of(choice: Choice, plan: Plan, where: str | None) -> Order:
    """What is submitted for a study, by the options of the command."""
    batch = choice.batch
    words = [sys.executable, "-m", "harness.cli.main", "work", "--device", choice.device.value]
    if choice.slots is not None:
        words += ["--slots", str(choice.slots)]
    if where is not None:
        words += ["--uri", where]
    if os.environ.get(DETERMINISTIC) == "0":
        words.append("--no-deterministic")
    command = (*words, str(plan.study.path.resolve()))
    settings = {**read_settings(), "HARNESS_HOME": str(Home.here().folder)}
    return Order(
        command=command,
        folder=os.getcwd(),
        settings=settings,
        most=batch.workers or MOST_WORKERS,
        minutes=batch.minutes or MINUTES,
        requeues=REQUEUES,
        parameters=read_parameters(batch.parameters),
        cluster="local" if batch.is_local else "slurm",
    )


def read_parameters(words: tuple[str, ...]) -> dict[str, Any]:
    """The parameters KEY=VALUE; a value that is JSON is what it says, as a number."""
    parameters: dict[str, Any] = {}
    for word in words:
        key, sign, value = word.partition("=")
        if not sign or not key.isidentifier():
            fail(f"--submit {word}: write KEY=VALUE, such as slurm_partition=gpu")
        try:
            parameters[key] = json.loads(value)
        except ValueError:
            parameters[key] = value
    return parameters


def worker_lines(home: Home, study: str | None) -> list[str]:
    """A line for each worker in a batch job that waits or works, of one study or of all."""
    folders = (home.hidden / FOLDER).glob("*")
    studies = sorted(folder.name for folder in folders if folder.is_dir())
    if study is not None:
        studies = [name for name in studies if name == file_name(study)]
    lines = []
    for name in studies:
        try:
            fleet = Fleet(home, name)
        except ValueError as error:  # another computer submitted them
            return [str(error)]
        lines += [f"{name}: {_line(look)}" for look in fleet.look() if look.is_alive]
    return lines


def _work_left_in(plan: Plan, home: Home) -> Callable[[], bool]:
    """Returns a function that says whether a trial of the plan is still to be measured."""
    keys = {trial.cell.trial.key for trial in plan.todo}
    store = home.store("trials")

    def is_work_left() -> bool:
        return bool(keys - store.keys())

    return is_work_left


def _bring_together(plan: Plan, home: Home, tracker: Tracker) -> RunSummary:
    """Records what a worker that died has measured, and says what is done now and what is not."""
    now = plan_of(plan.study, home, tracker)
    measured = tuple(trial for trial in now.trials if trial.action != "run")
    only_recorded = replace(now, trials=measured, fits=())
    engine = inline(home.folder, "cpu")
    summary = run(only_recorded, home, tracker, engine, lambda progress, outcome: None)
    missing = [trial for trial in now.todo if trial.action == "run"]
    reasons = Counter(trial.reason for trial in missing)
    for reason, count in reasons.most_common():
        err.print(f"{count} trials are missing: {reason}", markup=False)
    recorded = len(plan.todo) - len(missing) - summary.count_unrecorded
    return replace(
        summary,
        outcomes=outcomes_of_workers(plan, home),
        recorded=recorded,
        count_left=len(missing),
        by_workers=True,
    )


def _submission_lines(before: list[Look], new: list[Submitted]) -> list[str]:
    """What was submitted now, and which workers were there before."""
    lines = []
    if before:
        ids = ", ".join(look.submitted.job_id for look in before)
        lines.append(f"{len(before)} workers are there already: {ids}")
    if new:
        ids = ", ".join(submitted.job_id for submitted in new)
        lines.append(f"{len(new)} workers submitted: {ids}")
    return lines


def _say_changes(looks: list[Look]) -> None:
    print_lines(*[_line(look) for look in looks])


def _say_nothing(looks: list[Look]) -> None:
    pass


def _line(look: Look) -> str:
    """A worker in a line."""
    text = f"worker {look.submitted.job_id}: {look.state}"
    if look.state is WorkerState.DIED:
        text += f" ({look.reason})"
    return text
