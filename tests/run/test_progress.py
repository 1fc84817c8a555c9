"""A running study writes how far it is, often enough to be followed, and no more often."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.run import progress as progress_module
from harness.run.following import ask_to_stop, forget_notes, stop_path
from harness.run.jobs import Job
from harness.run.progress import (
    JobProgress,
    Progress,
    ProgressFile,
    forget,
    lock_path,
    remaining,
    running,
)
from harness.spec.states import State
from harness.store import Home, file_lock


def progress_of(*states: State, **seconds: float) -> Progress:
    """A study with a fit for each state, which has taken the seconds that its state names."""
    jobs = {}
    for number, state in enumerate(states):
        fit = JobProgress(f"fit {number}", "fit", state, seconds=seconds.get(state))
        jobs[f"key{number}"] = fit
    return Progress("tiny", "tiny.yaml", os.getpid(), time.time(), jobs)


@pytest.fixture
def writes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were written, in order."""
    paths: list[Path] = []
    write = progress_module.write

    def write_and_note(path: Path, content: str) -> None:
        paths.append(path)
        write(path, content)

    monkeypatch.setattr(progress_module, "write", write_and_note)
    return paths


def finish_all(progress: Progress, file: ProgressFile) -> None:
    """Changes one job after the other, as a study does whose trials take no time."""
    for key, job in progress.jobs.items():
        progress.jobs[key] = replace(job, state=State.FINISHED, seconds=0.0)
        file.mark_changed()


def test_many_changes_are_one_write_and_the_last_one_is_in_the_file(
    home: Home, writes: list[Path]
) -> None:
    progress = progress_of(*[State.WAITING] * 1000)
    with file_lock(lock_path(home, "tiny", os.getpid())), ProgressFile(home, progress) as file:
        finish_all(progress, file)
    assert len(writes) <= 3  # at the start, at the end, and once between if the machine was busy
    ((read, is_alive),) = running(home)
    assert read == progress
    assert not is_alive


def test_a_change_is_written_while_the_study_waits(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_module, "EVERY", 0.01)
    progress = progress_of(State.WAITING)
    with file_lock(lock_path(home, "tiny", os.getpid())), ProgressFile(home, progress) as file:
        progress.jobs["key0"] = replace(progress.jobs["key0"], state=State.RUNNING, since=1.0)
        file.mark_changed()
        deadline = time.monotonic() + 20
        while running(home)[0][0] != progress and time.monotonic() < deadline:
            time.sleep(0.01)
        ((read, is_alive),) = running(home)
    assert read == progress
    assert is_alive


def test_without_a_change_nothing_is_written(
    home: Home,
    writes: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(progress_module, "EVERY", 0.01)
    progress = progress_of(State.RUNNING)
    with file_lock(lock_path(home, "tiny", os.getpid())), ProgressFile(home, progress):
        time.sleep(0.2)
        assert len(writes) == 1


def test_the_file_of_a_dead_run_is_forgotten(home: Home) -> None:
    progress = progress_of(State.RUNNING)
    with file_lock(lock_path(home, "tiny", os.getpid())), ProgressFile(home, progress):
        forget(home, "tiny")
        assert len(running(home)) == 1
    forget(home, "tiny")
    assert running(home) == []


def test_what_a_killed_run_had_half_written_is_forgotten(home: Home) -> None:
    lock = lock_path(home, "tiny", os.getpid())
    half_written = lock.with_name(f".{lock.stem}.json.{os.getpid()}")
    of_another_study = lock.with_name(".other.vm.7.json.7")
    with file_lock(lock):
        half_written.write_text('{"study": ')
        of_another_study.write_text('{"study": ')
        forget(home, "tiny")
        assert half_written.exists()
    forget(home, "tiny")
    assert not half_written.exists()
    assert of_another_study.exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", json.dumps({"jobs": {"a": {"name": "fit"}}})])
def test_a_file_of_another_version_is_no_study(home: Home, text: str) -> None:
    folder = home.hidden / "running"
    folder.mkdir(parents=True)
    (folder / "tiny.1.json").write_text(text)
    assert running(home) == []


def test_the_time_to_go_is_that_of_like_jobs_or_else_the_plan() -> None:
    assert remaining(progress_of(State.FINISHED, finished=4.0)) == 0.0
    assert remaining(progress_of(State.WAITING)) is None
    assert remaining(replace(progress_of(State.WAITING), seconds=6.0, slots=2)) == 3.0
    waiting = progress_of(State.FINISHED, State.WAITING, State.WAITING, finished=4.0)
    assert remaining(waiting) == 8.0
    trial = JobProgress("trial", "trial", State.FINISHED, seconds=100.0)
    assert remaining(replace(waiting, jobs={**waiting.jobs, "trial": trial})) == 8.0


def test_a_request_to_stop_that_came_too_late_is_forgotten(home: Home) -> None:
    """The fit was finished in the moment in which it was asked to stop."""
    fits = home.store("fits")
    late, early = [Job(key, "fit", key, {}) for key in ("late", "early")]
    with fits.making("late") as folder:
        assert folder is not None
    for job in (late, early):
        ask_to_stop(job, home)
        forget_notes(home, job)
    assert not fits.partial("late").exists()
    assert stop_path(home, early).exists()  # whoever trains it has not seen it yet
