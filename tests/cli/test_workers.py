"""What a person sees of workers in batch jobs, and what the command line says of them."""

from pathlib import Path
from typing import Any

import pytest
import typer

from harness.cli.screen import summary_lines
from harness.cli.workers import read_parameters, worker_lines
from harness.run.carry_out import RunSummary
from harness.run.engines.submitit import Fleet
from harness.run.workers_outcomes import outcomes_of_workers
from harness.spec.records import FitRecord, TrialRecord
from harness.spec.states import State
from harness.store import Home, write_json
from tests.cli.test_cli import call
from tests.made.studies import plan_of
from tests.run.test_submitit import order, wait_for


def test_parameters_are_numbers_where_they_read_so(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("slurm_partition=gpu", "gpus_per_node=1", "mem_gb=3.5", "slurm_gres=gpu:a100:1")
    assert read_parameters(words) == {
        "slurm_partition": "gpu",
        "gpus_per_node": 1,
        "mem_gb": 3.5,
        "slurm_gres": "gpu:a100:1",
    }
    with pytest.raises(typer.Exit):
        read_parameters(("partition",))
    assert "--submit partition: write KEY=VALUE" in capsys.readouterr().err


def test_workers_are_shown_by_status_as_long_as_they_live(home: Home) -> None:
    (home.folder / "wait").touch()
    (submitted,) = Fleet(home, "my study").top_up(order(home.folder), 1)
    wait_for(home.folder, "task-2")
    line = f"my_study: worker {submitted.job_id}: running"
    assert worker_lines(home, None) == worker_lines(home, "my study") == [line]
    assert worker_lines(home, "another") == []
    _, out, _ = call("status", "my study")
    assert out.splitlines()[0] == line
    (home.folder / "wait").unlink()
    while worker_lines(home, None):
        pass
    assert worker_lines(home, "my study") == []


def test_what_workers_did_is_read_from_the_store(home: Home, tiny: Path) -> None:
    plan = plan_of(tiny, home)
    for planned in plan.training[:3]:
        empty: dict[str, Any] = {"fit": {}, "picks": {}, "best": {}, "pieces": {}}
        fit = FitRecord(
            State.FINISHED,
            key=planned.fit.key,
            seconds=2.0,
            steps=1,
            device="cpu",
            channels=1,
            outputs=1,
            parameters=1,
            **empty,
        )
        folder = home.store("fits").path(planned.fit.key)
        folder.mkdir(parents=True)
        write_json(folder / FitRecord.FILE, fit.to_plain())
    for trial, state in zip(plan.todo, (State.FINISHED, State.DIVERGED), strict=False):
        folder = home.store("trials").path(trial.cell.trial.key)
        folder.mkdir(parents=True)
        write_json(folder / TrialRecord.FILE, TrialRecord(state, {}, {}, 1.0).to_plain())
    outcomes = outcomes_of_workers(plan, home)
    summary = RunSummary(outcomes, recorded=2, count_left=2, by_workers=True)
    (line,) = summary_lines(summary)
    assert line == "by workers: 3 fits trained; trials: 1 finished, 1 diverged; 2 recorded"
    (line,) = summary_lines(RunSummary([], recorded=4))
    assert line == "0 fits trained; trials: none run; 4 recorded"


def test_what_batch_jobs_cannot_do_is_refused(
    home: Home, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, err = call("run", str(tiny), "--on", "submitit", "--local", "--fail-fast")
    assert err.startswith("--fail-fast: workers know nothing of one another")
    _, _, err = call("run", str(tiny), "--workers", "3")
    assert err == "--workers belongs to --on submitit; this is --on processes\n"
    monkeypatch.setenv("PATH", str(home.folder))
    code, _, err = call("run", str(tiny), "--on", "submitit")
    assert code == 2
    assert err.startswith("--on submitit: there is no sbatch here")
