"""What a campaign of faults needs: studies of several kinds, started in sessions of their own, and
what must be true of a home whatever was done to it.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from harness.store import Home
from tests.made.kills import state_of, wait_for_work

LONGEST_RUN = 600.0  # seconds; a study takes some, on a busy machine many
Process = subprocess.Popen[str]

FITS = """
name: fits
seeds: 3
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 48}
    net: {arch: tiny_unet, slices: 3, width: 2}
    augment: [flips, noise]
    method: {name: supervised, epochs: 4, lr: 1e-3}
    patch: 32
    batch: 4
    steps: 12
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
STUDIES: Mapping[str, tuple[str, int]] = {  # with the number of their trials
    "fits": (FITS, 6),
    "trials": (TRIALS, 12),
    "live": (LIVE, 2),
}


def write_study(folder: Path, name: str) -> Path:
    """The file of one of the studies."""
    file = folder / f"{name}.yaml"
    file.write_text(STUDIES[name][0])
    return file


def start_apart(file: Path, home: Home, *words: str, **variables: str) -> Process:
    """Starts `harness run` in a session of its own, by which all that it leaves is found."""
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


def signal_while_it_works(process: Process, home: Home, number: signal.Signals) -> None:
    """Sends a signal to a study that has begun to carry out its plan."""
    wait_for_work(process, home)
    if process.poll() is None:
        process.send_signal(number)


def check_whole(name: str, home: Home, metrics: Mapping[str, Any]) -> None:
    """One finished run for each trial, with these numbers, and nothing half-written left."""
    state = state_of(home)
    assert len(state["finished"]) == len(set(state["finished"])) == STUDIES[name][1]
    assert "RUNNING" not in state["statuses"]
    assert state["metrics"] == metrics
    assert state["partial"] == []
    assert half_written_files(home) == []


def half_written_files(home: Home) -> list[Path]:
    """Hidden files below a home that no finished process leaves."""
    hidden = [path for path in home.folder.rglob(".*") if path.is_file()]
    return [path for path in hidden if path.name != ".mlflow.db.lock"]
