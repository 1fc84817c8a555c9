"""Whatever interrupts the first start of a home, the next one works."""

import multiprocessing
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy
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
fork = multiprocessing.get_context("fork")  # what it counts is seen here


def prepare_database(address: str, folder: str) -> None:
    """Prepares a database as `harness run` does, in a home of its own."""
    Tracker(address, Home(Path(folder))).prepare()


def starting(address: str, home: Path) -> multiprocessing.process.BaseProcess:
    """A process that prepares a database."""
    home.mkdir(exist_ok=True)
    process = fork.Process(target=prepare_database, args=(address, str(home)))
    process.start()
    return process


def start_until(tracker: Tracker, statement: int | None, number: int = signal.SIGKILL) -> int:
    """Prepares a database in a process that gets a signal before one of its statements.

    Returns how many it came to. The statement says when, and not a clock: how long a
    migration takes differs from one moment of a machine to the next.
    """
    count = fork.Value("i", 0)

    def prepare_until() -> None:
        @sqlalchemy.event.listens_for(sqlalchemy.Engine, "before_cursor_execute")
        def interrupt(*_: object) -> None:
            if count.value == statement:
                os.kill(os.getpid(), number)
            count.value += 1

        tracker.prepare()

    process = fork.Process(target=prepare_until)
    process.start()
    process.join()
    assert (process.exitcode == 0) == (statement is None)  # it was interrupted, or ran to its end
    return count.value


@pytest.fixture(scope="module")
def statements(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many statements a first start makes."""
    return start_until(tracker_of(Home(tmp_path_factory.mktemp("undisturbed"))), statement=None)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 0.6, 0.9])
def test_a_first_start_that_is_interrupted_can_be_repeated(
    home: Home, statements: int, number: signal.Signals, share: float
) -> None:
    tracker = tracker_of(home)
    start_until(tracker, int(share * statements), number)
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


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_migration_that_is_killed_leaves_the_old_database(
    home: Home, tmp_path: Path, share: float
) -> None:
    undisturbed = Home(tmp_path / "undisturbed")
    undisturbed.folder.mkdir()
    older_database(undisturbed.database)
    statements = start_until(tracker_of(undisturbed), statement=None)
    older_database(home.database)
    before = home.database.read_bytes()
    start_until(tracker_of(home), int(share * statements))
    assert (home.folder / ".mlflow.db.unfinished").exists()
    assert home.database.read_bytes() == before
    tracker_of(home).prepare()
    assert not (home.folder / ".mlflow.db.unfinished").exists()
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
