"""What a campaign of faults needs: studies of several kinds, started in sessions of their own, and
what must be true of a home whatever was done to it.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from harness.search.history import read_history
from harness.store import Home
from harness.study.load import load_study
from tests.made.kills import state_of, wait_for_work
from tests.made.searches import SEARCH, facts_of

LONGEST_RUN = 600.0  # seconds; a study takes some, on a busy machine many
Process = subprocess.Popen[str]

FITS = """
name: fits
seeds: 2
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 48}
    net: {arch: tiny_unet, slices: 3, width: 2}
    augment: [flips, noise]
    method: {name: supervised, epochs: 4, lr: 1e-3}
    patch: 32
    batch: 4
    steps: 6
grid:
  fit.method.loss: [bce_dice, ce]
"""
TRIALS = """
name: trials
seeds: 1
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 48}
    net: {arch: tiny_unet, width: 2}
    method: {name: supervised, epochs: 1, lr: 1e-3}
    patch: 32
    batch: 4
    steps: 3
  perturb: {name: noise, strength: 0.1}
grid:
  perturb.strength: [0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55]
"""
LIVE = """
name: live
seeds: 2
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 48}
    net: {arch: tiny_unet, width: 2}
    method: {name: supervised, epochs: 40, lr: 1e-3}
    patch: 32
    batch: 4
    steps: 4
"""


@dataclass(frozen=True)
class CampaignStudy:
    """A study that is disturbed, how many trials it has, and how it is started."""

    text: str
    trials: int
    words: tuple[str, ...] = ()


SEARCHED = SEARCH.replace("trainings: 20", "trainings: 6").replace("steps: 1", "steps: 8")
STUDIES: Mapping[str, CampaignStudy] = {
    "fits": CampaignStudy(FITS, 4),
    "trials": CampaignStudy(TRIALS, 12),
    "search": CampaignStudy(SEARCHED, 6, ("--slots", "1")),
    "live": CampaignStudy(LIVE, 2),
}


def write_study(folder: Path, name: str) -> Path:
    """The file of one of the studies."""
    file = folder / f"{name}.yaml"
    file.write_text(STUDIES[name].text)
    return file


@dataclass(frozen=True)
class UndisturbedStudy:
    """A study that nobody has disturbed: its file, its home, and all that it came to."""

    name: str
    file: Path
    home: Home
    numbers: Mapping[str, Any]
    points: Sequence[object]

    def copy_of_home(self, folder: Path) -> Home:
        """The home as it was when the study had ended, in a folder that nobody has opened yet:
        MLflow keeps a connection to every database that it has read in this process.
        """
        home = Home(folder / "copy")
        shutil.copytree(self.home.folder, home.folder, symlinks=True)
        return home


def run_undisturbed(folder: Path, name: str) -> UndisturbedStudy:
    """Runs a study that nobody disturbs, which leaves no process."""
    home = Home(folder / "undisturbed")
    home.folder.mkdir()
    file = write_study(folder, name)
    process = start_apart(file, home)
    code, printed = end_of(process)
    assert code == 0, printed
    assert leftovers_of(process) == []
    numbers = state_of(home)["metrics"]
    return UndisturbedStudy(name, file, home, numbers, points_of(file, home))


def points_of(file: Path, home: Home) -> Sequence[object]:
    """The points of a search with their scores, whenever they were tried; none without one."""
    history = read_history(load_study(file), home)
    return [] if history is None else facts_of(history.points)


def start_apart(file: Path, home: Home, *words: str, **variables: str) -> Process:
    """Starts `harness run` in a session of its own, by which all that it leaves is found."""
    words = (*STUDIES[file.stem].words, *words)
    environment = {**os.environ, "HARNESS_HOME": str(home.folder), **variables}
    return subprocess.Popen(
        [sys.executable, "-m", "harness.cli.main", "run", str(file), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        start_new_session=True,
    )


def end_of(process: Process) -> tuple[int, str]:
    """Waits for the end of a study; its exit code and what it printed."""
    printed = process.communicate(timeout=LONGEST_RUN)[0]
    return process.returncode, printed


def run_apart(file: Path, home: Home, *words: str, **variables: str) -> tuple[int, str]:
    """Runs a study to its end; its exit code and what it printed."""
    process = start_apart(file, home, *words, **variables)
    return end_of(process)


def processes_of(session: int) -> list[psutil.Process]:
    """Everything that still runs in a session."""
    processes = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                processes.append(process)
        except (ProcessLookupError, psutil.NoSuchProcess):
            continue
    return processes


def leftovers_of(process: Process, seconds: float = 20.0) -> list[str]:
    """The processes of a study that are still there a while after it has ended."""
    end = time.monotonic() + seconds
    while processes_of(process.pid) and time.monotonic() < end:
        time.sleep(0.2)
    return [" ".join(left.cmdline()) for left in processes_of(process.pid)]


def workers_of(process: Process) -> list[psutil.Process]:
    """The processes in which jobs are done now: what the server of forks has forked."""
    workers = []
    for child in psutil.Process(process.pid).children():
        workers += child.children()
    return workers


def signal_while_it_works(process: Process, home: Home, number: signal.Signals, times: int) -> None:
    """Sends a signal, once or twice, to a study that has begun to carry out its plan."""
    wait_for_work(process, home)
    for _ in range(times):
        if process.poll() is None:
            process.send_signal(number)
        time.sleep(0.3)


def check_whole(undisturbed: UndisturbedStudy, home: Home) -> None:
    """One finished run for each trial, with the same numbers, and nothing half-written left."""
    state = state_of(home)
    count = STUDIES[undisturbed.name].trials
    assert len(state["finished"]) == len(set(state["finished"])) == count
    assert "RUNNING" not in state["statuses"]
    assert state["metrics"] == undisturbed.numbers
    assert points_of(undisturbed.file, home) == undisturbed.points
    assert state["partial"] == []
    assert half_written_files(home) == []


def half_written_files(home: Home) -> list[Path]:
    """Hidden files below a home that no finished process leaves."""
    hidden = [path for path in home.folder.rglob(".*") if path.is_file()]
    return [path for path in hidden if path.name != ".mlflow.db.lock"]
