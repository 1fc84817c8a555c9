"""measure(): a finished fit on a test set, through every probe of a trial; rows and figures in a folder."""

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import nn

from harness import registry
from harness.bind import bind, checkpoint
from harness.data.domains import open_domains, open_test
from harness.phases import Domains, Labelled, Unlabelled, unit
from harness.rows import Figure, Row
from harness.spec import Fit, Part, Trial
from harness.store import Home, load_weights, read_json, write_json


def measure(trial: Trial, home: Home, device: torch.device, wait: Callable[[], None] = lambda: None) -> Path:
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
        with _felt(trial.perturb, net, home):
            for part in trial.probes:
                rows += _kept(bind(part, home)(net, test), folder)
    table = tidy(trial, rows)
    table.to_parquet(folder / "rows.parquet", index=False)
    write_json(folder / "trial.json", {"trial": trial.plain, "key": trial.key, "fit": trial.fit.key})
    measured: dict[Any, Any] = dict(table.groupby("metric", sort=True)["value"].mean()) if len(table) else {}
    result = {
        "state": fitted["state"],
        "metrics": {name: float(value) for name, value in measured.items()},
        "fit": {k: v for k, v in fitted.items() if k not in ("fit", "picks")},
        "seconds": round(time.monotonic() - began, 3),
        "finished": time.time(),
    }
    write_json(folder / "result.json", result)


def opened(trial: Trial, home: Home, device: torch.device) -> tuple[nn.Module, Labelled | Unlabelled]:
    """The network of a trial in evaluation mode, and its test set as the network is to see it."""
    slices = int(trial.fit.net.options["slices"])
    test = open_test(trial.test_on, slices, home, device)
    if trial.perturb is not None and not _in_features(trial.perturb):
        test = _seen(test, partial(_perturbed, trial.perturb, home))
    if trial.fit.prepare:
        domains = open_domains(trial.fit, home, device)
        for part in trial.fit.prepare:
            test = _seen(test, partial(_prepared, bind(part, home), domains))
    return network(trial.fit, trial.pick, home, device), test


def network(fit: Fit, pick: Part, home: Home, device: torch.device) -> nn.Module:
    """A trained network in evaluation mode."""
    kept = read_json(home.store("fits").path(fit.key) / "fit.json")
    net = bind(fit.net, None)(kept["channels"], kept["outputs"]).to(device)
    net.load_state_dict(load_weights(checkpoint(fit, pick, home)))
    if fit.channels_last:
        net = net.to(memory_format=torch.channels_last)
    return net.eval()


def _seen(test: Labelled | Unlabelled, change: Callable[[Unlabelled], torch.Tensor]) -> Any:
    if isinstance(test, Labelled):
        return replace(test, images=replace(test.images, pixels=change(test.images)))
    return replace(test, pixels=change(test))


def _prepared(change: Callable[..., torch.Tensor], domains: Domains, images: Unlabelled) -> torch.Tensor:
    return change(images, domains)


def _in_features(part: Part) -> bool:
    return bool(registry.catalogue("perturb")[part.name].facts.get("features"))


@torch.no_grad()
def _perturbed(part: Part, home: Home, images: Unlabelled) -> torch.Tensor:
    """Every stored image changed by itself, so that a slice looks the same in every stack that holds it."""
    change = bind(part, home)
    strength = float(part.options["strength"])
    done = []
    for start in range(0, len(images), 16):
        rng = torch.Generator(images.pixels.device).manual_seed(start)
        done.append(change(unit(images.pixels[start : start + 16]), strength, rng))
    return torch.cat(done)


def _felt(part: Part | None, net: nn.Module, home: Home) -> Any:
    """A perturbation of features holds while the probes run."""
    if part is None or not _in_features(part):
        return nullcontext()
    return bind(part, home)(net, float(part.options["strength"]))


def _kept(found: Iterator[Row | Figure], folder: Path) -> list[Row]:
    rows = []
    for one in found:
        if isinstance(one, Row):
            rows.append(one)
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


def tidy(trial: Trial, rows: list[Row]) -> pd.DataFrame:
    """Rows with the units that they belong to."""
    fold = trial.fit.fold
    table = [
        {
            "metric": row.metric,
            "value": row.value,
            "image": row.image,
            "group": row.group,
            "seed": trial.fit.seed,
            "fold": None if fold is None else fold[0],
            **row.dimensions,
        }
        for row in rows
    ]
    return pd.DataFrame(table, columns=None if table else ["metric", "value", "image", "group", "seed", "fold"])
