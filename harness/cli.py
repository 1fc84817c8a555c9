"""The command line: parse arguments, call one function, print."""

import json
import os
import signal
import sys
import time
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.live import Live
from rich.progress import Progress as Bars

from harness import registry, screen
from harness.document import Mistakes, dotted, parse
from harness.execute import Executor, Outcome, inline, processes, slots_here
from harness.identity import identified
from harness.plan import Plan, modules, plan
from harness.run import Progress, Show, forget, garbage, needed, run, running
from harness.spec import Around, Fit, fits_of, read_part, read_trial
from harness.store import Home, read_json
from harness.study import Study, load
from harness.track import Run, Tracker, metrics, uri

app = typer.Typer(
    help="Study why a pretrained segmentation network transfers, or fails to.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, soft_wrap=True, highlight=False)

File = Annotated[Path, typer.Argument(help="A study file.")]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
Where = Annotated[str | None, typer.Option("--uri", help="MLflow's address; otherwise MLFLOW_TRACKING_URI, mlflow.db.")]


class Device(StrEnum):
    """What to train on."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


class Retry(StrEnum):
    """Which trials to run again, and no others."""

    failed = "failed"
    diverged = "diverged"


class On(StrEnum):
    """Which engine runs the trials."""

    processes = "processes"
    inline = "inline"


@app.command("plan")
def plan_(file: File, json_: AsJson = False, where: Where = None) -> None:
    """Show what a study would do: cells, fits, trials, reasons and time; nothing is written."""
    study = _identified(_study(file), Home.here())
    made = _plan(study, Home.here(), _tracker(where))
    if json_:
        _json(_plan_value(made))
        return
    out.print(f"[bold]{_plain(study.name)}[/bold]  {_plain(study.question)}")
    out.print(screen.axes(study))
    for line in screen.plan_lines(made):
        out.print(line, markup=False)
    for one in study.compare:
        out.print(f"compare: {one.name}: {one.metric} by {one.by or one.trend}, unit {one.unit}", markup=False)


@app.command("run")
def run_(
    file: File,
    slots: Annotated[int | None, typer.Option(min=1, help="Trials at once on each GPU, or on the processor.")] = None,
    device: Annotated[Device, typer.Option(help="What to train on.")] = Device.auto,
    on: Annotated[On, typer.Option(help="Which engine runs the trials.")] = On.processes,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Stop at the first failure.")] = False,
    retry: Annotated[Retry | None, typer.Option(help="Run only what ended so.")] = None,
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Run what is missing of a study: train, measure, record."""
    study, home = _study(file), Home.here()
    study = _identified(study, home)
    home.hidden.mkdir(parents=True, exist_ok=True)
    places = _or_exit(slots_here, slots, device.value)
    tracker = _tracker(where)
    made = _plan(study, home, tracker, retry.value if retry else None)
    if made.todo:
        forget(home, study.name)
        forked = on is On.processes
        runner = processes(home.folder, places, modules(made)) if forked else inline(home.folder, places[0].device)
        _or_exit(tracker.prepare)
        made = _plan(study, home, tracker, retry.value if retry else None)  # what a dead process left is closed now
        ended = _carried_out(made, home, tracker, runner, fail_fast, len(places), quiet=json_)
        failures = [{"name": o.job.name, "error": o.error} for o in ended.failures]
    else:
        ended, failures = None, []
    if json_:
        counts = {s: ended.count(s) if ended else 0 for s in ("finished", "diverged", "failed", "skipped")}
        _json({"study": study.name, "trials": counts, "failures": failures, "uri": tracker.uri})
    else:
        for line in screen.ended_lines(ended) if ended else ["nothing to do: every trial is done"]:
            out.print(line, markup=False)
        if ended and any(o.state in ("failed",) for o in ended.outcomes):
            out.print("again: harness run (the rest stays), or harness run --retry failed", markup=False)
        out.print(f"look:  mlflow ui --backend-store-uri {tracker.uri}", markup=False)
    if failures:
        raise typer.Exit(1)


def _carried_out(
    made: Plan, home: Home, tracker: Tracker, runner: Executor, fail_fast: bool, slots: int, quiet: bool
) -> Any:
    signal.signal(signal.SIGTERM, _interrupted)
    try:
        if quiet or not out.is_terminal:
            return run(made, home, tracker, runner, _quiet, fail_fast=fail_fast, slots=slots)
        for line in screen.plan_lines(made):
            out.print(line, markup=False)
        latest: list[Progress] = []
        with Live(
            console=out, refresh_per_second=2, transient=True, get_renderable=lambda: _drawn(home, latest)
        ) as live:
            return run(made, home, tracker, runner, _shown(live, latest), fail_fast=fail_fast, slots=slots)
    except KeyboardInterrupt:
        err.print("stopped; the same command goes on from the last epoch", markup=False)
        raise typer.Exit(130) from None


def _interrupted(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _quiet(progress: Progress, outcome: Outcome | None) -> None:
    if outcome is not None and outcome.state == "failed":
        err.print(screen.outcome_line(outcome), markup=False)


def _drawn(home: Home, latest: list[Progress]) -> Any:
    """What the workers note is read when it is drawn."""
    return screen.progress_table(latest[-1], True, _notes(home, latest[-1])) if latest else ""


def _shown(live: Live, latest: list[Progress]) -> Show:
    def show(progress: Progress, outcome: Outcome | None) -> None:
        latest[:] = [progress]
        if outcome is not None and outcome.state in ("failed", "diverged"):
            live.console.print(screen.outcome_line(outcome), markup=False)

    return show


def _notes(home: Home, progress: Progress) -> dict[str, dict[str, Any]]:
    notes = {}
    for key, job in progress.jobs.items():
        path = home.store("fits").partial(key) / "progress.json"
        if job["state"] == "running" and path.exists():
            try:
                notes[key] = read_json(path)
            except (ValueError, FileNotFoundError):
                continue
    return notes


@app.command()
def status(
    study: Annotated[str | None, typer.Argument(help="A study's name or file; all of them otherwise.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep showing until it ends.")] = False,
    json_: AsJson = False,
) -> None:
    """Show how far running studies are; works from any terminal."""
    home = Home.here()
    wanted = _study(Path(study)).name if study and Path(study).suffix in (".yaml", ".yml") else study
    found = running(home, wanted)
    if json_:
        _json([{**p.__dict__, "alive": alive, "remaining": screen.remaining(p)} for p, alive in found])
        return
    if not found:
        out.print("no study has run here" if wanted is None else f"{wanted} is not running", markup=False)
        return
    _status(home, wanted)
    while follow and any(alive for _, alive in running(home, wanted)):
        time.sleep(2)
        _status(home, wanted)


def _status(home: Home, wanted: str | None) -> None:
    for progress, alive in running(home, wanted):
        left = any(job["state"] in ("waiting", "running") for job in progress.jobs.values())
        state = "running" if alive else "stopped; run it again to go on" if left else "ended"
        out.print(f"[bold]{_plain(progress.study)}[/bold] ({state})")
        out.print(screen.progress_table(progress, alive, _notes(home, progress)))


@app.command("list")
def list_(
    kind: Annotated[str | None, typer.Argument(help="init, method, probe, ...")] = None, json_: AsJson = False
) -> None:
    """List what a study file may name, with every option and its default."""
    if kind is not None and kind not in registry.HOMES:
        _fail(f"no kind of component is called {kind!r}; {registry.did_you_mean(kind, registry.HOMES)}")
    kinds = [kind] if kind else [k for k in registry.HOMES if registry.catalogue(k)]
    if json_:
        _json({k: [_component(c) for c in registry.catalogue(k).values()] for k in kinds})
        return
    for one in kinds:
        out.print(screen.catalogue(one))


def _component(component: registry.Component) -> dict[str, Any]:
    options = {
        o.name: {"type": registry.readable(o.type)} | ({} if o.default is registry.REQUIRED else {"default": o.default})
        for o in component.options.values()
    }
    return {"name": component.name, "sentence": component.sentence, "options": options, **component.facts}


@app.command()
def show(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="A run's id or the start of it, or its trial key.")],
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Show everything about one run."""
    tracker = _tracker(where)
    found = _find(tracker, run_id)
    numbers = metrics(tracker, found.study).get(found.id, {})
    place = tracker.home.store("trials").find(found.key)
    artifacts = [str(p.relative_to(place)) for p in sorted(place.rglob("*")) if p.is_file()] if place else []
    if json_:
        _json({**found.__dict__, "metrics": numbers, "artifacts": artifacts})
        return
    out.print(screen.run_table(found, numbers, artifacts))


@app.command()
def trace(
    run_id: Annotated[str, typer.Argument(metavar="RUN|KEY", help="A run, a trial or a fit.")],
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Show where a number comes from: fits, data, code."""
    tracker = _tracker(where)
    found = _find(tracker, run_id)
    place = tracker.home.store("trials").find(found.key)
    if place is None:
        _fail(f"the folder of trial {found.key} is gone; its settings are in the run's trial.json")
    trial = read_trial(read_json(place / "trial.json")["trial"], [])
    if trial is None:
        _fail(f"trial {found.key} was recorded by another version of harness, whose settings this one does not read")
    fits = _lineage(tracker.home, trial.fit, 0)
    if json_:
        _json({"run": found.id, "trial": found.key, "fits": fits, "commit": found.tags.get("mlflow.source.git.commit")})
        return
    for line in screen.trace_lines(found, fits, found.tags.get("mlflow.source.git.commit", "")):
        out.print(line, markup=False)


def _lineage(home: Home, fit: Fit, depth: int) -> list[dict[str, Any]]:
    place = home.store("fits").find(fit.key)
    kept = read_json(place / "fit.json") if place else {}
    state = f"{kept['state']} in {screen.duration(kept['seconds'])} on {kept['device']}" if kept else "removed"
    data = [(role, part.label) for role, part in (("trains on", fit.train_on), ("adapts to", fit.adapt_to)) if part]
    mine = {"key": fit.key, "label": fit.label, "depth": depth, "state": state, "data": data}
    return [mine, *(one for upstream, _ in fits_of(fit) for one in _lineage(home, upstream, depth + 1))]


data_app = typer.Typer(help="Data sets: what there is, downloads, checks, pictures.", no_args_is_help=True)
app.add_typer(data_app, name="data")
Name = Annotated[str, typer.Argument(help="A data set's name: harness data list.")]


@data_app.command("list")
def data_list(json_: AsJson = False) -> None:
    """List the data sets: what they hold, whether they are here, their licence."""
    home = Home.here()
    known = registry.catalogue("dataset").values()
    if json_:
        _json([{**_component(c), "here": screen.here(c, home.data)} for c in known])
        return
    out.print(screen.datasets(known, home.data))
    out.print(f"downloads go to {home.data} (HARNESS_DATA)", markup=False)


@data_app.command()
def fetch(name: Name) -> None:
    """Download a data set, resuming where an earlier attempt stopped; checksums first, then unpacked."""
    from harness.data import fetch as fetching

    home = Home.here()
    with Bars(console=err, transient=True, disable=not err.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def progress(file: str, done: int, total: int | None) -> None:
            task = tasks.setdefault(file, bars.add_task(file, total=total)) if file not in tasks else tasks[file]
            bars.update(task, completed=done, total=total)

        folder = _or_exit(fetching.fetch, name, home.data, progress)
    out.print(f"{name} is in {folder}; harness data check {name}", markup=False)


@data_app.command()
def check(name: Name) -> None:
    """Read every image and mask of a data set and say what is wrong with it."""
    from harness.data import fetch as fetching

    home = Home.here()
    component = registry.catalogue("dataset").get(name)
    if component is not None and component.facts.get("made"):
        out.print(f"{name} is drawn by harness itself; there is nothing to check", markup=False)
        return
    report = _or_exit(fetching.check, name, home.data)
    for split, count in report.splits.items():
        out.print(f"{split}: {count} images", markup=False)
    for text in (*[f"wrong: {p}" for p in report.problems], *[f"note: {n}" for n in report.notes]):
        out.print(text, markup=False)
    out.print(f"{name} is {'sound' if report.sound else 'not usable'}", markup=False)
    if not report.sound:
        raise typer.Exit(1)


@data_app.command()
def preview(
    name: Annotated[
        str, typer.Argument(help="A data set's name, or a mapping as in a study: '{name: vnc, task: ...}'.")
    ],
    to: Annotated[Path | None, typer.Option(help="The PNG to write.")] = None,
    split: Annotated[str, typer.Option(help="train, validation, test or all.")] = "train",
) -> None:
    """Write a contact sheet of a data set, masks overlaid."""
    from harness.data.opened import scans
    from harness.data.preview import contact_sheet

    raw = _right(parse, f"data: {name}", "the data set").value["data"]
    wrong: list[Any] = []
    part = read_part("dataset", raw, (), wrong, Around(), split)
    if part is None or wrong:
        _fail("; ".join(f"{dotted(steps)}: {text}".removeprefix(": ") for steps, text in wrong))
    target = to or Path(f"{part.name}-{split}.png")
    _or_exit(lambda: contact_sheet(scans(part, Home.here())).save(target))
    out.print(f"{target}: {part.label}", markup=False)


@app.command()
def gc(
    files: Annotated[list[Path], typer.Argument(help="The study files whose results stay.")],
    yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
) -> None:
    """Remove what none of these studies names, after showing it."""
    home = Home.here()
    keep: set[str] = set()
    for file in files:
        for cell in _identified(_study(file), home).cells:
            keep |= needed(cell.trial)
    if any(alive for _, alive in running(home)):
        _fail("a study is running; wait until it has ended")
    found = garbage(home, keep)
    for path, size in found:
        out.print(f"{size / 1e6:10.1f} MB  {path.relative_to(home.hidden)}", markup=False)
    out.print(f"{len(found)} folders, {sum(size for _, size in found) / 1e6:.1f} MB", markup=False)
    if found and (yes or (sys.stdin.isatty() and typer.confirm("remove them?"))):
        for path, _ in found:
            home.store(path.parent.name).drop(path.name.removesuffix(".partial"))
        out.print("removed", markup=False)


def _study(file: Path) -> Study:
    return _right(load, file)


def _identified(study: Study, home: Home) -> Study:
    """With the fingerprints of its real data; a study on phantoms alone reads no file."""
    return _right(identified, study, home)


def _right(action: Any, *args: Any) -> Any:
    """What an action yields, or its mistakes, a line each, and exit code 2."""
    try:
        return action(*args)
    except Mistakes as mistakes:
        for problem in mistakes.problems:
            err.print(str(problem), markup=False)
        raise typer.Exit(2) from None


def _plan(study: Study, home: Home, tracker: Tracker, retry: str | None = None) -> Plan:
    return _or_exit(lambda: plan(study, home, tracker.runs(study.name), retry))


def _tracker(where: str | None) -> Tracker:
    home = Home.here()
    return Tracker(uri(home, where), home)


def _find(tracker: Tracker, wanted: str) -> Run:
    runs = _or_exit(tracker.runs)
    found = [r for r in runs if r.id.startswith(wanted) or wanted in (r.key, r.tags.get("harness.fit"))]
    if not found:
        _fail(f"no run, trial or fit {wanted!r} in {tracker.uri}")
    return found[-1]


def _or_exit(action: Any, *args: Any) -> Any:
    try:
        return action(*args)
    except (ValueError, OSError) as error:
        _fail(str(error))


def _fail(text: str) -> NoReturn:
    err.print(text, markup=False)
    raise typer.Exit(2)


def _plan_value(made: Plan) -> dict[str, Any]:
    grid = made.study.expansion
    return {
        "study": made.study.name,
        "cells": grid.total,
        "excluded": grid.excluded,
        "inert": grid.inert,
        "fits": [{"key": f.fit.key, "label": f.fit.label, "cached": f.cached, "trials": f.trials} for f in made.fits],
        "trials": [
            {"key": t.cell.trial.key, "levels": t.cell.levels, "action": t.action, "reason": t.reason}
            for t in made.trials
        ],
        "seconds": made.seconds,
        "jobs_without_estimate": made.unknown,
    }


def _json(value: Any) -> None:
    print(json.dumps(value, indent=1, default=str))


def _plain(text: str) -> str:
    return text.replace("[", "\\[")


def main() -> None:
    """The `harness` command; a closed pipe (`| head`) ends it quietly."""
    try:
        app()
    except registry.BadSignature as error:
        err.print(str(error), markup=False)
        sys.exit(2)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


if __name__ == "__main__":
    main()
