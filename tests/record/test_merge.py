"""A cluster's records come home once, whatever is run twice, and contradict nothing in silence."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.record.files_of_run import artifact_folder
from harness.record.foreign_runs import source_of
from harness.record.merge import MERGED, MergeReport, merge
from harness.record.tracker import Tracker, metrics
from harness.spec.states import State
from harness.store import Home
from tests.made.homes import home_beside, record
from tests.made.studies import tracker_of


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without runs, which takes a second to make."""
    far = Home(tmp_path_factory.mktemp("empty"))
    tracker_of(far).prepare()
    return far.database


@pytest.fixture(autouse=True)
def _with_database(home: Home, empty_database: Path) -> None:
    shutil.copy(empty_database, home.database)


@pytest.fixture
def cluster(home: Home) -> Home:
    """A home in which two trials have ended, and one has failed."""
    far = home_beside(home, "cluster")
    record(far, 0, 0.8)
    record(far, 1, 0.7)
    record(far, 2, 0.0, State.FAILED)
    return far


def bring(path: Path, home: Home) -> MergeReport:
    tracker = tracker_of(home)
    tracker.prepare()
    return merge(source_of(path, home), tracker)


def contents_of(home: Home, run: str) -> dict[str, Any]:
    """What MLflow's own client says of a run, without what names this copy of it."""
    client = tracker_of(home).client()
    full = client.get_run(run)
    tags = dict(full.data.tags)
    for name in (MERGED, "harness.lock"):
        tags.pop(name, None)
    history = {}
    for name in full.data.metrics:
        points = [
            (point.step, str(point.value), point.timestamp)
            for point in client.get_metric_history(run, name)
        ]
        history[name] = sorted(points)
    inputs = [(entry.dataset.name, entry.dataset.digest) for entry in full.inputs.dataset_inputs]
    times = full.info.start_time, full.info.end_time
    return {
        "name": full.info.run_name,
        "status": full.info.status,
        "times": times,
        "tags": tags,
        "params": full.data.params,
        "history": history,
        "inputs": inputs,
    }


def test_everything_of_a_run_comes_home(home: Home, cluster: Home) -> None:
    report = bring(cluster.folder, home)
    assert (report.brought, report.here_already, report.without_files) == (3, 0, 0)
    assert report.folders == {"fits": 2, "trials": 2}
    runs = tracker_of(cluster).runs()
    copies = {run.tags[MERGED]: run for run in tracker_of(home).runs()}
    assert set(copies) == {run.id for run in runs}
    for run in runs:
        copy = copies[run.id]
        assert contents_of(home, copy.id) == contents_of(cluster, run.id)
        own_files, other_files = artifact_folder(copy, home), artifact_folder(run, cluster)
        assert own_files is not None
        assert other_files is not None
        assert own_files.is_relative_to(home.hidden)
        names = {path.name: path.read_bytes() for path in own_files.iterdir()}
        assert names == {path.name: path.read_bytes() for path in other_files.iterdir()}
    for kind in ("fits", "trials"):
        store = home.store(kind)
        assert store.keys() == cluster.store(kind).keys()
        problems = [store.why_broken(key, with_digests=True) for key in sorted(store.keys())]
        assert problems == [None, None]


def test_twice_is_once(home: Home, cluster: Home) -> None:
    bring(cluster.folder, home)
    before = tracker_of(home).runs()
    again = bring(cluster.folder, home)
    assert (again.brought, again.here_already) == (0, 3)
    assert again.folders == {"fits": 0, "trials": 0}
    assert again.contradictions == ()
    assert tracker_of(home).runs() == before
    by_file = bring(cluster.database, home)
    assert (by_file.brought, by_file.here_already) == (0, 3)
    record(cluster, 3, 0.6)
    assert bring(cluster.folder, home).brought == 1


def test_what_went_through_a_second_home_is_known_again(home: Home, cluster: Home) -> None:
    middle = home_beside(home, "middle")
    bring(cluster.folder, middle)
    bring(cluster.folder, home)
    report = bring(middle.folder, home)
    assert (report.brought, report.here_already) == (0, 3)


def test_other_numbers_of_a_trial_are_told_and_ours_stay(home: Home, cluster: Home) -> None:
    same = record(home, 0, 0.8)
    different = record(home, 1, 0.75)
    report = bring(cluster.folder, home)
    assert (report.brought, report.here_already) == (1, 2)
    (contradiction,) = report.contradictions
    assert (contradiction.metric, contradiction.own_value, contradiction.other_value) == (
        "dice",
        0.75,
        0.7,
    )
    numbers = metrics(tracker_of(home), "far")
    assert numbers[same]["dice"] == 0.8
    assert numbers[different]["dice"] == 0.75
    outcome = CliRunner().invoke(app, ["merge", str(cluster.folder)])
    assert outcome.exit_code == 0, outcome.output
    assert "0 runs brought, 3 here already; 0 fits and 0 trials copied" in outcome.stdout
    assert "1 trials have other numbers there; ours stay:" in outcome.stdout
    assert "dice is 0.75 here and 0.7 there" in outcome.stdout


def test_of_two_results_of_one_trial_the_later_comes(home: Home, cluster: Home) -> None:
    record(cluster, 0, 0.9)
    report = bring(cluster.folder, home)
    assert (report.brought, report.superseded) == (3, 1)
    dice = sorted(numbers["dice"] for numbers in metrics(tracker_of(home), "far").values())
    assert dice == [0.0, 0.7, 0.9]


def test_a_run_that_goes_on_there_stays_there(home: Home, cluster: Home) -> None:
    tracker = tracker_of(cluster)
    run = tracker.runs()[0]
    tracker.client().update_run(run.id, status="RUNNING")
    report = bring(cluster.folder, home)
    assert (report.brought, report.still_running) == (2, 1)


def test_a_merge_that_was_killed_is_made_whole(
    home: Home, cluster: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*words: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("harness.record.merge.keeping_artifacts", die)
        with pytest.raises(KeyboardInterrupt):
            bring(cluster.folder, home)
    (half,) = tracker_of(home).runs()
    assert half.status == "RUNNING"
    assert bring(cluster.folder, home).brought == 3
    statuses = sorted(run.status for run in tracker_of(home).runs())
    assert statuses == ["FAILED", "FINISHED", "FINISHED"]


def test_a_home_that_was_moved_brings_its_files(home: Home, cluster: Home) -> None:
    moved = home.folder / "usb stick"
    cluster.folder.rename(moved)
    report = bring(moved, home)
    assert (report.brought, report.without_files) == (3, 0)
    shutil.rmtree(moved / ".harness" / "artifacts")
    (home.folder / "third").mkdir()
    assert bring(moved, Home(home.folder / "third")).without_files == 3


def test_a_broken_folder_is_named_and_not_copied(home: Home, cluster: Home) -> None:
    key = sorted(cluster.store("trials").keys())[0]
    (cluster.store("trials").path(key) / "rows.parquet").write_text("other")
    report = bring(cluster.folder, home)
    assert report.folders == {"fits": 2, "trials": 1}
    (sentence,) = report.broken
    assert "rows.parquet" in sentence


def test_a_home_without_a_database_brings_its_folders(home: Home, cluster: Home) -> None:
    cluster.database.unlink()
    report = bring(cluster.folder, home)
    assert (report.brought, report.folders) == (0, {"fits": 2, "trials": 2})


@pytest.mark.parametrize("name", ["nowhere", "empty", ".", "mlflow.db", "text.db"])
def test_what_is_no_other_home_is_refused_in_a_sentence(home: Home, name: str) -> None:
    record(home, 0, 0.8)
    (home.folder / "empty").mkdir()
    (home.folder / "text.db").write_text("no database at all")
    sentences = {
        "nowhere": "nowhere is not there; name a database file or a home folder",
        "empty": "empty is no home: neither mlflow.db nor .harness is in it",
        ".": ". is this home itself",
        "mlflow.db": "mlflow.db is this home itself",
        "text.db": "text.db is not an SQLite database",
    }
    outcome = CliRunner().invoke(app, ["merge", name])
    assert outcome.exit_code == 2
    assert sentences[name] in outcome.stderr


def test_a_report_for_machines(home: Home, cluster: Home) -> None:
    outcome = CliRunner().invoke(app, ["merge", str(cluster.folder), "--json"])
    assert outcome.exit_code == 0, outcome.output
    (value,) = json.loads(outcome.stdout)
    assert value["brought"] == 3
    assert value["folders"] == {"fits": 2, "trials": 2}


def test_a_server_takes_them_too(home: Home, cluster: Home) -> None:
    """By MLflow's client alone, as an `mlflow server` is asked."""
    tracker_of(home).prepare()
    server = Tracker(f"sqlite+pysqlite:///{home.database}", home)
    assert merge(source_of(cluster.folder, home), server).brought == 3
    assert merge(source_of(cluster.folder, home), server).here_already == 3
