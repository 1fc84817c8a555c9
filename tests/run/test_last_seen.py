"""A component that fails, crashes or is killed is named with its file and line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.run.dispatch import dispatch
from harness.run.engines import processes
from harness.run.events import Ended
from harness.run.jobs import circumstances, one_line
from harness.run.slots import Slot
from harness.store import Home
from tests.made.hanging import call_component
from tests.made.outside import folder_of_components, write_component
from tests.run.test_engines import job

LAB = """import ctypes
import os
import signal
import time


def fail():
    raise KeyError("weights")


def crash():
    ctypes.string_at(0)


def leak():
    time.sleep(2.5)
    os.kill(os.getpid(), signal.SIGKILL)


def leave():
    raise SystemExit(3)
"""


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of components with functions that end badly."""
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "bad.py", LAB)
        yield folder


def error_of(folder: Path, function: str) -> str:
    """What a study says of a job that calls a function of the lab."""
    engine = processes(folder, [Slot("cpu")], [], call_component)
    file = str(folder / "lab" / "bad.py")
    bad_job = job("bad", file=file, function=function, **circumstances())
    for event in dispatch(engine, [bad_job], Home(folder)):
        if isinstance(event, Ended):
            return event.outcome.error
    raise AssertionError("the job did not end")


def test_an_error_names_the_line_of_the_component(tmp_path: Path, lab: Path) -> None:
    assert error_of(tmp_path, "fail") == f"'weights' ({lab}/bad.py:8)"
    assert error_of(tmp_path, "leave") == (
        f"a component ended its process: sys.exit(3) ({lab}/bad.py:21)"
    )


def test_a_crash_names_the_line_of_the_component(tmp_path: Path, lab: Path) -> None:
    assert error_of(tmp_path, "crash") == (
        f"the worker ended without an answer (killed by SIGSEGV) in {lab}/bad.py:12, 3 times"
    )


def test_a_kill_names_the_line_where_the_component_was_seen_last(tmp_path: Path, lab: Path) -> None:
    assert error_of(tmp_path, "leak") == (
        f"the worker ended without an answer (killed by SIGKILL) in {lab}/bad.py:16, 3 times"
    )
    assert not list((tmp_path / ".harness" / "logs").glob("*.where"))


def test_an_error_of_the_package_names_no_line() -> None:
    assert one_line(ValueError("fit.patch: too large")) == "fit.patch: too large"
