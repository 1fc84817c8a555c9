"""The trials of a fit are measured by one job: as each would be by itself, and each for itself."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from harness.measure import setup
from harness.measure.opened import Opened
from harness.run import worker
from harness.run.carry_out import run
from harness.run.dispatch import dispatch
from harness.run.durations import past_durations
from harness.run.engines import inline, processes
from harness.run.events import Ended, Epochs, Measured
from harness.run.jobs import Job
from harness.run.plan import Plan, jobs, modules_to_load
from harness.run.slots import Slot
from harness.spec.states import State
from harness.spec.values import Trial
from harness.store import Home
from tests.made.studies import edit, plan_of, run_study, tracker_of

STRENGTHS = "  perturb.strength: [1, 0.5, 0.75]"


@pytest.fixture
def shift_study(tiny: Path) -> Path:
    """Two fits, each measured at three strengths of a perturbation and with a probe of a shift."""
    edit(tiny, "seeds: 2", "seeds: 1")
    edit(
        tiny, "  fit.method.loss: [bce_dice, ce]", f"  fit.method.loss: [bce_dice, ce]\n{STRENGTHS}"
    )
    edit(tiny, "base:\n", "base:\n  perturb: {name: contrast}\n  probes: [segmentation, shift]\n")
    edit(tiny, "unit: seed}", "unit: seed, where: {perturb.strength: 1}}")
    return tiny


def measuring_jobs_of(study_plan: Plan, slots: int) -> list[Job]:
    return [job for job in jobs(study_plan, slots) if job.kind == "measure"]


def rows_of(home: Home) -> dict[str, pd.DataFrame]:
    """The rows of every measured trial."""
    trials = home.store("trials")
    rows = {}
    for key in trials.keys():  # noqa: SIM118  a store is no mapping
        path = trials.path(key) / "rows.parquet"
        rows[key] = pd.read_parquet(path)
    return rows


@pytest.mark.parametrize(
    ("slots", "sizes"), [(1, [3, 3]), (2, [3, 3]), (3, [1, 2] * 2), (9, [1] * 6)]
)
def test_a_job_has_the_trials_of_a_fit_or_a_share_where_slots_would_idle(
    home: Home, shift_study: Path, slots: int, sizes: list[int]
) -> None:
    measuring = measuring_jobs_of(plan_of(shift_study, home), slots)
    assert [len(job.trials) for job in measuring] == sizes
    for job in measuring:
        (fit,) = job.needs
        assert {trial.needs for trial in job.trials} == {frozenset([fit])}
    assert len({job.key for job in measuring}) == len(sizes)


def test_rows_are_those_of_trials_measured_each_by_itself(home: Home, shift_study: Path) -> None:
    study_plan = plan_of(shift_study, home)
    assert run_study(shift_study, home).count(State.FINISHED) == 6
    together = rows_of(home)
    trials = home.store("trials")
    for trial in study_plan.todo:
        trials.drop(trial.cell.trial.key)
        worker.measure(trial.cell.trial, home, torch.device("cpu"))
    alone = rows_of(home)
    assert together.keys() == alone.keys()
    for key, rows in together.items():
        pd.testing.assert_frame_equal(rows, alone[key], check_exact=True)
    durations = past_durations(home)
    assert sum(len(seconds) for seconds in durations.values()) == 8  # two fits and six trials


def note_calls(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, calls: list[str]) -> None:
    """Adds the name of a function to a list each time that it is called."""
    function = getattr(module, name)

    def call(*arguments: Any) -> Any:
        calls.append(name)
        return function(*arguments)

    monkeypatch.setattr(module, name, call)


def test_network_and_images_are_opened_once_for_all_trials(
    home: Home, shift_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opens: list[str] = []
    note_calls(monkeypatch, setup, "trained_network", opens)
    note_calls(monkeypatch, setup, "open_images", opens)
    run_study(shift_study, home)
    assert sorted(opens) == ["open_images"] * 2 + ["trained_network"] * 2


def test_an_error_in_a_trial_fails_it_alone(
    home: Home, shift_study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = worker.measure
    study_plan = plan_of(shift_study, home)
    unlucky = study_plan.todo[1].cell.trial.key

    def fail_one(trial: Trial, home: Home, device: torch.device, *, opened: Opened) -> Path:
        if trial.key == unlucky:
            raise RuntimeError("no such image")
        return measure(trial, home, device, opened=opened)

    monkeypatch.setattr(worker, "measure", fail_one)
    summary = run_study(shift_study, home)
    (failure,) = summary.failures
    assert failure.job.key == unlucky
    assert failure.error == "RuntimeError: no such image"
    assert "Traceback" in failure.trace
    assert summary.count(State.FINISHED) == 5
    assert summary.recorded == 6
    monkeypatch.setattr(worker, "measure", measure)
    again = run_study(shift_study, home)
    assert [outcome.job.key for outcome in again.outcomes] == [unlucky]
    assert list((home.hidden / "running").glob("*.jsonl*")) == []


def test_a_stopped_fit_leaves_its_trials_for_the_next_run(home: Home, shift_study: Path) -> None:
    edit(shift_study, "epochs: 2", "epochs: 200")
    edit(shift_study, "[bce_dice, ce]", "[ce]")
    edit(shift_study, "by: fit.method.loss, against: ce,", "trend: perturb.strength,")
    edit(shift_study, ", where: {perturb.strength: 1}", "")
    home.hidden.mkdir(exist_ok=True)
    study_plan = plan_of(shift_study, home)
    engine = processes(home.folder, [Slot("cpu", threads=1)], modules_to_load(study_plan))
    states = []
    for event in dispatch(engine, jobs(study_plan), home):
        if isinstance(event, Epochs):
            engine.cancel(event.job.key)
        if isinstance(event, Measured | Ended):
            states.append((event.outcome.job.kind, event.outcome.state))
    assert states == [("fit", "stopped"), *[("trial", "stopped")] * 3, ("measure", "stopped")]
    assert home.store("fits").keys() == set()
    edit(shift_study, "epochs: 200", "epochs: 2")
    tracker = tracker_of(home)
    tracker.prepare()
    inline_engine = inline(home.folder, "cpu")
    summary = run(plan_of(shift_study, home), home, tracker, inline_engine, lambda *news: None)
    assert summary.count(State.FINISHED) == 3
