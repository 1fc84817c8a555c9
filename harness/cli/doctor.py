"""harness doctor: what is installed and reachable here, and what will not work, with the remedy."""

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from harness.cli.shared import AsJson, Where, app, as_json, out, tracker_at
from harness.record.tracker import Tracker
from harness.run.slots import gpus, slots_here
from harness.spec.driver import ask_driver
from harness.spec.naming import is_number
from harness.store import Home

NEEDED = ("torch", "torchvision", "mlflow", "numpy", "pandas", "scipy", "optuna")
EXTRAS = {
    "streamlit": ("dashboard", "harness dashboard"),
    "ray": ("ray", "harness run --on ray"),
    "submitit": ("submitit", "harness run --on submitit"),
    "cmaes": ("search", "the sampler cmaes"),
    "bioimageio.core": ("bioimageio", "packages of the BioImage Model Zoo in harness rank"),
}
ENOUGH_SPACE = 10  # GB: below it a study with checkpoints may not end
GB = 10**9


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    name: str
    state: str  # ok | note | bad
    text: str
    remedy: str = ""


@app.command()
def doctor(json_: AsJson = False, where: Where = None) -> None:
    """Say what is installed and reachable here, and what will not work and why."""
    findings = [
        *_versions(),
        *_devices(),
        *_home(Home.here()),
        _database(tracker_at(where)),
        _hub(),
        *_extras(),
    ]
    if json_:
        as_json([vars(finding) for finding in findings])
    else:
        out.print(_table(findings))


def _versions() -> Iterator[Finding]:
    """The interpreter, harness itself, and the libraries that it cannot do without."""
    yield Finding("python", "ok", f"{platform.python_version()}, {sys.executable}")
    yield Finding("harness", "ok", importlib.metadata.version("harness"))
    for name in NEEDED:
        try:
            yield Finding(name, "ok", importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, "bad", "not installed", f"pip install {name}")


def _devices() -> Iterator[Finding]:
    """What a study would train on."""
    slots = slots_here(None, "auto")
    cards = gpus()
    if cards:
        yield Finding("GPU", "ok", f"{len(cards)}: {', '.join(cards)}")
        yield _energy()
    else:
        yield Finding("GPU", "note", "none is visible: studies train on the processor")
    count = len(slots)
    jobs = "1 job" if count == 1 else f"{count} jobs"
    yield Finding("slots", "ok", f"{jobs} at once on {slots[0].device}")


def _energy() -> Finding:
    """Whether the driver tells the power of a card, so that runs can record their energy."""
    answers = ask_driver("--query-gpu=power.draw", "--format=csv,noheader,nounits").split()
    if answers and all(is_number(answer) for answer in answers):
        return Finding("GPU energy", "ok", "runs record it, as the driver counts it")
    return Finding("GPU energy", "note", "the driver does not tell it: runs record none")


def _home(home: Home) -> Iterator[Finding]:
    """Where everything is kept, and whether there is room for it."""
    folder = home.folder
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK):
        remedy = "set HARNESS_HOME to a folder of yours"
        yield Finding("home", "bad", f"{home.folder} cannot be written", remedy)
        return
    yield Finding("home", "ok", str(home.folder))
    free = shutil.disk_usage(folder).free / GB
    state, remedy = "ok", ""
    if free < ENOUGH_SPACE:
        state, remedy = "note", "harness gc, or HARNESS_HOME on another disk"
    yield Finding("disk", state, f"{free:,.0f} GB free", remedy)
    data_is_here = home.data.is_dir()
    text = str(home.data) if data_is_here else f"{home.data} (not there yet)"
    yield Finding("data", "ok" if data_is_here else "note", text)


def _database(tracker: Tracker) -> Finding:
    """Whether runs can be read where they are recorded."""
    try:
        count = len(tracker.runs())
    except (ValueError, OSError) as error:
        return Finding("records", "bad", str(error), "--uri, or MLFLOW_TRACKING_URI")
    return Finding("records", "ok", f"{tracker.shown_uri}: {count:,} runs")


def _hub() -> Finding:
    """Whether pretrained weights may be downloaded."""
    if os.environ.get("HF_HUB_OFFLINE") == "1":
        text = "HF_HUB_OFFLINE=1: pretrained weights come from the cache alone"
        return Finding("hub", "note", text, "unset it to download")
    return Finding("hub", "ok", "weights are downloaded when a study asks for them")


def _extras() -> Iterator[Finding]:
    """What is there for those who ask for it."""
    for name, (extra, use) in EXTRAS.items():
        if _is_installed(name):
            yield Finding(name, "ok", use)
        else:
            remedy = f'pip install "harness[{extra}]"'
            yield Finding(name, "note", f"not installed; needed for {use}", remedy)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it
        return False


def _table(findings: list[Finding]) -> Table:
    """A line for each finding; what is to be done stands beneath it."""
    table = Table(box=None, pad_edge=False, show_header=False)
    styles = {"ok": "green", "note": "yellow", "bad": "bold red"}
    for finding in findings:
        text = Text(finding.text, overflow="fold")
        if finding.remedy:
            text.append(f"\n-> {finding.remedy}", style="dim")
        table.add_row(Text(finding.state, style=styles[finding.state]), finding.name, text)
    return table
