"""Leases, which stand in for locks on a file system that has none."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness.store import Store, file_lock, is_locked
from harness.store.leases import LOST, PATIENCE, file_of_lease, read_claim
from harness.store.locks import WAY, mount_of, why_leases

ROUNDS = 20

COUNT = """
import sys, time
from pathlib import Path
from harness.store import file_lock
lock, counter = Path(sys.argv[1]), Path(sys.argv[2])
for _ in range(int(sys.argv[3])):
    with file_lock(lock):
        number = int(counter.read_text())
        time.sleep(0.002)
        counter.write_text(str(number + 1))
"""
HOLD = """
import sys, time
from pathlib import Path
from harness.store import file_lock
with file_lock(Path(sys.argv[1])):
    print("holding", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases everywhere, which hold for a second."""
    monkeypatch.setenv(WAY, "lease")
    monkeypatch.setenv(PATIENCE, "1")


def start(code: str, *words: object) -> "subprocess.Popen[str]":
    arguments = [str(word) for word in words]
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_holder(lock: Path) -> "subprocess.Popen[str]":
    holder = start(HOLD, lock)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "holding\n"
    return holder


@pytest.mark.usefixtures("leases")
def test_processes_take_turns(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    counting = [start(COUNT, tmp_path / "a.lock", counter, ROUNDS) for _ in range(4)]
    for process in counting:
        assert process.wait(timeout=120) == 0
    assert counter.read_text() == str(4 * ROUNDS)
    assert [path.name for path in tmp_path.iterdir()] == ["counter"]


@pytest.mark.usefixtures("leases")
def test_the_lease_of_a_killed_process_is_free_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PATIENCE, "600")
    lock = tmp_path / "a.lock"
    holder = start_holder(lock)
    assert is_locked(lock)
    holder.kill()
    holder.wait()
    assert not is_locked(lock)
    with file_lock(lock):
        assert is_locked(lock)
    assert not is_locked(lock)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("leases")
def test_a_frozen_process_loses_its_lease_and_ends_when_it_wakes(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    holder = start_holder(lock)
    os.kill(holder.pid, signal.SIGSTOP)
    with file_lock(lock):
        claim = read_claim(file_of_lease(lock))
        assert claim is not None
        assert claim.pid == os.getpid()
        os.kill(holder.pid, signal.SIGCONT)
        assert holder.wait(timeout=60) == LOST
        assert holder.stderr is not None
        assert "stood still for longer than its lease" in holder.stderr.read()
        assert is_locked(lock)
    assert not is_locked(lock)


@pytest.mark.usefixtures("leases")
def test_a_lease_that_is_alive_is_waited_for(tmp_path: Path) -> None:
    lock = tmp_path / "a.lock"
    holder = start_holder(lock)
    (tmp_path / "counter").write_text("0")
    waiter = start(COUNT, lock, tmp_path / "counter", 1)
    time.sleep(3)  # three times as long as a lease without a heartbeat
    assert waiter.poll() is None
    holder.kill()
    assert waiter.wait(timeout=60) == 0
    assert (tmp_path / "counter").read_text() == "1"


def test_a_file_system_without_locks_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", refuse)
    store = Store(tmp_path)
    with store.making("a") as folder:
        assert folder is not None
        assert file_of_lease(tmp_path / "locks" / "a.lock").exists()
    assert store.keys() == {"a"}
    reason = why_leases(tmp_path / "locks" / "b.lock")
    assert reason == (
        f"the file system of {tmp_path / 'locks'} has no locks (Function not implemented)"
    )


def test_locks_that_end_at_one_computer_are_told_by_the_mount(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(
        "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
        f"30 22 0:50 / {tmp_path} rw,noatime - lustre mds@tcp:/scratch rw,localflock\n"
    )
    mount = mount_of(tmp_path / "study", table)
    assert mount is not None
    assert (mount.folder, mount.kind) == (tmp_path, "lustre")
    assert "localflock" in mount.options
    elsewhere = mount_of(Path("/usr"), table)
    assert elsewhere is not None
    assert elsewhere.kind == "ext4"
    assert mount_of(tmp_path, tmp_path / "no such table") is None


def test_a_mount_with_local_locks_gets_leases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mount = mount_of(tmp_path)
    assert mount is not None
    local = type(mount)(tmp_path, "nfs4", frozenset({"rw", "local_lock=all"}))
    monkeypatch.setattr("harness.store.locks.mount_of", lambda folder: local)
    lock = tmp_path / "a.lock"
    assert why_leases(lock) == (
        f"{tmp_path} is nfs4, whose locks (local_lock=all) end at one computer"
    )
    with file_lock(lock):
        assert is_locked(lock)
    assert not is_locked(lock)
