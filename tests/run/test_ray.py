"""Studies on a real Ray cluster: one of its own, and one of two nodes of which one is killed."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.record.database import is_result
from harness.run.carry_out import run
from harness.run.dispatch import dispatch
from harness.run.engines.ray import Share, ray_workers
from harness.run.events import Ended, Lost
from harness.run.plan import modules_to_load
from harness.store import Home
from tests.made.studies import edit, plan_of, tracker_of, work_of
from tests.run.test_engine_contract import contract_work, epochs_in, events_until_end, job
from tests.run.test_engines import job as a_job
from tests.run.test_engines import work_of_a_test

ray = pytest.importorskip("ray", reason='Ray is not installed: pip install "harness[ray]"')


def test_a_share_of_a_machine_is_counted_by_processors_and_by_parts_of_gpus() -> None:
    machine = {"CPU": 8.0, "GPU": 2.0}
    assert Share(2, 0.0).fits_into(machine) == 4
    assert Share(1, 1.0).fits_into(machine) == 2
    assert Share(1, 0.25).fits_into(machine) == 8
    assert Share(1, 0.1).fits_into({"CPU": 64.0, "GPU": 1.0}) == 10
    assert Share(1, 0.5).fits_into({"CPU": 8.0}) == 0


def test_a_cluster_that_does_not_start_is_a_sentence_and_leaves_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders: list[Path] = []

    def start_too_slowly(**options: Any) -> None:
        folders.append(Path(options["_temp_dir"]).parent)
        raise Exception("The current node timed out during startup.")

    monkeypatch.setattr(ray, "init", start_too_slowly)
    sentence = "--on ray: no cluster of its own could be started: .*timed out during startup"
    with pytest.raises(ValueError, match=sentence):
        ray_workers(home.folder, [])
    assert [folder.exists() for folder in folders] == [False]


@pytest.mark.slow
def test_a_cluster_of_its_own_does_jobs_and_survives_a_kill(home: Home) -> None:
    engine = ray_workers(home.folder, [], work=contract_work)
    assert engine.room >= 1
    engine.submit(job(epochs=3, dies_at=2))
    events = events_until_end(engine, 120)
    assert isinstance(events[-1], Lost)
    engine.submit(job(epochs=3, dies_at=2))
    events += events_until_end(engine, 120)
    assert isinstance(events[-1], Ended)
    assert epochs_in(events) == [1, 2, 3]
    assert room_of_a_second_study(home) == str(engine.room)
    engine.close()
    assert not ray.is_initialized()


SECOND_STUDY = """
import sys
from pathlib import Path
from harness.run.engines.ray import ray_workers
engine = ray_workers(Path(sys.argv[1]), [])
print("room", engine.room)
engine.close()
"""


def room_of_a_second_study(home: Home) -> str:
    """What a second process finds that starts a cluster of its own while there is one."""
    words = [sys.executable, "-c", SECOND_STUDY, str(home.folder)]
    process = subprocess.run(words, capture_output=True, text=True, timeout=300)
    assert process.returncode == 0, process.stderr
    return process.stdout.split("room ")[1].strip()


@pytest.fixture
def two_nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A cluster of a head without processors and two nodes with one each."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_worker_niceness", "0")
    head = {"num_cpus": 0, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=head)
    cluster.nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    cluster.wait_for_nodes()
    yield cluster
    ray.shutdown()
    cluster.shutdown()


@pytest.mark.slow
def test_two_trials_share_a_gpu_of_which_each_takes_half(home: Home, two_nodes: Any) -> None:
    two_nodes.add_node(num_cpus=4, num_gpus=1)
    two_nodes.wait_for_nodes()
    engine = ray_workers(
        home.folder, [], address=two_nodes.address, gpu_fraction=0.5, work=work_of_a_test
    )
    assert engine.room == 2
    cards = []
    for event in dispatch(engine, [a_job("first"), a_job("second")], home):
        if isinstance(event, Ended):
            cards.append(event.outcome.result["visible"])
    assert cards == ["0", "0"]


def kill_when_a_fit_trains_on(cluster: Any, home: Home, has_killed: threading.Event) -> None:
    """Kills the first node as soon as two fits have begun, one on each node."""
    deadline = time.monotonic() + 300
    fits = home.store("fits").root
    while time.monotonic() < deadline:
        if len(list(fits.glob("*.partial/epochs.jsonl"))) >= 2:
            cluster.remove_node(cluster.nodes[0], allow_graceful=False)
            has_killed.set()
            return
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize("sees_home", [True, False])
def test_a_study_ends_well_on_two_nodes_of_which_one_is_killed(
    home: Home, tiny: Path, two_nodes: Any, monkeypatch: pytest.MonkeyPatch, sees_home: bool
) -> None:
    edit(tiny, "epochs: 2", "epochs: 60")  # long enough to be lost in its middle
    study_plan = plan_of(tiny, home)
    tracker = tracker_of(home)
    tracker.prepare()
    engine = ray_workers(home.folder, modules_to_load(study_plan), address=two_nodes.address)
    if not sees_home:
        hide_home(engine, home)
    assert engine.room == 2
    has_killed = threading.Event()
    watched = home if sees_home else home_of_machines(engine)
    arguments = (two_nodes, watched, has_killed)
    threading.Thread(target=kill_when_a_fit_trains_on, args=arguments, daemon=True).start()
    losses: list[str] = []

    def note_losses(progress: Any, outcome: Any) -> None:
        losses.extend(unit.name for unit in progress.jobs.values() if unit.lost)

    summary = run(study_plan, home, tracker, engine, note_losses)
    assert has_killed.is_set()
    assert losses
    assert summary.failures == []
    results = [run.key for run in tracker.runs() if is_result(run)]
    assert len(results) == len(set(results)) == 4
    assert work_of(plan_of(tiny, home)) == {"fits": 0, "trials": 0}
    for kind, count in (("fits", 4), ("trials", 4)):
        store = home.store(kind)
        keys = store.keys()
        assert len(keys) == count
        assert {store.why_broken(key, with_digests=True) for key in keys} == {None}


def hide_home(engine: Any, home: Home) -> None:
    """Lets the nodes look for the home by a name that is not there, as other machines would."""
    from dataclasses import replace

    cluster = engine._cluster
    orders = ray.get(cluster._orders)
    cluster._orders = ray.put(replace(orders, token=f"elsewhere-{os.getpid()}"))


def home_of_machines(engine: Any) -> Home:
    """The home that the nodes of this test keep for themselves."""
    from harness.run.engines.node import folder_of_homes

    orders = ray.get(engine._cluster._orders)
    return Home(folder_of_homes() / orders.token)
