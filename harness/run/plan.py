"""What a study needs: fits with dependencies first, trials, what is there already, and why the rest runs."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness.record.database import Run, is_result
from harness.run.durations import durations, like_fit, like_trial
from harness.run.engines import Job
from harness.spec.catalogue import catalogue
from harness.spec.paths import flat
from harness.spec.values import Fit, Part, fits_of, parts_in
from harness.store import Home, read_json
from harness.study.cells import Cell
from harness.study.load import Study


@dataclass(frozen=True)
class FitPlan:
    """A fit, the checkpoints wanted of it, and whether it is there."""

    fit: Fit
    picks: tuple[Part, ...]
    cached: bool
    trials: int  # that stand on it, directly or through another fit


@dataclass(frozen=True)
class TrialPlan:
    """A cell, and what is to be done about it: done, record (measured but not in the database), run."""

    cell: Cell
    action: str
    reason: str = ""
    again: bool = False  # what is kept of it, and of the fit behind it, goes first


@dataclass(frozen=True)
class Plan:
    """Everything that `harness run` would do."""

    study: Study
    fits: tuple[FitPlan, ...]
    trials: tuple[TrialPlan, ...]
    seconds: float | None = None  # of work, None where nothing like it has run here
    unknown: int = 0  # jobs without a past to estimate from

    @property
    def todo(self) -> list[TrialPlan]:
        return [t for t in self.trials if t.action != "done"]

    @property
    def training(self) -> list[FitPlan]:
        return [f for f in self.fits if not f.cached]


def plan(study: Study, home: Home, runs: Iterable[Run], retry: str | None = None) -> Plan:
    """The plan of a study against what is kept and what is recorded; `retry` narrows it to what ended so."""
    past = [run for run in runs if run.study == study.name]
    results = {run.key: run for run in past if is_result(run)}
    latest = {run.key: run for run in past}
    by_levels = {_place(run.levels): run for run in past if is_result(run)}
    measured = home.store("trials").keys()
    trials = []
    for cell in study.cells:
        key = cell.trial.key
        known = results.get(key)
        if known is not None and not (retry == "diverged" and known.state == "diverged"):
            trials.append(TrialPlan(cell, "done", known.state))
            continue
        before = latest.get(key)
        if retry == "failed" and (before is None or before.state != "failed"):
            trials.append(TrialPlan(cell, "done", "not asked for"))
            continue
        if retry == "diverged" and known is None:
            trials.append(TrialPlan(cell, "done", "not asked for"))
            continue
        action = "record" if key in measured and retry is None else "run"
        reason = _reason(cell, before, by_levels.get(_place(cell.levels)))
        trials.append(TrialPlan(cell, action, reason, again=known is not None))
    fits = _fits([t.cell for t in trials if t.action == "run"], home, retry == "diverged")
    seconds, unknown = _estimate(fits, [t for t in trials if t.action == "run"], home)
    return Plan(study, tuple(fits), tuple(trials), seconds, unknown)


def _place(levels: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(levels.items()))


def _reason(cell: Cell, before: Run | None, twin: Run | None) -> str:
    """Why a trial runs, in the words of what changed since the cell was last a result."""
    if before is not None:
        how = {"failed": "failed before", "killed": "was killed", "diverged": "diverged before"}
        return how.get(before.state, "was not finished")
    if twin is None:
        return "new"
    now, then = flat(cell.trial), twin.params
    changed = [
        p
        for p in now
        if now[p] != then.get(p, "none") and not any(q.startswith(f"{p}.") for q in now)
    ]
    if any(path.endswith("fingerprint") for path in changed):
        return "data changed"
    if changed:
        named = [f"{p}: {then.get(p, 'none')} -> {now[p]}" for p in changed[:3]]
        return "; ".join(named) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
    versions = [f"{name} {version}" for name, version in _versions(cell).items()]
    return f"code version {', '.join(versions)}" if versions else "code version changed"


def _versions(cell: Cell) -> dict[str, int]:
    parts = [cell.trial.pick, *cell.trial.probes]
    fits = [cell.trial.fit, *[fit for fit, _ in fits_of(cell.trial.fit)]]
    for fit in fits:
        parts += [fit.init, fit.method, fit.net, fit.train_on, *fit.prepare, *fit.augment]
    found = {part.name: part.component.facts.version for part in parts}
    return {name: version for name, version in found.items() if version != 1}


def _fits(cells: list[Cell], home: Home, again: bool) -> list[FitPlan]:
    """Every fit that these cells need, each once, those that others start from first."""
    wanted: dict[str, tuple[Fit, dict[str, Part]]] = {}
    counts: dict[str, int] = {}
    chains: dict[str, list[tuple[Fit, Part]]] = {}
    for cell in cells:
        fit = cell.trial.fit
        if fit.key not in chains:
            chains[fit.key] = list(fits_of(fit))
        for one, pick in [*chains[fit.key], (fit, cell.trial.pick)]:
            wanted.setdefault(one.key, (one, {}))[1][pick.key] = pick
        for key in {one.key for one, _ in chains[fit.key]} | {fit.key}:
            counts[key] = counts.get(key, 0) + 1
    store = home.store("fits")
    there = store.keys()
    found = []
    for key, (fit, picks) in wanted.items():
        cached = key in there and _holds(read_json(store.path(key) / "fit.json"), picks, again)
        found.append(FitPlan(fit, tuple(picks.values()), cached, counts[key]))
    return found


def _holds(kept: dict[str, Any], picks: dict[str, Part], again: bool) -> bool:
    """Whether a fit need not be trained: it has the checkpoints, or diverged and is not tried again."""
    return not again if kept["state"] == "diverged" else all(key in kept["picks"] for key in picks)


def jobs(plan: Plan) -> list[Job]:
    """The plan as jobs for an executor; a trial waits for its own fit, a fit for those it starts from."""
    missing = {f.fit.key for f in plan.training}
    found = []
    for one in plan.training:
        needs = frozenset(fit.key for fit, _ in fits_of(one.fit)) & missing
        value = {"fit": one.fit.plain, "picks": [pick.plain for pick in one.picks]}
        found.append(
            Job(one.fit.key, "fit", f"fit {one.fit.label} seed {one.fit.seed}", value, needs)
        )
    for trial in plan.trials:
        if trial.action == "run":
            fit = trial.cell.trial.fit
            needs = frozenset({fit.key, *(one.key for one, _ in fits_of(fit))}) & missing
            found.append(
                Job(trial.cell.trial.key, "trial", name(trial.cell), trial.cell.trial.plain, needs)
            )
    return found


def name(cell: Cell) -> str:
    """A run's name: its levels, the seed last."""
    shown = {path: level for path, level in cell.levels.items() if path != "fit.seed"}
    bare = ("fit.init", "fit.method")
    words = [level if path in bare else f"{_short(path)} {level}" for path, level in shown.items()]
    return " · ".join([*words, f"seed {cell.trial.fit.seed}"])


def _short(path: str) -> str:
    return path.removeprefix("fit.").replace(".", " ")


def modules(plan: Plan) -> list[str]:
    """What a worker needs loaded: the modules of the components that the study uses, not of all."""
    # the first optimiser of a process imports torch._dynamo (two seconds), the first table pyarrow
    found = {"harness.run.worker", "torch._dynamo", "pyarrow.parquet", "PIL.Image"}
    for trial in plan.todo:
        found |= {catalogue(part.kind)[part.name].module for part in parts_in(trial.cell.trial)}
    return sorted(found)


def _estimate(fits: list[FitPlan], trials: list[TrialPlan], home: Home) -> tuple[float | None, int]:
    """Seconds of work by the median of like jobs of the past."""
    past: dict[str, list[float]] = {}
    for line in durations(home):
        past.setdefault(line["like"], []).append(line["seconds"])
    total = len([f for f in fits if not f.cached]) + len(trials)
    if not past:
        return (None if total else 0.0), total
    known, unknown = 0.0, 0
    for like in [
        *[like_fit(f.fit) for f in fits if not f.cached],
        *[like_trial(t.cell) for t in trials],
    ]:
        if like in past:
            known += statistics.median(past[like])
        else:
            unknown += 1
    return (None if total and unknown == total else known), unknown
