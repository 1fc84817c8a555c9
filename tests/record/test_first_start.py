"""Whatever interrupts the first start of a home, the next one works."""

import multiprocessing
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.store.db import utils as mlflow_schema

from harness.record.result import TrialResult
from harness.record.tracker import Tracker
from harness.spec.states import State
from harness.store import Home
from tests.made.journal import leave_change_unfinished
from tests.made.recorded import study_at
from tests.made.studies import tracker_of
from tests.made.trials import SEEDS, record_trial

OLDER = "0584bdc529eb"  # a migration in the middle of MLflow's history
fork = multiprocessing.get_context("fork")  # it has MLflow loaded, so that moments are moments


def prepare_database(address: str, folder: str) -> None:
    """Prepares a database as `harness run` does, in a home of its own."""
    Tracker(address, Home(Path(folder))).prepare()


def starting(address: str, home: Path) -> multiprocessing.process.BaseProcess:
    """A process that prepares a database."""
    home.mkdir(exist_ok=True)
    process = fork.Process(target=prepare_database, args=(address, str(home)))
    process.start()
    return process


def tables_exist(folder: Path) -> bool:
    """Whether a database in a folder, under whatever name, has its first tables."""
    for path in folder.iterdir():
        if path.name.endswith((".db", ".unfinished")) and path.stat().st_size:
            return True
    return False


def wait_for_tables(folder: Path, process: multiprocessing.process.BaseProcess) -> None:
    """Waits until the migration of a database has begun."""
    deadline = time.monotonic() + 60
    while not tables_exist(folder):
        assert process.is_alive()
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.fixture(scope="module")
def seconds_of_first_start(tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long a migration takes on this machine now, from its first tables on.

    One in this process comes before it, for what that loads a fork need not load again.
    """
    warm = tmp_path_factory.mktemp("warm")
    prepare_database(f"sqlite:///{warm / 'mlflow.db'}", str(warm))
    folder = tmp_path_factory.mktemp("undisturbed")
    process = starting(f"sqlite:///{folder / 'mlflow.db'}", folder)
    wait_for_tables(folder, process)
    began = time.monotonic()
    process.join()
    return time.monotonic() - began


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6])
def test_a_first_start_that_is_interrupted_can_be_repeated(
    home: Home, seconds_of_first_start: float, number: signal.Signals, share: float
) -> None:
    tracker = tracker_of(home)
    process = starting(tracker.uri, home.folder)
    wait_for_tables(home.folder, process)
    time.sleep(share * seconds_of_first_start)
    assert process.is_alive()  # so it is interrupted in the middle
    os.kill(process.pid or 0, number)
    process.join()
    tracker.prepare()
    study = study_at(home, SEEDS.format(name="first", seeds=1))
    assert record_trial(tracker, study, study.cells[0], TrialResult(State.FINISHED))
    assert len(tracker.runs("first")) == 1
    names = {path.name for path in home.folder.iterdir()}
    assert names == {"mlflow.db", ".mlflow.db.lock", "study.yaml"}


def test_four_homes_make_one_database_together(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'shared' / 'runs.db'}"
    processes = [starting(address, tmp_path / f"home{number}") for number in range(4)]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]


def test_a_journal_of_a_database_that_is_gone_does_no_harm(home: Home) -> None:
    second = home.folder / "other.db"
    with closing(sqlite3.connect(second)) as db:
        db.execute("CREATE TABLE tags (line TEXT)")
        db.commit()
    journal = leave_change_unfinished(second)
    journal.rename(home.folder / "mlflow.db-journal")
    tracker = tracker_of(home)
    tracker.prepare()
    assert tracker.runs() == []


def older_database(file: Path) -> None:
    """A database of an older MLflow with an experiment in it."""
    engine = mlflow_schema.create_sqlalchemy_engine(f"sqlite:///{file}")
    mlflow_schema.InitialBase.metadata.create_all(engine)
    from alembic import command

    config = mlflow_schema._get_alembic_config(str(engine.url))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, OLDER)
    engine.dispose()
    with closing(sqlite3.connect(file)) as db:
        db.execute(
            "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage) "
            "VALUES (7, 'of old', 'file:///tmp', 'active')"
        )
        db.commit()


def test_a_database_of_an_older_mlflow_is_brought_up_to_date(home: Home) -> None:
    older_database(home.database)
    tracker_of(home).prepare()
    client = MlflowClient(tracker_of(home).uri)
    assert client.get_experiment("7").name == "of old"


def test_a_migration_that_is_killed_leaves_the_old_database(home: Home) -> None:
    older_database(home.database)
    before = home.database.read_bytes()
    process = starting(tracker_of(home).uri, home.folder)
    unfinished = home.folder / ".mlflow.db.unfinished"
    while not unfinished.exists():
        assert process.is_alive()
    time.sleep(0.1)
    process.kill()
    process.join()
    assert home.database.read_bytes() == before
    tracker_of(home).prepare()
    assert not unfinished.exists()
    assert MlflowClient(tracker_of(home).uri).get_experiment_by_name("of old") is not None


def test_a_database_of_a_newer_mlflow_is_refused_in_a_sentence(home: Home) -> None:
    tracker = tracker_of(home)
    tracker.prepare()
    with closing(sqlite3.connect(home.database)) as db:
        db.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
        db.commit()
    before = home.database.read_bytes()
    with pytest.raises(ValueError, match="cannot be brought to the tables of MLflow"):
        tracker.prepare()
    assert home.database.read_bytes() == before
