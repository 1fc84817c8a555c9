"""Workers for tests that hang or die; with few imports, so that they start in no time."""

import importlib.util
import os
import signal
import time
from pathlib import Path
from typing import Any

from harness.spec.channel import append_line, read_lines

LONG = 600.0


def ignore_signals(
    kind: str, value: dict[str, Any], folder: str, device: str, threads: int | None
) -> dict[str, Any]:
    """Does nothing for a long time, and hears no SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(folder, f"pid-{value['name']}").write_text(str(os.getpid()))
    time.sleep(LONG)
    return {"state": "finished"}


def hang_in_second_trial(
    kind: str, value: dict[str, Any], folder: str, device: str, threads: int | None
) -> dict[str, Any]:
    """Measures trials as a worker does, and hangs in that of the name `hanging`."""
    path = Path(folder) / ".harness" / "running" / value["notes"]
    path.parent.mkdir(parents=True, exist_ok=True)
    has_ended = {note["trial"] for note in read_lines(path)[0] if note["state"] != "running"}
    for trial in value["trials"]:
        if trial["key"] not in has_ended:
            append_line(path, {"trial": trial["key"], "state": "running"})
            time.sleep(LONG if trial["key"] == "hanging" else 0.0)
            append_line(path, {"trial": trial["key"], "state": "finished", "seconds": 1.0})
    return {"state": "finished"}


def call_component(
    kind: str, value: dict[str, Any], folder: str, device: str, threads: int | None
) -> dict[str, Any]:
    """Calls a function of a file, as a worker calls that of a component."""
    os.environ["HARNESS_COMPONENTS"] = os.pathsep.join(value["components"])
    spec = importlib.util.spec_from_file_location("bad", value["file"])
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    getattr(module, value["function"])()
    return {"state": "finished"}


def catch_every_exception(
    kind: str, value: dict[str, Any], folder: str, device: str, threads: int | None
) -> dict[str, Any]:
    """Does nothing for ever, and catches whatever would end it."""
    Path(folder, "at-work").touch()
    while True:
        try:
            time.sleep(LONG)
        except BaseException:  # noqa: BLE001  that is what it stands for
            Path(folder, "has-heard").touch()
