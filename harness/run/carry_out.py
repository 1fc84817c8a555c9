"""run(): what is missing of a study, trained, measured and recorded; nothing that is there is done again."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.record.code import Code, code_state
from harness.record.tracker import Tracker
from harness.run.durations import like_fit, like_trial
from harness.run.engines import Executor, Job, Outcome
from harness.run.plan import Plan, TrialPlan, jobs, name
from harness.run.progress import Progress, alive, note
from harness.store import Home, locked, read_json
from harness.study.cells import Cell


@dataclass(frozen=True)
class Ended:
    """What a run of a study came to."""

    outcomes: list[Outcome]
    recorded: int

    def count(self, state: str, kind: str = "trial") -> int:
        return sum(o.state == state and o.job.kind == kind for o in self.outcomes)

    @property
    def failures(self) -> list[Outcome]:
        return [o for o in self.outcomes if o.state == "failed"]


Show = Callable[[Progress, Outcome | None], None]


def remote_work(
    kind: str, value: dict[str, Any], folder: str, device: str, threads: int | None
) -> dict[str, Any]:
    """The worker's side, loaded there: the parent never needs torch."""
    from harness.run.worker import work

    return work(kind, value, folder, device, threads)


def run(
    plan: Plan,
    home: Home,
    tracker: Tracker,
    execute: Executor,
    show: Show,
    *,
    fail_fast: bool = False,
    slots: int = 1,
) -> Ended:
    """Carries out a plan; every outcome is recorded as it comes."""
    code = code_state()
    listed = jobs(plan)
    planned = {t.cell.trial.key: t for t in plan.todo}
    progress = Progress(
        plan.study.name, str(plan.study.path), os.getpid(), time.time(), {}, plan.seconds, slots
    )
    progress.jobs = {j.key: {"name": j.name, "kind": j.kind, "state": "waiting"} for j in listed}
    outcomes: list[Outcome] = []
    with locked(alive(home, plan.study.name, os.getpid())):
        note(home, progress)
        _forget(plan, home)
        recorded = sum(
            _record(plan, t, None, home, tracker, code=code)
            for t in plan.todo
            if t.action == "record"
        )

        def notice(job: Job, state: str) -> None:
            progress.jobs[job.key] |= {
                "state": "running",
                "since": time.time(),
                "lost": state == "lost",
            }
            note(home, progress)
            show(progress, None)

        for outcome in execute(listed, remote_work, notice):
            outcomes.append(outcome)
            progress.jobs[outcome.job.key] |= {"state": outcome.state, "seconds": outcome.seconds}
            if outcome.job.kind == "trial":
                recorded += _record(
                    plan, planned[outcome.job.key], outcome, home, tracker, code=code
                )
            _remember(plan, planned, outcome, home)
            note(home, progress)
            show(progress, outcome)
            if fail_fast and outcome.state == "failed":
                return Ended(outcomes, recorded)
    return Ended(outcomes, recorded)


def _forget(plan: Plan, home: Home) -> None:
    """Drops what diverged and is tried again; a fit that another process has tried meanwhile stays."""
    if not any(trial.again for trial in plan.todo):
        return
    for one in plan.training:
        found = home.store("fits").find(one.fit.key)
        if found is not None and read_json(found / "fit.json")["state"] == "diverged":
            home.store("fits").drop(one.fit.key)
    for trial in plan.todo:
        if trial.again:
            home.store("trials").drop(trial.cell.trial.key)


def _record(
    plan: Plan,
    trial: TrialPlan,
    outcome: Outcome | None,
    home: Home,
    tracker: Tracker,
    *,
    code: Code,
) -> bool:
    """A run for a trial that ended, however it ended."""
    cell = trial.cell
    more: dict[str, Any] = {"name": name(cell), "reason": trial.reason, "again": trial.again}
    folder = home.store("trials").find(cell.trial.key)
    if outcome is not None and outcome.state in ("failed", "skipped"):
        more |= {"state": "failed", "error": outcome.error, "trace": outcome.trace or outcome.error}
        more["seconds"] = outcome.seconds
        folder = None
    elif folder is None:
        return False
    else:
        more |= _measured(cell, folder, home)
    return tracker.record(plan.study, cell, folder, code, more) is not None


def _measured(cell: Cell, folder: Path, home: Home) -> dict[str, Any]:
    """What a finished trial's run says beside its settings."""
    result = read_json(folder / "result.json")
    fitted = home.store("fits").find(cell.trial.fit.key)
    weights = fitted / f"{cell.trial.pick.key}.safetensors" if fitted else None
    about = result["fit"]
    numbers = {
        "seconds/fit": about["seconds"],
        "seconds/measure": result["seconds"],
        "parameters": about["parameters"],
    }
    found = {
        "state": result["state"],
        "metrics": {**result["metrics"], **numbers, "steps": about["steps"]},
        "history": read_json(fitted / "history.json") if fitted else [],
        "weights": weights if weights is not None and weights.exists() else None,
        "device": about["device"],
        "seconds": about["seconds"] + result["seconds"],
    }
    if result["state"] == "diverged":
        found["error"] = (
            f"the loss is not a number at step {about['step']} of phase {about['phase']}"
        )
    if any(v > 1 for v in about["pieces"].values()):
        found["pieces"] = json.dumps(about["pieces"])
    return found


def _remember(plan: Plan, planned: dict[str, TrialPlan], outcome: Outcome, home: Home) -> None:
    """A duration, for the estimates of later plans."""
    if outcome.state != "finished":
        return
    fits = {f.fit.key: f.fit for f in plan.fits}
    key = outcome.job.key
    like = like_fit(fits[key]) if key in fits else like_trial(planned[key].cell)
    with open(home.hidden / "durations.jsonl", "a", encoding="utf-8") as handle:
        handle.write(json.dumps({"like": like, "seconds": round(outcome.seconds, 3)}) + "\n")
