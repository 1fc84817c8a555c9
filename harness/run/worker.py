"""What a worker does: one fit, or one trial, from its JSON to a folder in the store."""

import json
import time
from pathlib import Path
from typing import Any

import torch

from harness.measure.trial import measure
from harness.spec.parse import read_fit, read_trial
from harness.store import Home, read_json
from harness.train.loop import fit, read_pick

EVERY = 0.5  # seconds between two notes of progress


def work(
    kind: str, value: dict[str, Any], folder: str, device: str, threads: int | None
) -> dict[str, Any]:
    """Makes the folder that a job describes; says in which state it ended."""
    home = Home(Path(folder))
    if threads:
        torch.set_num_threads(threads)
    torch.backends.cudnn.benchmark = True  # patches keep their size
    where = torch.device(device)
    if kind == "trial":
        made = measure(_trial(value), home, where)
        return {"state": read_json(made / "result.json")["state"], "folder": str(made)}
    spec = read_fit(value["fit"], (), [])
    if spec is None:
        raise ValueError("the fit does not read back as it was written")
    picks = [read_pick(raw) for raw in value["picks"]]
    made = fit(spec, picks, home, where, _noted(home.store("fits").partial(spec.key)))
    kept = read_json(made / "fit.json")
    return {
        "state": kept["state"],
        "folder": str(made),
        "at": {k: kept[k] for k in ("phase", "step") if k in kept},
    }


def _trial(value: dict[str, Any]) -> Any:
    trial = read_trial(value, [])
    if trial is None:
        raise ValueError("the trial does not read back as it was written")
    return trial


def _noted(folder: Path) -> Any:
    """Progress in a file beside the state, for whoever asks; not more often than is worth it."""
    last = [0.0]

    def report(progress: dict[str, Any]) -> None:
        now = time.monotonic()
        if now - last[0] < EVERY:
            return
        last[0] = now
        text = json.dumps({**progress, "at": time.time()})
        beside = folder / ".progress"
        beside.write_text(text, encoding="utf-8")  # no fsync: it may be lost, not torn
        beside.replace(folder / "progress.json")

    return report
