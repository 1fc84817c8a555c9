"""What a study needs: its fits and trials, which of them exist already, and why the rest runs."""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from harness.record.database import Run, is_result
from harness.run.changed_code import changed_components, changed_since
from harness.run.durations import cost_class, cost_class_of_trial, past_durations
from harness.run.jobs import Job, circumstances
from harness.run.measuring import measuring_jobs
from harness.run.reasons import reason_to_run
from harness.spec.records import FitRecord
from harness.spec.states import State
from harness.spec.values import Fit, Part, upstream_fits
from harness.spec.walk import parts_in
from harness.store import Home
from harness.study.cell_names import earlier_fit_name, fit_name
from harness.study.cells import Cell
from harness.study.load import Study

Action = Literal["done", "record", "run"]  # record: it is measured, but not in the database
Levels = tuple[tuple[str, str], ...]

# The modules that every worker needs: the first optimiser of a process imports torch._dynamo
# (two seconds), the first table pyarrow.
NEEDED_BY_ALL = ("harness.run.worker", "torch._dynamo", "pyarrow.parquet", "PIL.Image")


@dataclass(frozen=True)
class FitPlan:
    """A fit, the checkpoints wanted of it, and whether it exists."""

    fit: Fit
    picks: tuple[Part, ...]
    cached: bool
    trials: int  # that stand on it, directly or through another fit
    start_over: bool = False  # what is kept of it goes first


@dataclass(frozen=True)
class TrialPlan:
    """A cell, and what is to be done about it."""

    cell: Cell
    action: Action
    reason: str = ""
    start_over: bool = False  # what is kept of it goes first
    changed: tuple[str, ...] = ()  # components whose code was another when it was made


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
        return [trial for trial in self.trials if trial.action != "done"]

    @property
    def training(self) -> list[FitPlan]:
        return [planned for planned in self.fits if not planned.cached]


def plan(study: Study, home: Home, runs: Iterable[Run], retry: str | None = None) -> Plan:
    """Plans a study by what is kept and what is recorded; `retry` narrows it to what ended so.

    A study of scores from elsewhere is a ValueError: its trainings are done.
    """
    if study.scores is not None:
        raise ValueError(
            f"{study.path} judges scores from elsewhere, so there is nothing to train; "
            f"`harness judge {study.scores.path.name} --compare ...` judges them"
        )
    past = _Past.of([run for run in runs if run.study == study.name])
    store = home.store("trials")
    measured = store.keys()
    trials: list[TrialPlan] = []
    to_run: list[Cell] = []
    for cell in study.cells:
        key = cell.trial.key
        problem = store.why_broken(key) if key in measured else None
        if problem is None:
            trial = _trial_plan(cell, past, key in measured, retry)
        else:
            trial = TrialPlan(cell, "run", problem, start_over=True)
        trials.append(trial)
        if trial.action == "run":
            to_run.append(cell)
    fits = _fit_plans(to_run, home, retry)
    seconds, unknown = _estimate(fits, to_run, home)
    return Plan(study, tuple(fits), tuple(trials), seconds, unknown)


@dataclass(frozen=True)
class _Past:
    """What is recorded of a study, looked up by trial and by levels."""

    results: Mapping[str, Run]
    latest: Mapping[str, Run]
    result_at: Mapping[Levels, Run]  # of whatever trial stood at these levels

    @classmethod
    def of(cls, runs: list[Run]) -> "_Past":
        """Sorts the runs of a study, of which the newest come last."""
        results: dict[str, Run] = {}
        latest: dict[str, Run] = {}
        result_at: dict[Levels, Run] = {}
        for run in runs:
            latest[run.key] = run
            if is_result(run):
                results[run.key] = run
                result_at[_sorted_levels(run.levels)] = run
        return cls(results, latest, result_at)


def _sorted_levels(levels: Mapping[str, str]) -> Levels:
    return tuple(sorted(levels.items()))


def _trial_plan(cell: Cell, past: _Past, is_measured: bool, retry: str | None) -> TrialPlan:
    """Decides what is to be done about one cell."""
    result = past.results.get(cell.trial.key)
    latest = past.latest.get(cell.trial.key)
    changed = tuple(changed_components(cell.trial, result)) if result is not None else ()
    if retry == "changed" and changed:
        reason = f"code of {', '.join(changed)} changed"
        return TrialPlan(cell, "run", reason, start_over=True)
    if result is not None and not (retry == "diverged" and result.state == State.DIVERGED):
        return TrialPlan(cell, "done", result.state, changed=changed)
    if retry == "changed":
        return TrialPlan(cell, "done", "not asked for")
    if retry == "failed" and (latest is None or latest.state != State.FAILED):
        return TrialPlan(cell, "done", "not asked for")
    if retry == "diverged" and result is None:
        return TrialPlan(cell, "done", "not asked for")
    earlier = past.result_at.get(_sorted_levels(cell.levels))
    reason = reason_to_run(cell, latest, earlier)
    if is_measured and retry is None:
        return TrialPlan(cell, "record", reason)
    return TrialPlan(cell, "run", reason, start_over=result is not None)


def _fit_plans(cells: list[Cell], home: Home, retry: str | None) -> list[FitPlan]:
    """Every fit that these cells need, each once, those that others start from first."""
    fits: dict[str, Fit] = {}
    picks: dict[str, dict[str, Part]] = {}
    trials: dict[str, int] = {}
    for cell in cells:
        for fit, pick in cell.trial.upstream:
            fits.setdefault(fit.key, fit)
            picks.setdefault(fit.key, {})[pick.key] = pick
        for key in _keys(cell.trial.lineage):
            trials[key] = trials.get(key, 0) + 1
    store = home.store("fits")
    finished = store.keys()
    plans = []
    for key, fit in fits.items():
        cached = False
        start_over = False
        if key in finished and store.why_broken(key) is None:
            record = FitRecord.read(store.path(key))
            start_over = _is_tried_again(fit, record, retry)
            cached = record.holds(picks[key]) and not start_over
        wanted_picks = tuple(picks[key].values())
        plans.append(FitPlan(fit, wanted_picks, cached, trials[key], start_over))
    return plans


def _is_tried_again(fit: Fit, record: FitRecord, retry: str | None) -> bool:
    """Whether a fit that is there was asked for once more."""
    if retry == "diverged":
        return record.state == State.DIVERGED
    return retry == "changed" and bool(changed_since(fit, record.origin.get("code", {})))


def jobs(plan: Plan, slots: int = 1) -> list[Job]:
    """The plan as jobs: trials wait for their own fit, a fit for those that it starts from."""
    missing = {planned.fit.key for planned in plan.training}
    cell_of_fit = {trial.cell.trial.fit.key: trial.cell for trial in plan.trials}
    around = circumstances()
    all_jobs = []
    for planned in plan.training:
        fit = planned.fit
        upstream = [*fit.upstream, *upstream_fits(list(planned.picks))]
        needs = missing.intersection(_keys(before for before, _ in upstream))
        picks = {pick.key: pick.to_plain() for pick in planned.picks}
        value = {"fit": fit.to_plain(), "picks": picks, "key": fit.key, **around}
        own = cell_of_fit.get(fit.key)
        name = earlier_fit_name(fit) if own is None else fit_name(own)
        all_jobs.append(Job(fit.key, "fit", f"fit {name}", value, frozenset(needs)))
    to_measure = [trial.cell for trial in plan.trials if trial.action == "run"]
    all_cells = plan.study.cells
    return all_jobs + measuring_jobs(plan.study.name, to_measure, missing, slots, all_cells)


def _keys(fits: Iterable[Fit]) -> set[str]:
    return {fit.key for fit in fits}


def modules_to_load(plan: Plan) -> list[str]:
    """What a worker needs loaded: the modules of the components that the study uses, not of all."""
    return modules_of_cells([trial.cell for trial in plan.todo])


def modules_of_cells(cells: Iterable[Cell]) -> list[str]:
    """The modules of the components of some trials, and those that every worker needs."""
    modules = set(NEEDED_BY_ALL)
    for cell in cells:
        for part in parts_in(cell.trial):
            modules.add(part.component.module)
    return sorted(modules)


def _estimate(fits: list[FitPlan], cells: list[Cell], home: Home) -> tuple[float | None, int]:
    """The seconds of work by the medians of like jobs, and how many jobs have no like."""
    training = [planned.fit for planned in fits if not planned.cached]
    total = len(training) + len(cells)
    if not total:
        return 0.0, 0
    medians: dict[str, float] = {}
    for cost, past in past_durations(home).items():
        medians[cost] = statistics.median(past)
    if not medians:
        return None, total
    costs = [cost_class(fit) for fit in training]
    costs += [cost_class_of_trial(cell) for cell in cells]
    seconds = 0.0
    unknown = 0
    for cost in costs:
        if cost in medians:
            seconds += medians[cost]
        else:
            unknown += 1
    return (None if unknown == total else seconds), unknown
