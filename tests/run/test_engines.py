"""Processes do jobs in order, survive kills, and skip what needs a failed one."""

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from harness.run.dispatch import dispatch
from harness.run.engines import inline, processes
from harness.run.events import Ended, Engine, Epochs, Lost, Measured, Started
from harness.run.jobs import Job, Outcome
from harness.run.slots import Slot
from harness.spec.channel import EPOCHS, append_line, read_lines
from harness.store import Home


def work_of_a_test(
    kind: str,
    value: dict[str, Any],
    folder: str,
    device: str,
    threads: int | None,
) -> dict[str, Any]:
    """A worker for tests: succeeds, fails, or kills itself as often as its value says."""
    count = Path(folder) / f"count-{value['name']}"
    lives = int(count.read_text()) if count.exists() else 0
    count.write_text(str(lives + 1))
    if value.get("dies", 0) > lives:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(value.get("sleeps", 0.0))
    if "waits_for" in value:
        wait_for_file(Path(value["waits_for"]))
    if value.get("fails"):
        raise ValueError("as asked")
    if value.get("exits"):
        sys.exit(3)
    if value.get("leaves_a_thread"):
        threading.Thread(target=time.sleep, args=(600,)).start()
    if kind == "measure":
        return measure_for_a_test(value, Path(folder), lives)
    return {
        "state": "finished",
        "visible": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "pid": os.getpid(),
    }


def wait_for_file(path: Path) -> None:
    """Waits until a file is there, for a minute at most."""
    end = time.monotonic() + 60
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.01)


def measure_for_a_test(value: dict[str, Any], folder: Path, lives: int) -> dict[str, Any]:
    """Notes trials as a worker does; one whose value says so kills the worker each time."""
    notes = folder / ".harness" / "running" / value["notes"]
    notes.parent.mkdir(parents=True, exist_ok=True)
    has_ended = {note["trial"] for note in read_lines(notes)[0] if note["state"] != "running"}
    for trial in value["trials"]:
        if trial["key"] in has_ended:
            continue
        append_line(notes, {"trial": trial["key"], "state": "running"})
        if trial.get("dies", 0) > lives:
            os.kill(os.getpid(), signal.SIGKILL)
        append_line(notes, {"trial": trial["key"], "state": "finished", "seconds": 1.0})
    return {"state": "finished"}


def measuring_job(**dies: int) -> Job:
    """A job over trials of these names, which kill their worker so many times."""
    trials = []
    for name, count in dies.items():
        trials.append(Job(name, "trial", name, {"key": name, "dies": count}))
    values = [trial.value for trial in trials]
    value = {"name": "measure", "notes": "notes.jsonl", "trials": values}
    return Job("measure", "measure", "measure", value, frozenset(), tuple(trials))


def job(name: str, needs: tuple[str, ...] = (), **value: Any) -> Job:
    value["name"] = name
    return Job(name, "fit", name, value, frozenset(needs))


def outcomes_of(folder: Path, jobs: list[Job], slots: list[Slot]) -> dict[str, Outcome]:
    """What came of these jobs, in the order in which they ended."""
    engine = processes(folder, slots, [], work_of_a_test)
    outcomes = {}
    for event in dispatch(engine, jobs, Home(folder)):
        if isinstance(event, Ended):
            outcomes[event.outcome.job.key] = event.outcome
    return outcomes


def test_processes_keep_order_survive_kills_and_skip_what_needs_a_failure(tmp_path: Path) -> None:
    jobs = [
        job("last", ("middle",)),
        job("middle", ("first",)),
        job("first"),
        job("fragile", dies=2),
        job("doomed", dies=99),
        job("failing", fails=True),
        job("after", ("failing",)),
        job("later", ("after",)),
    ]
    outcomes = outcomes_of(tmp_path, jobs, [Slot("cpu"), Slot("cpu")])
    assert {name: outcome.state for name, outcome in outcomes.items()} == {
        "first": "finished",
        "middle": "finished",
        "last": "finished",
        "fragile": "finished",
        "doomed": "failed",
        "failing": "failed",
        "after": "skipped",
        "later": "skipped",
    }
    order = list(outcomes)
    assert order.index("first") < order.index("middle") < order.index("last")
    assert outcomes["fragile"].lives == 3
    death = "the worker ended without an answer (killed by SIGKILL), 3 times"
    assert outcomes["doomed"].error == death
    assert outcomes["failing"].error == "as asked"
    assert "ValueError: as asked" in outcomes["failing"].trace


def test_each_slot_sees_its_own_gpu(tmp_path: Path) -> None:
    slots = [Slot("cuda", "0"), Slot("cuda", "3"), Slot("cuda", "3")]
    jobs = [job(f"j{number}") for number in range(6)]
    cards = set()
    processes_used = set()
    for outcome in outcomes_of(tmp_path, jobs, slots).values():
        cards.add(outcome.result["visible"])
        processes_used.add(outcome.result["pid"])
    assert cards == {"0", "3"}
    assert len(processes_used) == 6


def test_a_process_that_lasts_does_one_job_after_the_other(tmp_path: Path) -> None:
    jobs = [job(f"j{number}") for number in range(4)]
    outcomes = outcomes_of(tmp_path, jobs, [Slot("cuda", "0", lasts=True)])
    assert len({outcome.result["pid"] for outcome in outcomes.values()}) == 1
    for number in range(4):
        assert (tmp_path / ".harness" / "logs" / f"j{number}.log").exists()


def test_a_process_that_lasts_is_replaced_after_a_failure_and_after_a_kill(tmp_path: Path) -> None:
    jobs = [
        job("first"),
        job("failing", ("first",), fails=True),
        job("second", ("first",)),
        job("fragile", ("second",), dies=1),
        job("last", ("fragile",)),
    ]
    outcomes = outcomes_of(tmp_path, jobs, [Slot("cpu", lasts=True)])
    states = {name: outcome.state for name, outcome in outcomes.items()}
    assert states.pop("failing") == "failed"
    assert set(states.values()) == {"finished"}
    processes_used = [outcomes[name].result["pid"] for name in ("first", "second", "fragile")]
    assert len(set(processes_used)) == 3
    assert outcomes["fragile"].lives == 2
    assert outcomes["last"].result["pid"] == outcomes["fragile"].result["pid"]


def test_a_trial_that_kills_its_workers_fails_alone(tmp_path: Path) -> None:
    engine = processes(tmp_path, [Slot("cpu")], [], work_of_a_test)
    measuring = measuring_job(first=0, fragile=1, deadly=99, last=0)
    events = list(dispatch(engine, [measuring], Home(tmp_path)))
    outcomes = [event.outcome for event in events if isinstance(event, Measured)]
    assert [(outcome.job.key, outcome.state, outcome.lives) for outcome in outcomes] == [
        ("first", "finished", 1),
        ("fragile", "finished", 2),
        ("deadly", "failed", 3),
        ("last", "finished", 1),
    ]
    assert "killed by SIGKILL), 3 times" in outcomes[2].error
    losses = [event.job.key for event in events if isinstance(event, Lost)]
    assert losses == ["fragile", "deadly", "deadly"]
    starts = [event.job.key for event in events if isinstance(event, Started)]
    assert starts.count("first") == 1
    assert isinstance(events[-1], Ended)
    assert events[-1].outcome.state == "finished"


def engines_of(folder: Path) -> list[Engine]:
    return [
        inline(folder, "cpu", work_of_a_test),
        processes(folder, [Slot("cpu")], [], work_of_a_test),
    ]


@pytest.mark.parametrize("number", [0, 1])
def test_a_component_that_leaves_its_process_fails_its_job(tmp_path: Path, number: int) -> None:
    engine = engines_of(tmp_path)[number]
    (started, ended) = dispatch(engine, [job("leaving", exits=True)], Home(tmp_path))
    assert isinstance(started, Started)
    assert isinstance(ended, Ended)
    assert ended.outcome.state == "failed"
    assert ended.outcome.error == "a component ended its process: sys.exit(3)"


def test_a_thread_that_a_component_left_keeps_nobody_waiting(tmp_path: Path) -> None:
    began = time.monotonic()
    outcomes = outcomes_of(tmp_path, [job("threads", leaves_a_thread=True)], [Slot("cpu")])
    assert outcomes["threads"].state == "finished"
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("number", [0, 1])
def test_the_epochs_of_a_fit_are_told_once_each(tmp_path: Path, number: int) -> None:
    engine = engines_of(tmp_path)[number]
    folder = Home(tmp_path).store("fits").partial("fit")
    folder.mkdir(parents=True)
    rows = [{"epoch": 1, "step": 3, "at": 1.5}, {"epoch": 2, "step": 6, "at": 2.5}]
    for row in rows:
        append_line(folder / EPOCHS, row)
    rows_told: list[Any] = []
    for event in dispatch(engine, [job("fit")], Home(tmp_path)):
        if isinstance(event, Epochs):
            rows_told += event.rows
    assert rows_told == rows


def test_after_each_look_something_may_be_done_although_nothing_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.run.dispatch.PATIENCE", 0.05)
    looks: list[float] = []
    enough = tmp_path / "enough"

    def note_look() -> None:
        looks.append(time.monotonic())
        if len(looks) == 10:
            enough.touch()  # and not before the job may end

    engine = processes(tmp_path, [Slot("cpu")], [], work_of_a_test)
    events = []
    slow = job("slow", waits_for=str(enough))
    for event in dispatch(engine, [slow], Home(tmp_path), note_look):
        events.append(event)
    assert len(events) == 2  # that it started, and that it ended
    assert len(looks) >= 10
