"""A search that is killed again and again ends at its total, as if nobody had killed it."""

import random
import time
from pathlib import Path

import pytest

from harness.search.history import SearchPoint, read_history
from harness.store import Home
from harness.study.load import load_study
from tests.made.kills import state_of, wait_for_work
from tests.made.searches import facts_of, write_search
from tests.made.studies import start

KILLS = 10
TRAININGS = 40
SECONDS_OF_WORK = 6.0  # within which each kill falls


def points_of(file: Path, home: Home) -> tuple[SearchPoint, ...]:
    """The points of a search with their scores, whenever they were tried."""
    history = read_history(load_study(file), home)
    assert history is not None
    assert history.spent_trainings == TRAININGS
    return history.points


@pytest.mark.slow
def test_ten_times_killed_a_search_ends_with_the_points_of_an_undisturbed_one(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_search(
        tmp_path,
        ("trainings: 20", f"trainings: {TRAININGS}"),
        ("epochs: 1", "epochs: 4"),
        ("steps: 1", "steps: 8"),
    )
    rng = random.Random(0)
    kills = 0
    for _ in range(KILLS):
        process = start(file, "--slots", "1")
        wait_for_work(process, home)
        time.sleep(rng.uniform(0, SECONDS_OF_WORK))
        process.kill()
        kills += process.wait() < 0
    assert kills == KILLS
    last = start(file, "--slots", "1")
    printed = last.communicate(timeout=900)[0]
    assert last.returncode == 0, printed
    state = state_of(home)
    assert len(state["finished"]) == len(set(state["finished"])) == TRAININGS
    assert "RUNNING" not in state["statuses"]
    disturbed = points_of(file, home)

    whole = tmp_path / "whole"
    whole.mkdir()
    monkeypatch.setenv("HARNESS_HOME", str(whole))
    process = start(file, "--slots", "1")
    printed = process.communicate(timeout=900)[0]
    assert process.returncode == 0, printed
    assert facts_of(points_of(file, Home(whole))) == facts_of(disturbed)
