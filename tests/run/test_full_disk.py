"""A disk that fills up is a sentence; where there is room again, the same command goes on."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.record.tracker import metrics
from harness.store import Home
from tests.made.studies import run_study, start, tracker_of


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder that is a disk of its own, of 100 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small disk, and not in every container")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def resize(disk: Path, kilobytes: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", str(disk)], check=True)


def dice_of(home: Home) -> dict[str, float]:
    tracker = tracker_of(home)
    numbers = metrics(tracker, "tiny")
    finished = [run for run in tracker.runs("tiny") if run.status == "FINISHED"]
    return {run.key: numbers[run.id]["dice"] for run in finished}


def half_written_files(folder: Path) -> list[Path]:
    """Hidden files, but for the folder of harness itself and the lock beside the database."""
    hidden = [path for path in folder.rglob(".*") if path.is_file()]
    return [path for path in hidden if path.name != ".mlflow.db.lock"]


@pytest.mark.parametrize("sizes", [(300,), pytest.param((300, 1000, 1500), marks=pytest.mark.slow)])
def test_a_full_disk_costs_nothing_that_is_finished(
    home: Home,
    tiny: Path,
    small_disk: Path,
    monkeypatch: pytest.MonkeyPatch,
    sizes: tuple[int, ...],
) -> None:
    run_study(tiny, home)
    expected = dice_of(home)
    monkeypatch.setenv("HARNESS_HOME", str(small_disk))
    for kilobytes in sizes:
        resize(small_disk, kilobytes)
        process = start(tiny)
        printed = process.communicate(timeout=240)[0]
        assert process.returncode == 1, printed
        assert "Traceback" not in printed
        assert "no space left on the disk" in printed, printed
        assert half_written_files(small_disk) == []
    resize(small_disk, 20_000)
    process = start(tiny)
    printed = process.communicate(timeout=240)[0]
    assert process.returncode == 0, printed
    assert dice_of(Home(small_disk)) == expected
