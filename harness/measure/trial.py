"""measure(): a finished fit on a test set, through every probe of a trial; rows, figures and arrays in a folder."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from harness.measure.rows import Figure, Kept, Row
from harness.measure.setup import feature_perturbation, opened, originals_of, with_datasets
from harness.measure.table import means, tidy
from harness.spec.values import Trial
from harness.store import Home, file_name, read_json, write_json


def measure(
    trial: Trial, home: Home, device: torch.device, wait: Callable[[], None] = lambda: None
) -> Path:
    """The folder with what was measured for a trial, now or before."""
    store = home.store("trials")
    with store.making(trial.key, wait) as folder:
        if folder is not None:
            _measure(trial, home, folder, device)
    return store.path(trial.key)


def _measure(trial: Trial, home: Home, folder: Path, device: torch.device) -> None:
    began = time.monotonic()
    fitted = read_json(home.store("fits").path(trial.fit.key) / "fit.json")
    rows: list[Row] = []
    if fitted["state"] == "finished":
        net, test = opened(trial, home, device)
        with feature_perturbation(trial.perturb, net, home):
            for part in trial.probes:
                needed = originals_of(part, trial, net, home, device)
                rows += _kept(with_datasets(part, trial, home, device)(net, test, *needed), folder)
    table = tidy(trial, rows)
    table.to_parquet(folder / "rows.parquet", index=False)
    write_json(
        folder / "trial.json", {"trial": trial.plain, "key": trial.key, "fit": trial.fit.key}
    )
    result = {
        "state": fitted["state"],
        "metrics": means(table, trial.probes),
        "fit": {k: v for k, v in fitted.items() if k not in ("fit", "picks")},
        "seconds": round(time.monotonic() - began, 3),
        "finished": time.time(),
    }
    write_json(folder / "result.json", result)


def _kept(found: Iterator[Row | Figure | Kept], folder: Path) -> list[Row]:
    rows = []
    for one in found:
        if isinstance(one, Row):
            rows.append(one)
        elif isinstance(one, Kept):
            np.savez_compressed(
                folder / f"{file_name(one.name)}.npz", allow_pickle=False, **one.arrays
            )
        else:
            _draw(one, folder / "figures")
    return rows


def _draw(figure: Figure, folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    name = "".join(c if c.isalnum() or c in "-_." else "_" for c in figure.name)
    if hasattr(figure.picture, "savefig"):
        figure.picture.savefig(folder / f"{name}.png", dpi=120, bbox_inches="tight")
        return
    from PIL import Image

    Image.fromarray(figure.picture).save(folder / f"{name}.png")
