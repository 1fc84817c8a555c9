"""The commands that look things up, and the one that tidies: list, show, trace, gc."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from harness.cli import screen
from harness.cli.shared import (
    AsJson,
    Where,
    app,
    as_json,
    fail,
    find_run,
    identified_in,
    out,
    study_in,
    tracker_at,
)
from harness.record.tracker import metrics
from harness.run.garbage import garbage, needed
from harness.run.progress import duration, running
from harness.spec.catalogue import HOMES, Component, catalogue
from harness.spec.options import REQUIRED, did_you_mean, readable
from harness.spec.parse import read_trial
from harness.spec.values import Fit, fits_of
from harness.store import Home, read_json


@app.command("list")
def list_(
    kind: Annotated[str | None, typer.Argument(help="init, method, probe, ...")] = None,
    json_: AsJson = False,
) -> None:
    """List what a study file may name, with every option and its default."""
    if kind is not None and kind not in HOMES:
        fail(f"no kind of component is called {kind!r}; {did_you_mean(kind, HOMES)}")
    kinds = [kind] if kind else [k for k in HOMES if catalogue(k)]
    if json_:
        as_json({k: [described(c) for c in catalogue(k).values()] for k in kinds})
        return
    for one in kinds:
        out.print(screen.catalogue(one))


def described(component: Component) -> dict[str, Any]:
    options = {
        o.name: {"type": readable(o.type)}
        | ({} if o.default is REQUIRED else {"default": o.default})
        for o in component.options.values()
    }
    return {
        "name": component.name,
        "sentence": component.sentence,
        "options": options,
        **component.facts.to_plain(),
    }


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
    found = find_run(tracker, run_id)
    numbers = metrics(tracker, found.study).get(found.id, {})
    place = tracker.home.store("trials").find(found.key)
    artifacts = (
        [str(p.relative_to(place)) for p in sorted(place.rglob("*")) if p.is_file()]
        if place
        else []
    )
    if json_:
        as_json({**found.__dict__, "metrics": numbers, "artifacts": artifacts})
        return
    out.print(screen.run_table(found, numbers, artifacts))


@app.command()
def trace(
    run_id: Annotated[str, typer.Argument(metavar="RUN|KEY", help="A run, a trial or a fit.")],
    json_: AsJson = False,
    where: Where = None,
) -> None:
    """Show where a number comes from: fits, data, code."""
    tracker = tracker_at(where)
    found = find_run(tracker, run_id)
    place = tracker.home.store("trials").find(found.key)
    if place is None:
        fail(f"the folder of trial {found.key} is gone; its settings are in the run's trial.json")
    trial = read_trial(read_json(place / "trial.json")["trial"], [])
    if trial is None:
        fail(
            f"trial {found.key} was recorded by another version of harness, whose settings this one does not read"
        )
    fits = _lineage(tracker.home, trial.fit, 0)
    if json_:
        as_json(
            {
                "run": found.id,
                "trial": found.key,
                "fits": fits,
                "commit": found.tags.get("mlflow.source.git.commit"),
            }
        )
        return
    for line in screen.trace_lines(found, fits, found.tags.get("mlflow.source.git.commit", "")):
        out.print(line, markup=False)


def _lineage(home: Home, fit: Fit, depth: int) -> list[dict[str, Any]]:
    place = home.store("fits").find(fit.key)
    kept = read_json(place / "fit.json") if place else {}
    state = (
        f"{kept['state']} in {duration(kept['seconds'])} on {kept['device']}" if kept else "removed"
    )
    data = [
        (role, part.label)
        for role, part in (("trains on", fit.train_on), ("adapts to", fit.adapt_to))
        if part
    ]
    mine = {"key": fit.key, "label": fit.label, "depth": depth, "state": state, "data": data}
    return [
        mine,
        *(one for upstream, _ in fits_of(fit) for one in _lineage(home, upstream, depth + 1)),
    ]


@app.command()
def gc(
    files: Annotated[list[Path], typer.Argument(help="The study files whose results stay.")],
    yes: Annotated[bool, typer.Option("--yes", help="Remove without asking.")] = False,
) -> None:
    """Remove what none of these studies names, after showing it."""
    home = Home.here()
    keep: set[str] = set()
    for file in files:
        for cell in identified_in(study_in(file), home).cells:
            keep |= needed(cell.trial)
    if any(alive for _, alive in running(home)):
        fail("a study is running; wait until it has ended")
    found = garbage(home, keep)
    for path, size in found:
        out.print(f"{size / 1e6:10.1f} MB  {path.relative_to(home.hidden)}", markup=False)
    out.print(f"{len(found)} folders, {sum(size for _, size in found) / 1e6:.1f} MB", markup=False)
    if found and (yes or (sys.stdin.isatty() and typer.confirm("remove them?"))):
        for path, _ in found:
            home.store(path.parent.name).drop(path.name.removesuffix(".partial"))
        out.print("removed", markup=False)
