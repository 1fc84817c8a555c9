"""The commands that look runs up, and the one that tidies: show, trace, gc."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import screen
from harness.cli.shared import (
    AsJson,
    Where,
    app,
    as_json,
    fail,
    find_run,
    or_exit,
    out,
    print_lines,
    study_with_data,
    tracker_at,
)
from harness.cli.trace import TracedFit, trace_lines
from harness.record.database import Run
from harness.record.files_of_run import artifact_folder, file_of_run, sizes_of_artifacts
from harness.record.mlflow_page import run_page
from harness.record.tracker import Tracker, metrics
from harness.run.garbage import garbage, keys_kept_by
from harness.run.progress import duration, running
from harness.spec.parse import read_trial
from harness.spec.records import FitRecord
from harness.spec.values import Fit
from harness.store import Home, read_json


@app.command()
def show(
    run_id: Annotated[
        str, typer.Argument(metavar="RUN", help="A run's id or the start of it, or its trial key.")
    ],
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Show everything about one run."""
    tracker = tracker_at(where)
    run = find_run(tracker, run_id)
    numbers = or_exit(metrics, tracker, run.study).get(run.id, {})
    artifacts = or_exit(_files, tracker, run)
    page = or_exit(run_page, tracker, run.id)
    folder = artifact_folder(run, tracker.home)
    if json_:
        facts = {"metrics": numbers, "artifacts": artifacts, "folder": folder, "mlflow": page}
        as_json({**run.__dict__, **facts})
        return
    out.print(screen.run_table(run, numbers, artifacts))
    if folder is not None:
        print_lines(f"files: {folder}")
    print_lines(f"look:  {page}")


def _files(tracker: Tracker, run: Run) -> list[str]:
    """The files of a run's trial where it is kept here, else the run's artifacts."""
    folder = tracker.home.store("trials").find(run.key)
    if folder is None:
        return list(sizes_of_artifacts(tracker, run))
    paths = sorted(folder.rglob("*"))
    return [str(path.relative_to(folder)) for path in paths if path.is_file()]


@app.command()
def trace(
    run_id: Annotated[str, typer.Argument(metavar="RUN|KEY", help="A run, a trial or a fit.")],
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Show where a number comes from: fits, data, code."""
    tracker = tracker_at(where)
    run = find_run(tracker, run_id)
    file = or_exit(file_of_run, tracker, run, "trial.json")
    if file is None:
        fail(f"the trial.json of run {run.id} is neither kept here nor among its artifacts")
    trial = read_trial(read_json(file)["trial"], [])
    if trial is None:
        fail(
            f"trial {run.key} was recorded by another version of harness, "
            "whose settings this one does not read"
        )
    fits = _traced_fits(tracker.home, trial.fit, 0)
    for upstream in trial.lineage[len(trial.fit.lineage) :]:  # of probes, picks and the like
        fits += _traced_fits(tracker.home, upstream, 1)
    commit = run.tags.get("mlflow.source.git.commit")
    if json_:
        plain_fits = [asdict(fit) for fit in fits]
        as_json({"run": run.id, "trial": run.key, "fits": plain_fits, "commit": commit})
        return
    print_lines(*trace_lines(run, fits, commit or ""))


def _traced_fits(home: Home, fit: Fit, depth: int) -> list[TracedFit]:
    """A fit and, deeper by one each, the fits that it starts from."""
    folder = home.store("fits").find(fit.key)
    state = "not kept here"
    if folder is not None:
        record = FitRecord.read(folder)
        state = f"{record.state} in {duration(record.seconds)} on {record.device}"
    data = [("trains on", fit.train_on.level)]
    if fit.target is not None:
        data.append(("adapts to", fit.target.level))
    fits = [TracedFit(fit.key, fit.level, depth, state, tuple(data))]
    for upstream in fit.lineage[1:]:
        fits += _traced_fits(home, upstream, depth + 1)
    return fits


@app.command()
def gc(
    files: Annotated[list[Path], typer.Argument(help="The study files whose results stay.")],
    yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
) -> None:
    """Remove what none of these studies names, after showing it."""
    home = Home.here()
    keep: set[str] = set()
    for file in files:
        for cell in study_with_data(file, home).cells:
            keep |= keys_kept_by(cell.trial)
    if any(is_alive for _, is_alive in running(home)):
        fail("a study is running; wait until it has ended")
    folders = garbage(home, keep)
    for path, size in folders:
        print_lines(f"{size / 1e6:10.1f} MB  {path.relative_to(home.hidden)}")
    total = sum(size for _, size in folders)
    print_lines(f"{len(folders)} folders, {total / 1e6:.1f} MB")
    if folders and (yes or (sys.stdin.isatty() and typer.confirm("remove them?"))):
        for path, _ in folders:
            home.store(path.parent.name).drop(path.name.removesuffix(".partial"))
        print_lines("removed")
