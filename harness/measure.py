"""measure(): a finished fit on a test set, through every probe of a trial; rows, figures and arrays in a folder."""

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from harness import registry
from harness.batches import seeded
from harness.bind import bind, built, checkpoint
from harness.data.domains import open_domains, open_test, room
from harness.naming import level_name
from harness.phases import Domains, Labelled, Original, Unlabelled, unit
from harness.rows import Figure, Kept, Row
from harness.spec import Fit, Part, Trial
from harness.store import Home, file_name, load_weights, read_json, write_json


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
                needed = _needed(part, trial, net, home, device)
                rows += _kept(_asked(part, trial, home, device)(net, test, *needed), folder)
    table = tidy(trial, rows)
    table.to_parquet(folder / "rows.parquet", index=False)
    write_json(folder / "trial.json", {"trial": trial.plain, "key": trial.key, "fit": trial.fit.key})
    result = {
        "state": fitted["state"],
        "metrics": means(table, trial.probes),
        "fit": {k: v for k, v in fitted.items() if k not in ("fit", "picks")},
        "seconds": round(time.monotonic() - began, 3),
        "finished": time.time(),
    }
    write_json(folder / "result.json", result)


def opened(trial: Trial, home: Home, device: torch.device) -> tuple[nn.Module, Labelled | Unlabelled]:
    """The network of a trial in evaluation mode, and its test set as the network is to see it."""
    return network(trial.fit, trial.pick, home, device), shown(trial, home, device)


def shown(trial: Trial, home: Home, device: torch.device) -> Labelled | Unlabelled:
    """The test set of a trial: perturbed, then prepared like the training set."""
    slices = int(trial.fit.net.options["slices"])
    test = open_test(trial.test_on, slices, home, device)
    if trial.perturb is not None and not _in_features(trial.perturb):
        test = _seen(test, partial(_perturbed, trial.perturb, home))
    if trial.fit.prepare:
        domains = open_domains(trial.fit, home, device)
        for part in trial.fit.prepare:
            test = _seen(test, partial(_prepared, bind(part, home), domains))
    return test


def _asked(part: Part, trial: Trial, home: Home, device: torch.device) -> Callable[..., Any]:
    """A probe whose options that are data sets come opened, as this trial's network is to see them, unperturbed."""
    sets = {
        name: shown(replace(trial, perturb=None, test_on=value), home, device)
        for name, value in part.options.items()
        if isinstance(value, Part) and value.kind == "dataset"
    }
    return partial(bind(part, home), **sets)


def _needed(part: Part, trial: Trial, net: nn.Module, home: Home, device: torch.device) -> list[Original | None]:
    """What a probe takes beside network and test set: both without the perturbation, None where there is none."""
    if "original" not in registry.catalogue("probe")[part.name].facts.get("needs", ()):
        return []
    if trial.perturb is None:
        return [None]
    bare = replace(trial, perturb=None)
    same = net if not _in_features(trial.perturb) else network(trial.fit, trial.pick, home, device)
    return [Original(same, shown(bare, home, device))]


def network(fit: Fit, pick: Part, home: Home, device: torch.device) -> nn.Module:
    """A trained network in evaluation mode."""
    kept = read_json(home.store("fits").path(fit.key) / "fit.json")
    net = built(fit.net, kept["channels"], kept["outputs"]).to(device)
    net.load_state_dict(load_weights(checkpoint(fit, pick, home)))
    if fit.channels_last:
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
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
    """Every stored image changed by itself, so that it looks the same in every stack and test set that holds it."""
    change = bind(part, home)
    strength = float(part.options["strength"])
    pixels = images.pixels
    done = room(tuple(pixels.shape), pixels.device, home)
    for i, name in enumerate(zip(images.groups, images.ids, strict=True)):
        height, width = images.size if images.sizes is None else images.sizes[i].tolist()
        rng = torch.Generator(pixels.device).manual_seed(seeded(*name))
        done[i] = unit(pixels[i])
        done[i, :, :height, :width] = change(done[i : i + 1, :, :height, :width], strength, rng)[0]
    return done


def _felt(part: Part | None, net: nn.Module, home: Home) -> Any:
    """A perturbation of features holds while the probes run."""
    if part is None or not _in_features(part):
        return nullcontext()
    return bind(part, home)(net, float(part.options["strength"]))


def _kept(found: Iterator[Row | Figure | Kept], folder: Path) -> list[Row]:
    rows = []
    for one in found:
        if isinstance(one, Row):
            rows.append(one)
        elif isinstance(one, Kept):
            np.savez_compressed(folder / f"{file_name(one.name)}.npz", allow_pickle=False, **one.arrays)
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


def means(table: pd.DataFrame, probes: list[Part]) -> dict[str, float]:
    """The mean of each metric, and of each combination of its dimensions: swd/gradient/wasserstein."""
    declared = [d for p in probes for d in registry.catalogue("probe")[p.name].facts.get("dimensions", ())]
    paths = [path for path in dict.fromkeys([*declared, *table.columns]) if path in table and path not in ABOUT]
    columns = [[level_name(value) for value in table[path]] for path in paths]
    names = [
        "/".join([metric, *(_legal(text) for text in levels if text != "none")])[:250].rstrip("/")
        for metric, *levels in zip(table["metric"], *columns, strict=True)
    ]
    found = table["value"].astype(float).groupby(pd.Series(names, index=table.index, dtype=str)).mean()
    return {str(name): float(value) for name, value in found.items()}


ABOUT = ("metric", "value", "image", "group", "seed", "fold")


def _legal(text: str) -> str:
    """A level as a part of a metric's name that MLflow takes."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "_-. ") else "_" for c in text)
    return kept if kept.strip(".") else "_" * max(1, len(kept))
