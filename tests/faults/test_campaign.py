"""The campaign: whatever is done to a running study or to what it keeps, the same command goes on
and ends as if nothing had been done: one finished run for each trial, the same numbers, no file
and no process left behind, exit codes as docs/reliability.md says.
"""

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from harness.store import Home
from tests.faults.campaign import (
    STUDIES,
    check_whole,
    end_of,
    leftovers_of,
    run_apart,
    signal_while_it_works,
    start_apart,
    workers_of,
    write_study,
)
from tests.made.kills import state_of, wait_for_work
from tests.store.test_manifest import delete, flip_a_bit, truncate

pytestmark = pytest.mark.slow

KILLS = 40  # over all studies
MOST_TRIES = 3 * KILLS  # at killing a study before it ends by itself
DAY = 86_400

Numbers = dict[str, Any]


@pytest.fixture(params=STUDIES)
def name(request: pytest.FixtureRequest) -> str:
    """The name of a study."""
    return str(request.param)


def numbers_undisturbed(name: str, folder: Path) -> Numbers:
    """The numbers of a study that nobody disturbs, and what it leaves, which is nothing."""
    home = Home(folder / "undisturbed")
    home.folder.mkdir()
    process = start_apart(write_study(folder, name), home)
    code, printed = end_of(process)
    assert code == 0, printed
    assert leftovers_of(process) == []
    numbers: Numbers = state_of(home)["metrics"]
    return numbers


def new_home(folder: Path) -> Home:
    """A home for a study that is disturbed."""
    home = Home(folder / "disturbed")
    home.folder.mkdir()
    return home


def test_kills_at_random_moments(tmp_path: Path, name: str) -> None:
    numbers = numbers_undisturbed(name, tmp_path)
    home = new_home(tmp_path)
    file = write_study(tmp_path, name)
    rng = random.Random(name)
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
    check_whole(name, home, numbers)


def kill_something(process: Any, rng: random.Random) -> None:
    """Kills a worker, and lets the study notice; or nothing, for the study itself is next."""
    workers = workers_of(process)
    if workers and rng.random() < 0.5:
        os.kill(rng.choice(workers).pid, signal.SIGKILL)
        time.sleep(rng.uniform(0.0, 2.0))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("times", [1, 2])
def test_signals(tmp_path: Path, name: str, number: signal.Signals, times: int) -> None:
    numbers = numbers_undisturbed(name, tmp_path)
    home = new_home(tmp_path)
    file = write_study(tmp_path, name)
    process = start_apart(file, home)
    signal_while_it_works(process, home, number)
    if times == 2:
        time.sleep(0.3)
        if process.poll() is None:
            process.send_signal(number)
    code, printed = end_of(process)
    assert code == 130, printed
    assert "Traceback" not in printed
    assert leftovers_of(process) == []
    code, printed = run_apart(file, home)
    assert code == 0, printed
    check_whole(name, home, numbers)


def test_a_frozen_worker(tmp_path: Path) -> None:
    numbers = numbers_undisturbed("live", tmp_path)
    home = new_home(tmp_path)
    file = write_study(tmp_path, "live")
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
    assert state["metrics"] == numbers
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


def test_a_clock_that_jumps(tmp_path: Path, name: str) -> None:
    numbers = numbers_undisturbed(name, tmp_path)
    home = new_home(tmp_path)
    clock = tmp_path / "clock"
    clock.mkdir()
    (clock / "sitecustomize.py").write_text(JUMPING_CLOCK.replace("DAY", str(DAY)))
    path = os.pathsep.join([str(clock), os.environ.get("PYTHONPATH", "")])
    code, printed = run_apart(write_study(tmp_path, name), home, PYTHONPATH=path)
    assert code == 0, printed
    check_whole(name, home, numbers)


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
def test_every_kind_of_file_damaged(tmp_path: Path, damage: Any) -> None:
    numbers = numbers_undisturbed("fits", tmp_path)
    home = Home(tmp_path / "undisturbed")
    file = write_study(tmp_path, "fits")
    for path in kinds_of_files(home).values():
        if not path.exists():
            continue  # it was set aside with another one
        damage(path)
        code, printed = run_apart(file, home)
        if code == 1:  # it was found out while it ran; the same command goes on
            code, printed = run_apart(file, home)
        assert code == 0, (path, printed)
        assert "Traceback" not in printed
        assert state_of(home)["metrics"] == numbers, path


@pytest.mark.parametrize("damage", [truncate, flip_a_bit])
def test_a_damaged_database_is_used_or_refused(tmp_path: Path, damage: Any) -> None:
    numbers_undisturbed("fits", tmp_path)
    home = Home(tmp_path / "undisturbed")
    damage(home.database)
    code, printed = run_apart(write_study(tmp_path, "fits"), home)
    assert code in (0, 1, 2), printed
    assert "Traceback" not in printed
    if code:
        assert str(home.database) in printed
