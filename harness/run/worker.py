"""What a worker does: one fit, or the trials of one, from JSON to folders in the store."""

import gc
import json
import os
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from harness.measure.dry_build import DryBuild
from harness.measure.opened import Opened
from harness.measure.trial import measure
from harness.run.following import RUNNING_FOLDER
from harness.run.jobs import one_line
from harness.run.removals import note_removals
from harness.spec.channel import STOP, Stopped, append_line, end_torn_line, read_lines
from harness.spec.outside import use_components
from harness.spec.records import FitRecord, TrialRecord
from harness.spec.states import State
from harness.spec.trusted import read_trusted_fit, read_trusted_part, read_trusted_trial
from harness.store import Home
from harness.store.files import replacing
from harness.train.loop import fit
from harness.train.pilot import time_fit

SECONDS_BETWEEN_NOTES = 0.5


def work(
    kind: str, value: dict[str, Any], folder: str, device: str, threads: int | None
) -> dict[str, Any]:
    """Makes the folders that a job describes, and says in which state it ended.

    The value of a job has the `fit` (with its `picks`, by their keys) as it was hashed and the
    `key` that came of it, or such values of `trials`; and the folders of `components` outside the
    package that were in use. Relative paths start from its `working_folder`.
    """
    os.chdir(value["working_folder"])
    use_components([Path(path) for path in value["components"]])
    if value["components"]:
        note_removals()
    if threads:
        torch.set_num_threads(threads)
    home = Home(Path(folder))
    try:
        if kind == "measure":
            return _measure_trials(value, home, torch.device(device))
        if kind == "build":
            return _build_trials(value, home)
        if kind == "pilot":
            return _time_fit(value, home, torch.device(device))
        return _make_fit(value, home, torch.device(device))
    except Stopped as error:
        return {"state": State.STOPPED.value, "error": str(error)}
    finally:
        _give_memory_back(device)


def _give_memory_back(device: str) -> None:
    """Leaves the memory of a GPU to the other slots on it, for a process that lasts."""
    if device == "cuda" and torch.cuda.is_initialized():
        gc.collect()
        torch.cuda.empty_cache()


def _measure_trials(value: Mapping[str, Any], home: Home, device: torch.device) -> dict[str, Any]:
    """Measures the trials of a fit one after the other; an error ends one trial alone.

    How each went is noted as it ends. A worker that takes the job up again passes over what has
    been noted.
    """
    notes = home.hidden / RUNNING_FOLDER / value["notes"]
    notes.parent.mkdir(parents=True, exist_ok=True)
    end_torn_line(notes)
    has_ended = {note["trial"] for note in read_lines(notes)[0] if note["state"] != State.RUNNING}
    opened = Opened(home, device)
    for trial in value["trials"]:
        if trial["key"] in has_ended:
            continue
        if notes.with_name(f"{notes.name}.{STOP}").exists():
            raise Stopped("asked to stop; the next run measures the trials that are missing")
        append_line(notes, {"trial": trial["key"], "state": State.RUNNING})
        began = time.monotonic()
        note = _measure_trial(trial, opened)
        note["seconds"] = round(time.monotonic() - began, 3)
        append_line(notes, note)
        if note["state"] == State.FAILED:
            opened = Opened(home, device)  # what was opened may be the reason
            _require_usable(device)
    return {"state": State.FINISHED.value}


def _measure_trial(value: Mapping[str, Any], opened: Opened) -> dict[str, Any]:
    """Measures one trial; returns its state, with the error and trace of one that failed."""
    note: dict[str, Any] = {"trial": value["key"]}
    try:
        trial = read_trusted_trial(value["trial"], value["key"])
        folder = measure(trial, opened.home, opened.device, opened=opened)
        note["state"] = TrialRecord.read(folder).state
    except (Exception, SystemExit) as error:  # noqa: BLE001  the other trials go on
        trace = traceback.format_exc()
        note.update({"state": State.FAILED, "error": one_line(error), "trace": trace})
    return note


def _build_trials(value: Mapping[str, Any], home: Home) -> dict[str, Any]:
    """Builds trials without weights; returns what is wrong with each, by its key."""
    building = DryBuild(Home(Path(value["home"])))
    problems = {}
    for trial in value["trials"]:
        problems[trial["key"]] = building.problems(read_trusted_trial(trial["trial"], trial["key"]))
    return {"state": State.FINISHED.value, "problems": problems, "weights": building.weights()}


def _time_fit(value: Mapping[str, Any], home: Home, device: torch.device) -> dict[str, Any]:
    """Tries a fit for two steps, if there is one, and then measures trials on it; returns what the
    fit takes, and the seconds of each trial or why it cannot be measured.
    """
    answer: dict[str, Any] = {"state": State.FINISHED.value, "trials": {}, "problems": {}}
    if value["fit"] is not None:
        spec = read_trusted_fit(value["fit"], value["key"])
        picks = [read_trusted_part("pick", plain, key) for key, plain in value["picks"].items()]
        answer["fit"] = time_fit(spec, picks, home, device).to_plain()
    for trial in value["trials"]:
        began = time.monotonic()
        note = _measure_trial(trial, Opened(home, device))
        answer["trials"][trial["key"]] = time.monotonic() - began
        if note["state"] == State.FAILED:
            answer["problems"][trial["key"]] = note["error"]
    return answer


def _require_usable(device: torch.device) -> None:
    """Ends a worker whose GPU answers no more after an error: another one takes up the rest."""
    if device.type != "cuda":
        return
    try:
        torch.cuda.synchronize(device)
    except RuntimeError:
        os._exit(1)


def _make_fit(value: Mapping[str, Any], home: Home, device: torch.device) -> dict[str, Any]:
    """Trains a network, and returns how that ended."""
    spec = read_trusted_fit(value["fit"], value["key"])
    picks = []
    for key, plain in value["picks"].items():
        picks.append(read_trusted_part("pick", plain, key))
    unfinished = home.store("fits").partial(spec.key)
    report = _progress_writer(unfinished)
    repeats = bool(value.get("deterministic", True))
    folder = fit(spec, picks, home, device, report, repeats=repeats)
    state = FitRecord.read(folder).state
    return {"state": state.value, "folder": str(folder)}


def _progress_writer(folder: Path) -> Callable[[dict[str, Any]], None]:
    """Returns a function that writes progress beside the state of a fit, for whoever asks, not too
    often.
    """
    last_note = 0.0

    def report(progress: dict[str, Any]) -> None:
        """Writes one note, unless the last is too young."""
        nonlocal last_note
        now = time.monotonic()
        if now - last_note < SECONDS_BETWEEN_NOTES:
            return
        last_note = now
        text = json.dumps({**progress, "at": time.time()})
        # no fsync: it may be lost, not torn; nor need there be room for it
        with suppress(OSError), replacing(folder / "progress.json") as unfinished:
            unfinished.write_text(text, encoding="utf-8")

    return report
