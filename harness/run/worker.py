"""What a worker does: one fit, or one trial, from its JSON to a folder in the store."""

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch

from harness.measure.trial import measure
from harness.spec.outside import use_components
from harness.spec.records import FitRecord, TrialRecord
from harness.spec.trusted import read_trusted_fit, read_trusted_part, read_trusted_trial
from harness.store import Home
from harness.store.files import replacing
from harness.train.loop import fit

SECONDS_BETWEEN_NOTES = 0.5


def work(
    kind: str, value: dict[str, Any], folder: str, device: str, threads: int | None
) -> dict[str, Any]:
    """Makes the folder that a job describes, and says in which state it ended.

    The value of a job has the `fit` (with its `picks`, by their keys) or the `trial` as it was
    hashed, the `key` that came of it, and the folders of `components` outside the package that were
    in use.
    """
    use_components([Path(path) for path in value["components"]])
    if threads:
        torch.set_num_threads(threads)
    torch.backends.cudnn.benchmark = True  # patches keep their size
    home = Home(Path(folder))
    if kind == "trial":
        return _measure_trial(value, home, torch.device(device))
    return _make_fit(value, home, torch.device(device))


def _measure_trial(value: Mapping[str, Any], home: Home, device: torch.device) -> dict[str, Any]:
    trial = read_trusted_trial(value["trial"], value["key"])
    folder = measure(trial, home, device)
    state = TrialRecord.read(folder).state
    return {"state": state.value, "folder": str(folder)}


def _make_fit(value: Mapping[str, Any], home: Home, device: torch.device) -> dict[str, Any]:
    """Trains a network, and returns how that ended."""
    spec = read_trusted_fit(value["fit"], value["key"])
    picks = []
    for key, plain in value["picks"].items():
        picks.append(read_trusted_part("pick", plain, key))
    unfinished = home.store("fits").partial(spec.key)
    folder = fit(spec, picks, home, device, _progress_writer(unfinished))
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
