"""The campaign: whatever is done to a running study or to what it keeps, the same command goes on
and ends as if nothing had been done: one finished run for each trial, the same numbers, no file
and no process left behind, exit codes as docs/reliability.md says.
"""

import os
import random
import signal
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.store import Home
from tests.faults.campaign import (
    STUDIES,
    UndisturbedStudy,
    check_whole,
    end_of,
    leftovers_of,
    run_apart,
    run_undisturbed,
    signal_while_it_works,
    start_apart,
    workers_of,
)
from tests.made.kills import state_of, wait_for_work
from tests.store.test_manifest import delete, flip_a_bit, truncate

pytestmark = pytest.mark.slow

KILLS = 40  # over all studies
MOST_TRIES = 3 * KILLS  # at killing a study before it ends by itself
DAY = 86_400

Undisturbed = Callable[[str], UndisturbedStudy]


@pytest.fixture(scope="module")
def undisturbed_of(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    """The studies as they end when nobody disturbs them, each run once."""

    @cache
    def undisturbed_study(name: str) -> UndisturbedStudy:
        return run_undisturbed(tmp_path_factory.mktemp(name), name)

    return undisturbed_study


@pytest.fixture(name="undisturbed", params=STUDIES)
def study_alone(request: pytest.FixtureRequest, undisturbed_of: Undisturbed) -> UndisturbedStudy:
    """One of the studies, as it ends when nobody disturbs it."""
    return undisturbed_of(str(request.param))


def new_home(folder: Path) -> Home:
    """A home for a study that is disturbed."""
    home = Home(folder / "disturbed")
    home.folder.mkdir()
    return home


def test_kills_at_random_moments(tmp_path: Path, undisturbed: UndisturbedStudy) -> None:
    home = new_home(tmp_path)
    file = undisturbed.file
    rng = random.Random(undisturbed.name)
    kills = 0
    for _ in range(MOST_TRIES):
        process = start_apart(file, home)
        wait_for_work(process, home)
        time.sleep(rng.uniform(0.0, 4.0))
        if process.poll() is None:
            kill_something(process, rng)
            kills += 1
        process.kill()
        process.communicate()
        assert leftovers_of(process) == []
        if kills >= KILLS / len(STUDIES):
            break
    code, printed = run_apart(file, home)
    assert code == 0, printed
    check_whole(undisturbed, home)


def kill_something(process: Any, rng: random.Random) -> None:
    """Kills a worker, and lets the study notice; or nothing, for the study itself is next."""
    workers = workers_of(process)
    if workers and rng.random() < 0.5:
        os.kill(rng.choice(workers).pid, signal.SIGKILL)
        time.sleep(rng.uniform(0.0, 2.0))


def test_signals(tmp_path: Path, undisturbed: UndisturbedStudy) -> None:
    home = new_home(tmp_path)
    for number in (signal.SIGINT, signal.SIGTERM):
        for times in (1, 2):
            process = start_apart(undisturbed.file, home)
            signal_while_it_works(process, home, number, times)
            code, printed = end_of(process)
            assert code == 130, printed
            assert "Traceback" not in printed
            assert leftovers_of(process) == []
    code, printed = run_apart(undisturbed.file, home)
    assert code == 0, printed
    check_whole(undisturbed, home)


def test_a_frozen_worker(tmp_path: Path, undisturbed_of: Undisturbed) -> None:
    undisturbed = undisturbed_of("live")
    home = new_home(tmp_path)
    file = undisturbed.file
    process = start_apart(file, home, "--slots", "1", "--limit", "60s")
    wait_for_work(process, home)
    while not workers_of(process):
        assert process.poll() is None
        time.sleep(0.1)
    os.kill(workers_of(process)[0].pid, signal.SIGSTOP)
    code, printed = end_of(process)
    assert code == 1, printed
    assert "it took longer than 1 min 0 s, the limit that was asked for" in printed
    assert leftovers_of(process) == []
    code, printed = run_apart(file, home)
    assert code == 0, printed
    state = state_of(home)
    assert state["metrics"] == undisturbed.numbers
    assert state["partial"] == []


JUMPING_CLOCK = """
import time

_true_time = time.time
_calls = 0


def _jumping_time():
    global _calls
    _calls += 1
    return _true_time() + (-DAY, 0, DAY)[_calls // 20 % 3]


time.time = _jumping_time
"""


def test_a_clock_that_jumps(tmp_path: Path, undisturbed: UndisturbedStudy) -> None:
    home = new_home(tmp_path)
    clock = tmp_path / "clock"
    clock.mkdir()
    (clock / "sitecustomize.py").write_text(JUMPING_CLOCK.replace("DAY", str(DAY)))
    path = os.pathsep.join([str(clock), os.environ.get("PYTHONPATH", "")])
    code, printed = run_apart(undisturbed.file, home, PYTHONPATH=path)
    assert code == 0, printed
    check_whole(undisturbed, home)


def kinds_of_files(home: Home) -> dict[str, Path]:
    """One file of every kind that a home holds, but for locks and logs."""
    kinds: dict[str, Path] = {}
    for path in sorted(home.hidden.rglob("*")):
        if path.is_file() and path.suffix not in (".lock", ".log") and path.stat().st_size:
            folder = path.relative_to(home.hidden).parts[0]
            is_weights = path.suffix == ".safetensors"
            kinds.setdefault(f"{folder} {path.suffix if is_weights else path.name}", path)
    return kinds


@pytest.mark.parametrize("damage", [truncate, flip_a_bit, delete])
@pytest.mark.parametrize("name", ["fits", "search"])
def test_every_kind_of_file_damaged(
    tmp_path: Path, undisturbed_of: Undisturbed, name: str, damage: Any
) -> None:
    undisturbed = undisturbed_of(name)
    home, file = undisturbed.copy_of_home(tmp_path), undisturbed.file
    for path in kinds_of_files(home).values():
        if not path.exists():
            continue  # it was set aside with another one
        damage(path)
        code, printed = run_apart(file, home)
        if code == 1:  # it was found out while it ran; the same command goes on
            code, printed = run_apart(file, home)
        assert code == 0, (path, printed)
        assert "Traceback" not in printed
        assert state_of(home)["metrics"] == undisturbed.numbers, path


@pytest.mark.parametrize("damage", [truncate, flip_a_bit])
def test_a_damaged_database_is_used_or_refused(
    tmp_path: Path, undisturbed_of: Undisturbed, damage: Any
) -> None:
    undisturbed = undisturbed_of("fits")
    home = undisturbed.copy_of_home(tmp_path)
    damage(home.database)
    code, printed = run_apart(undisturbed.file, home)
    assert code in (0, 1, 2), printed
    assert "Traceback" not in printed
    if code:
        assert str(home.database) in printed
