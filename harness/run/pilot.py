"""A pilot: each kind of fit tried for two steps, each kind of trial measured once, in a home of its
own that is thrown away. What they take is noted beside the durations of what has run.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.run.dispatch import dispatch
from harness.run.durations import PILOTS, cost_class, cost_class_of_trial, note_duration
from harness.run.engines import processes
from harness.run.events import Ended
from harness.run.jobs import Job, Outcome, circumstances
from harness.run.limits import Limits
from harness.run.plan import FitPlan, Plan, modules_to_load
from harness.run.slots import Slot
from harness.spec.enclosing import Enclosing
from harness.spec.parse import read_part
from harness.spec.states import State
from harness.spec.values import Fit, Part, Trial, Upstream, upstream_fits
from harness.store import Home
from harness.study.cells import Cell

KIND = "pilot"  # of the job
PATIENCE = 900.0  # seconds for one kind of fit
SHARED = ("phantoms", "datasets", "fingerprints")  # folders of a home that a pilot reads and fills


@dataclass(frozen=True)
class FitKind:
    """Fits that take the same time, of which one is tried; and the kinds of trials that stand on
    such a fit, each with one cell.
    """

    fits: tuple[FitPlan, ...]  # to be trained; none where only measuring is left
    trials: tuple[tuple[Cell, int], ...]  # a cell, and how many take the same time


@dataclass(frozen=True)
class Timing:
    """What a fit or a trial of one kind takes, and how many of them a plan has."""

    kind: str  # fit | trial
    level: str
    count: int
    seconds: float | None  # of one; None where it could not be tried
    problem: str = ""  # why it could not
    step: float = 0.0  # seconds of a training step
    steps: int = 0  # of the whole fit


def pilot(plan: Plan, home: Home, slot: Slot) -> Iterator[Timing]:
    """Tries each kind of job that a plan would run, one at a time; notes what they take."""
    for kind in kinds_of_jobs(plan):
        for cost, timing in _try_kind(kind, plan, home, slot):
            if timing.seconds is not None:
                note_duration(home, cost, timing.seconds, PILOTS)
            yield timing


def kinds_of_jobs(plan: Plan) -> list[FitKind]:
    """The kinds of fits that a plan trains or measures, each with its kinds of trials."""
    fits: dict[str, list[FitPlan]] = {}
    for planned in plan.training:
        fits.setdefault(cost_class(planned.fit), []).append(planned)
    cells: dict[str, list[Cell]] = {}
    for trial in plan.todo:
        if trial.action == "run":
            cells.setdefault(cost_class_of_trial(trial.cell), []).append(trial.cell)
    trials: dict[str, list[tuple[Cell, int]]] = {cost: [] for cost in fits}
    for alike in cells.values():
        cost = cost_class(alike[0].trial.fit)
        trials.setdefault(cost, []).append((alike[0], len(alike)))
    kinds = []
    for cost, of_fit in trials.items():
        kinds.append(FitKind(tuple(fits.get(cost, ())), tuple(of_fit)))
    return kinds


def _try_kind(kind: FitKind, plan: Plan, home: Home, slot: Slot) -> Iterator[tuple[str, Timing]]:
    """Tries one kind of fit and what is measured on it; yields cost classes with their timings."""
    fit = None
    problem = ""
    if kind.fits:
        fit = _tried_fit(kind.fits[0].fit)
        problem = _why_not_tried([*fit.upstream, *upstream_fits(list(kind.fits[0].picks))], home)
    reasons: dict[str, str] = {}  # by the trials that cannot be measured
    trials = []
    for cell, _ in kind.trials:
        trial = _tried_trial(cell, fit)
        reason = _why_not_tried(trial.upstream[:-1], home)
        reasons[trial.key] = problem or reason
        if not reason:
            trials.append(trial)
    result: dict[str, Any] = {}
    if not problem:
        outcome = _try(_job(kind, fit, trials), plan, home, slot)
        result = dict(outcome.result)
        if outcome.state != State.FINISHED:
            problem = outcome.error
    if kind.fits:
        first = kind.fits[0].fit
        timing = Timing("fit", first.level, len(kind.fits), None, problem)
        if not problem:
            times = result["fit"]
            seconds, step, steps = times["seconds"], times["step"], times["steps"]
            timing = replace(timing, seconds=seconds, step=step, steps=steps)
        yield cost_class(first), timing
    for cell, count in kind.trials:
        key = _tried_trial(cell, fit).key
        reason = problem or reasons[key] or result["problems"].get(key, "")
        seconds = None if reason else result["trials"][key]
        names = [probe.level for probe in cell.trial.probes]
        level = f"{', '.join(names)} on {cell.trial.test_on.level}"
        yield cost_class_of_trial(cell), Timing("trial", level, count, seconds, reason)


def _tried_fit(fit: Fit) -> Fit:
    """The fit that is tried for others of its kind: where it starts takes no time."""
    random = read_part("init", "random", (), [], Enclosing())
    return replace(fit, init=random)


def _tried_trial(cell: Cell, fit: Fit | None) -> Trial:
    return cell.trial if fit is None else replace(cell.trial, fit=fit)


def _why_not_tried(upstream: Upstream, home: Home) -> str:
    """Why a fit or trial with these fits behind it cannot be tried yet; nothing where it can."""
    for before, _ in upstream:
        if home.store("fits").find(before.key) is None:
            return "it stands on a fit that is not trained yet"
    return ""


def _job(kind: FitKind, fit: Fit | None, trials: list[Trial]) -> Job:
    """The job of trying one kind: as JSON, for a process of its own."""
    picks: dict[str, Part] = {}
    values = []
    for trial in trials:
        picks[trial.pick.key] = trial.pick
        values.append({"trial": trial.to_plain(), "key": trial.key})
    for planned in kind.fits[:1]:
        picks.update({pick.key: pick for pick in planned.picks})
    value = {
        "fit": None if fit is None else fit.to_plain(),
        "key": "" if fit is None else fit.key,
        "picks": {key: pick.to_plain() for key, pick in picks.items()},
        "trials": values,
        **circumstances(),
    }
    return Job(KIND, KIND, KIND, value)


def _try(job: Job, plan: Plan, home: Home, slot: Slot) -> Outcome:
    """Does a job in a home that is thrown away, with what is there of the real one."""
    with tempfile.TemporaryDirectory() as folder:
        tried = Home(Path(folder))
        _lend(home, tried)
        modules = modules_to_load(plan)
        engine = processes(tried.folder, [slot], modules, limits=Limits(PATIENCE))
        for event in dispatch(engine, [job], tried):
            if isinstance(event, Ended):
                return event.outcome
    raise RuntimeError("a job ended without an outcome")


def _lend(home: Home, tried: Home) -> None:
    """Links the data and the finished fits of a home into another one."""
    tried.make()
    for name in SHARED:
        (home.hidden / name).mkdir(parents=True, exist_ok=True)
        (tried.hidden / name).symlink_to(home.hidden / name)
    fits = home.store("fits")
    (tried.hidden / "fits").mkdir()
    for key in fits.keys():  # noqa: SIM118  a method of the store
        tried.store("fits").path(key).symlink_to(fits.path(key))
