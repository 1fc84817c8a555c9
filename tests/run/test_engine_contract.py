"""What every engine promises, whatever it runs its jobs on."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.run.dispatch import dispatch
from harness.run.engines import inline, processes
from harness.run.engines.node import Orders
from harness.run.engines.remote import Remote
from harness.run.events import Ended, Engine, Epochs, Event, Lost, Measured, Started
from harness.run.jobs import Job
from harness.run.slots import Slot
from harness.spec.channel import EPOCHS, STOP, append_line, read_lines
from harness.spec.shipped_code import digest_of_code
from harness.store import Home, write_json
from tests.made.cluster import ThreadCluster
from tests.run.test_engines import measuring_job, work_of_a_test


def contract_work(
    kind: str, value: dict[str, Any], folder: str, device: str, threads: int | None
) -> dict[str, Any]:
    """A fit of as many epochs as its value says, which dies once where it says so."""
    store = Home(Path(folder)).store("fits")
    with store.making(value["key"]) as partial:
        assert partial is not None
        (partial / "pid").write_text(str(os.getpid()))
        for epoch in range(1, value.get("epochs", 0) + 1):
            if epoch > len(read_lines(partial / EPOCHS)[0]):
                append_line(partial / EPOCHS, {"epoch": epoch})
            life = partial / "life"
            if epoch == value.get("dies_at") and not life.exists():
                life.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        while value.get("waits") and not (partial / STOP).exists():
            time.sleep(0.05)
        if value.get("waits"):
            return {"state": "stopped", "error": "asked to stop"}
        if value.get("fails"):
            raise ValueError("as asked")
        write_json(partial / "history.json", read_lines(partial / EPOCHS)[0])
    return {"state": "finished"}


def remote_engine(folder: Path, token: str, work: Any = contract_work) -> Remote:
    """An engine over workers that see the home (token `sees`), or have homes of their own."""
    orders = Orders(str(folder), token, "cpu", (), digest_of_code(), {}, work)
    return Remote(ThreadCluster(orders, 1), Home(folder))


ENGINES: dict[str, Callable[[Path], Engine]] = {
    "inline": lambda folder: inline(folder, "cpu", contract_work),
    "processes": lambda folder: processes(folder, [Slot("cpu")], [], contract_work),
    "remote": lambda folder: remote_engine(folder, "sees"),
    "far away": lambda folder: remote_engine(folder, "elsewhere"),
}
WITH_WORKERS = [name for name in ENGINES if name != "inline"]  # it cannot lose itself


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home; the homes of other machines lie beside it."""
    machines = tmp_path / "machines"
    monkeypatch.setattr("harness.run.engines.node.folder_of_homes", lambda: machines)
    home = tmp_path / "home"
    home.mkdir()
    return home


def job(**value: Any) -> Job:
    value["key"] = "fit"
    return Job("fit", "fit", "a fit", value)


def events_until_end(engine: Engine, seconds: float = 60.0) -> list[Event]:
    """What an engine says until a job has ended or lost its worker."""
    events: list[Event] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        events += engine.events(0.2)
        if events and isinstance(events[-1], Ended | Lost):
            return events
    raise AssertionError(f"nothing more came after {events}")


def epochs_in(events: list[Event]) -> list[int]:
    epochs = []
    for event in events:
        if isinstance(event, Epochs):
            epochs += [row["epoch"] for row in event.rows]
    return epochs


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_says_that_a_job_has_started_its_epochs_and_its_end(
    folder: Path, name: str
) -> None:
    engine = ENGINES[name](folder)
    room = engine.room
    assert room == 1
    engine.submit(job(epochs=3))
    assert engine.room == 0
    events = events_until_end(engine)
    assert isinstance(events[0], Started)
    assert epochs_in(events) == [1, 2, 3]
    assert isinstance(events[-1], Ended)
    assert events[-1].outcome.state == "finished"
    assert engine.room == 1
    store = Home(folder).store("fits")
    assert store.find("fit") is not None
    assert store.why_broken("fit", with_digests=True) is None
    engine.close()


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_goes_on_after_a_job_that_fails(folder: Path, name: str) -> None:
    engine = ENGINES[name](folder)
    engine.submit(job(fails=True))
    ended = events_until_end(engine)[-1]
    assert isinstance(ended, Ended)
    assert (ended.outcome.state, ended.outcome.error) == ("failed", "as asked")
    engine.submit(job())
    ended = events_until_end(engine)[-1]
    assert isinstance(ended, Ended)
    assert ended.outcome.state == "finished"
    engine.close()


@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_stops_a_job_that_is_cancelled(folder: Path, name: str) -> None:
    engine = ENGINES[name](folder)
    engine.submit(job(waits=True))
    engine.cancel("another job")
    engine.cancel("fit")
    ended = events_until_end(engine)[-1]
    assert isinstance(ended, Ended)
    assert ended.outcome.state == "stopped"
    engine.close()


@pytest.mark.parametrize("name", WITH_WORKERS)
def test_an_engine_says_that_a_worker_is_lost_and_each_epoch_once(folder: Path, name: str) -> None:
    engine = ENGINES[name](folder)
    engine.submit(job(epochs=4, dies_at=2))
    events = events_until_end(engine)
    assert isinstance(events[-1], Lost)
    assert "SIGKILL" in events[-1].error
    assert engine.room == 1
    engine.submit(job(epochs=4, dies_at=2))
    events += events_until_end(engine)
    assert isinstance(events[-1], Ended)
    assert epochs_in(events) == [1, 2, 3, 4]
    engine.close()


@pytest.mark.parametrize("name", WITH_WORKERS)
def test_an_engine_that_is_closed_leaves_no_work_under_way(folder: Path, name: str) -> None:
    engine = ENGINES[name](folder)
    engine.submit(job(waits=True))
    deadline = time.monotonic() + 60
    pids: list[Path] = []
    while not pids and time.monotonic() < deadline:
        engine.events(0.2)
        pids = [path for path in folder.parent.rglob("pid") if path.read_text()]
    worker = psutil.Process(int(pids[0].read_text()))
    engine.close()
    worker.wait(timeout=30)
    assert not list((folder.parent / "machines").rglob("*.partial"))


@pytest.mark.parametrize("token", ["sees", "elsewhere"])
def test_a_job_goes_on_elsewhere_when_its_machine_is_lost(folder: Path, token: str) -> None:
    engine = remote_engine(folder, token)
    cluster: Any = engine._cluster
    engine.submit(job(epochs=2, waits=True))
    events: list[Event] = []
    while epochs_in(events) != [1, 2]:
        events += engine.events(0.2)
    cluster.lose(cluster.machines[0])
    events += events_until_end(engine)
    assert isinstance(events[-1], Lost)
    assert events[-1].error == "the machine is gone"
    engine.submit(job(epochs=3))
    events += events_until_end(engine)
    assert isinstance(events[-1], Ended)
    assert epochs_in(events) == [1, 2, 3]
    assert len(cluster.machines) == 2
    engine.close()


def test_a_machine_that_is_lost_while_it_rests_costs_no_life(folder: Path) -> None:
    engine = remote_engine(folder, "elsewhere")
    cluster: Any = engine._cluster
    engine.submit(job())
    events_until_end(engine)
    cluster.lose(cluster.machines[0])
    engine.submit(Job("next", "fit", "the next fit", {"key": "next"}))
    events = events_until_end(engine)
    assert [type(event) for event in events] == [Started, Ended]
    engine.close()


@pytest.mark.parametrize("token", ["sees", "elsewhere"])
def test_what_a_lost_machine_has_measured_is_not_measured_again(folder: Path, token: str) -> None:
    engine = remote_engine(folder, token, work_of_a_test)
    cluster: Any = engine._cluster
    measuring = measuring_job(first=0, fragile=1, deadly=99, last=0)
    events: list[Event] = []
    is_lost = False
    for event in dispatch(engine, [measuring], Home(folder)):
        events.append(event)
        if isinstance(event, Measured) and event.key == "first" and not is_lost:
            is_lost = True
            cluster.lose(cluster.machines[0])
    outcomes = [event.outcome for event in events if isinstance(event, Measured)]
    states = [(outcome.job.key, outcome.state) for outcome in outcomes]
    assert states == [
        ("first", "finished"),
        ("fragile", "finished"),
        ("deadly", "failed"),
        ("last", "finished"),
    ]
    starts = [event.job.key for event in events if isinstance(event, Started)]
    assert starts.count("first") == 1


def test_another_version_of_harness_on_a_machine_fails_the_job(folder: Path) -> None:
    orders = Orders(str(folder), "elsewhere", "cpu", (), "another digest", {}, contract_work)
    engine = Remote(ThreadCluster(orders, 1), Home(folder))
    engine.submit(job())
    ended = events_until_end(engine)[-1]
    assert isinstance(ended, Ended)
    assert "another version of harness" in ended.outcome.error
    engine.close()
