"""A database that goes away while a study runs ends nothing: what it lacks is written later."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.record import live, patience
from harness.record.patience import Unreachable
from harness.store import Home
from tests.made.locks import locked_by_another, lose_patience
from tests.made.recorded import study_at
from tests.made.studies import tracker_of
from tests.made.trials import SEEDS
from tests.record.test_live import epoch_rows, finished_result, live_runs, points


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch is due at once."""
    monkeypatch.setattr(live, "EVERY", 0.0)
    monkeypatch.setattr(live, "TIMES_AS_LONG", 0.0)
    monkeypatch.setattr(live, "EVERY_WHILE_AWAY", 0.0)


@contextmanager
def away(file: Path) -> Iterator[None]:
    """The database is away: its folder cannot be entered by its name."""
    hidden = file.with_name("away.db")
    file.rename(hidden)
    file.mkdir()
    try:
        yield
    finally:
        file.rmdir()
        hidden.rename(file)


def test_a_database_that_goes_away_ends_nothing(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="live", seeds=2))
    first, second = study.cells
    runs = live_runs(home, study)
    runs.open_run(first, "new")
    with away(home.database):
        runs.append(first.trial.fit.key, epoch_rows(1, 2))
        runs.open_run(second, "new")
        runs.close_run(first, finished_result(3), "new")
        assert runs.count_unrecorded == 1
        assert runs.sentence.startswith("1 result is measured and kept, and not recorded yet: ")
    runs.close_run(second, finished_result(2), "new")
    assert (runs.recorded, runs.count_unrecorded, runs.sentence) == (2, 0, "")
    assert [run.status for run in tracker_of(home).runs()] == ["FINISHED", "FINISHED"]
    assert [point[1] for point in points(home)] in ([1, 2, 3, 1, 2], [1, 2, 1, 2, 3])


def test_a_database_that_is_away_is_tried_again_later_not_at_once(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "EVERY_WHILE_AWAY", 60.0)
    study = study_at(home, SEEDS.format(name="live", seeds=1))
    (cell,) = study.cells
    runs = live_runs(home, study)
    tries = []

    def fail(*args: Any) -> None:
        tries.append(args)
        raise Unreachable("away")

    monkeypatch.setattr(runs, "_bring_up_to_date", fail)
    runs.open_run(cell, "new")
    for epoch in range(1, 10):
        runs.append(cell.trial.fit.key, epoch_rows(epoch, epoch))
    assert len(tries) == 1
    runs.finish()
    assert len(tries) == 2


def test_a_locked_database_delays_nothing_for_longer_than_patience(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_patience(monkeypatch)
    monkeypatch.setattr(patience, "PATIENCE", 0.2)
    study = study_at(home, SEEDS.format(name="live", seeds=1))
    (cell,) = study.cells
    runs = live_runs(home, study)
    with locked_by_another(home.database, 60.0):
        began = time.monotonic()
        runs.open_run(cell, "new")
        assert time.monotonic() - began < 20
        runs.close_run(cell, finished_result(2), "new")
        assert runs.count_unrecorded == 1
    runs.finish()
    assert (runs.recorded, runs.count_unrecorded) == (1, 0)
