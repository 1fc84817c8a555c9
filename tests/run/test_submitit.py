"""Workers as batch jobs: submitted, killed, queued again near their limit, and found again."""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.record.database import is_result
from harness.run.engines.study_worker import StudyWorker
from harness.run.engines.submitit import Fleet, Look, Order, WorkerState, follow
from harness.store import Home
from tests.made.studies import edit, plan_of, start, tracker_of, work_of

pytest.importorskip("submitit", reason='not installed: pip install "harness[submitit]"')

# Does a task that nobody has done yet, and leaves when there is none; it is no harness work, but
# it is as quick as a test wants it.
STAND_IN = """
import os, signal, sys, time
folder = sys.argv[1]
def leave(number, frame):
    open(f"{folder}/saved-{os.getpid()}", "w").close()
    sys.exit(75)
signal.signal(signal.SIGUSR1, leave)
open(f"{folder}/began-{os.getpid()}", "w").close()
for number in range(3):
    try:
        os.close(os.open(f"{folder}/claim-{number}", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        continue
    if number == 1 and os.path.exists(f"{folder}/deadly"):
        os.remove(f"{folder}/claim-{number}")
        if not os.path.exists(f"{folder}/always"):
            os.remove(f"{folder}/deadly")
        os.kill(os.getpid(), signal.SIGKILL)
    open(f"{folder}/task-{number}", "w").close()
while os.path.exists(f"{folder}/wait"):
    time.sleep(0.05)
"""


def order(folder: Path, **changes: Any) -> Order:
    """An order for stand-ins of workers that share a folder."""
    command = (sys.executable, "-S", "-c", STAND_IN, str(folder))
    options: dict[str, Any] = {
        "command": command,
        "folder": str(folder),
        "settings": {},
        "most": 1,
        "minutes": 5,
        "requeues": 3,
        "parameters": {},
        "cluster": "local",
    }
    return Order(**{**options, **changes})


def tasks_in(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("task-*")}


def wait_for(folder: Path, pattern: str) -> Path:
    """The first file of a name, as soon as it is there."""
    deadline = time.monotonic() + 400
    while time.monotonic() < deadline:
        for path in folder.glob(pattern):
            return path
        time.sleep(0.05)
    raise AssertionError(f"no {pattern} in {folder}")


def follow_to_the_end(folder: Path, fleet: Fleet, an_order: Order) -> list[Look]:
    """What is said of workers until none is alive; there is work while a task is missing."""
    looks: list[Look] = []
    follow(fleet, an_order, lambda: len(tasks_in(folder)) < 3, looks.extend)
    return looks


def test_a_worker_that_dies_is_replaced_while_work_is_left(home: Home) -> None:
    (home.folder / "deadly").touch()
    fleet = Fleet(home, "study")
    an_order = order(home.folder)
    assert len(fleet.top_up(an_order, 64)) == 1
    looks = follow_to_the_end(home.folder, fleet, an_order)
    assert tasks_in(home.folder) == {"task-0", "task-1", "task-2"}
    states = [look.state for look in looks if not look.is_alive]
    assert states == [WorkerState.DIED, WorkerState.ENDED]
    reasons = [look.reason for look in looks if look.state is WorkerState.DIED]
    assert "killed by SIGKILL" in reasons[0]


def test_a_worker_that_dies_each_time_is_replaced_twice(home: Home) -> None:
    (home.folder / "deadly").touch()
    (home.folder / "always").touch()
    fleet = Fleet(home, "study")
    an_order = order(home.folder)
    fleet.top_up(an_order, 64)
    looks = follow_to_the_end(home.folder, fleet, an_order)
    lives = [look.submitted.life for look in looks if look.state is WorkerState.DIED]
    assert lives == [1, 2, 3]
    assert len(list(home.folder.glob("began-*"))) == 3


def test_whoever_comes_back_finds_the_workers_and_submits_only_what_is_missing(home: Home) -> None:
    (home.folder / "wait").touch()
    first = Fleet(home, "study")
    submitted = first.top_up(order(home.folder), 64)
    wait_for(home.folder, "task-2")
    again = Fleet(home, "study")  # knows of it only what the home remembers
    assert again.top_up(order(home.folder), 64) == []
    assert [look.state for look in again.look()] == [WorkerState.RUNNING]
    assert len(again.top_up(order(home.folder, most=3), 2)) == 1
    (home.folder / "wait").unlink()
    looks = follow_to_the_end(home.folder, again, order(home.folder))
    assert {look.state for look in looks if not look.is_alive} == {WorkerState.ENDED}
    assert submitted[0] in [look.submitted for look in looks]
    again.forget_ended()
    assert again.look() == []


def test_one_worker_whose_result_cannot_be_read_keeps_nobody_from_the_others(home: Home) -> None:
    fleet = Fleet(home, "study")
    first, second = fleet.top_up(order(home.folder, most=2), 2)
    looks = follow_to_the_end(home.folder, fleet, order(home.folder))
    folder = home.hidden / "workers" / "study"
    (folder / f"{first.job_id}_0_result.pkl").write_bytes(b"garbage")
    looks = Fleet(home, "study").look()
    states = {look.submitted.job_id: look.state for look in looks}
    assert states == {first.job_id: WorkerState.DIED, second.job_id: WorkerState.ENDED}


def test_what_cannot_be_submitted_is_refused_with_its_reason(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(home.folder))
    fleet = Fleet(home, "study")
    with pytest.raises(ValueError, match="there is no sbatch here; run it where jobs are"):
        fleet.require(order(home.folder, cluster="slurm"))
    with pytest.raises(ValueError, match="--submit: Unknown argument 'partitoin'"):
        fleet.require(order(home.folder, parameters={"slurm_partitoin": "gpu"}))
    with pytest.raises(ValueError, match="--submit: Parameter 'unheard' need to be prefixed"):
        fleet.require(order(home.folder, parameters={"unheard": "gpu"}))
    fleet.require(order(home.folder, parameters={"slurm_partition": "gpu", "gpus_per_node": 1}))


def test_a_worker_saves_when_submitit_warns_it_and_is_queued_again(home: Home) -> None:
    (home.folder / "wait").touch()
    fleet = Fleet(home, "study")
    (submitted,) = fleet.top_up(order(home.folder), 1)
    wait_for(home.folder, "task-2")
    (task,) = psutil.Process(int(submitted.job_id)).children()
    task.send_signal(signal.SIGUSR2)
    wait_for(home.folder, "saved-*")
    deadline = time.monotonic() + 60
    while len(list(home.folder.glob("began-*"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    (home.folder / "wait").unlink()
    looks = follow_to_the_end(home.folder, fleet, order(home.folder))
    assert [look.state for look in looks] == [WorkerState.RUNNING, WorkerState.ENDED]
    assert len(list(home.folder.glob("began-*"))) == 2


def test_a_command_ends_with_the_call_that_runs_it(tmp_path: Path) -> None:
    (tmp_path / "wait").touch()
    pid = os.fork()
    if pid == 0:
        StudyWorker(order(tmp_path).command, str(tmp_path), {})()
        os._exit(0)
    began = wait_for(tmp_path, "began-*")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    command = int(began.name.removeprefix("began-"))
    deadline = time.monotonic() + 30
    while psutil.pid_exists(command) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(command)


def tasks_of(home: Home) -> list[psutil.Process]:
    """The processes of the workers that this home has submitted."""
    looks = [look for look in Fleet(home, "tiny").look() if look.is_alive]
    tasks: list[psutil.Process] = []
    for look in looks:
        tasks += psutil.Process(int(look.submitted.job_id)).children()
    return tasks


@pytest.mark.slow
def test_a_study_ends_whose_workers_are_killed_and_queued_again(home: Home, tiny: Path) -> None:
    edit(tiny, "epochs: 2", "epochs: 16")
    words = ("--on", "submitit", "--local", "--workers", "2", "--device", "cpu", "--slots", "1")
    process = start(tiny, *words)
    try:
        wait_for(home.store("fits").root, "*.partial/epochs.jsonl")
        killed, warned = tasks_of(home)
        while not warned.children():  # it listens to submitit from then on
            time.sleep(0.05)
        for child in (*killed.children(recursive=True), killed):
            child.kill()
        warned.send_signal(signal.SIGUSR2)
        out, _ = process.communicate(timeout=900)
    finally:
        for child in psutil.Process().children(recursive=True):
            child.kill()
    assert process.returncode == 0, out
    assert "died" in out
    assert "by workers: 4 fits trained; trials: 4 finished; 4 recorded" in out
    logs = (home.hidden / "workers" / "tiny").glob("*_log.*")
    assert any("Requeued job" in path.read_text() for path in logs)
    results = [run.key for run in tracker_of(home).runs() if is_result(run)]
    assert len(results) == len(set(results)) == 4
    assert work_of(plan_of(tiny, home)) == {"fits": 0, "trials": 0}
