"""A search whose points and runs are both kept in a real PostgreSQL, with four workers."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from harness.record.database import is_result
from harness.search.history import read_history
from harness.search.storage import ADDRESS, journal_path, open_storage
from harness.store import Home
from harness.study.load import load_study
from tests.made.kills import wait_for_work
from tests.made.postgres import postgres
from tests.made.searches import write_search
from tests.made.studies import start, tracker_of

__all__ = ["postgres"]  # a fixture

SECONDS = 900.0  # that a run may take; a busy machine is slow
TRAININGS = 8


def new_database(server: str, name: str) -> str:
    """A further empty database of a server: Optuna's tables do not go beside MLflow's."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return f"{server.rpartition('/')[0]}/{name}"


@pytest.mark.slow
def test_a_killed_search_on_postgresql_ends_at_its_total(
    home: Home, tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", postgres)
    monkeypatch.setenv(ADDRESS, new_database(postgres, "points"))
    file = write_search(tmp_path, ("trainings: 20", f"trainings: {TRAININGS}"))
    killed = start(file, "--slots", "4")
    wait_for_work(killed, home)
    killed.kill()
    killed.communicate(timeout=SECONDS)
    second = start(file, "--slots", "4")
    printed = second.communicate(timeout=SECONDS)[0]
    assert second.returncode == 0, printed
    study = load_study(file)
    history = read_history(study, home)
    assert history is not None
    assert history.spent_trainings == TRAININGS
    keys: set[str] = set()
    for point in history.points:
        keys.update(point.trial_keys)
    results = [run.key for run in tracker_of(home).runs(study.name) if is_result(run)]
    assert sorted(results) == sorted(keys)
    assert len(open_storage(home).get_all_studies()) == 1
    assert not journal_path(home).exists()
