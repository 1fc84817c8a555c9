"""measure(): a finished fit on a test set, through the probes of a trial, becomes a folder."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from harness.data.unchanged import planned_data
from harness.measure.arithmetic import measuring_arithmetic
from harness.measure.needs import further_arguments
from harness.measure.opened import Opened
from harness.measure.perturbation_options import OpenTrial, perturbation_options
from harness.measure.rows import Arrays, Figure, Row
from harness.measure.setup import feature_perturbation, open_trial, with_datasets
from harness.measure.table import means, tidy
from harness.spec.records import FitRecord, TrialRecord
from harness.spec.states import State
from harness.spec.values import Trial
from harness.store import Home, file_name, write_json
from harness.train.draws import seed_from
from harness.train.meter import Meter, metering
from harness.train.origin import origin_of


def measure(
    trial: Trial,
    home: Home,
    device: torch.device,
    wait: Callable[[], None] = lambda: None,
    opened: Opened | None = None,
) -> Path:
    """Returns the folder with what was measured for a trial, now or before.

    Trials that are measured one after the other share what they have `opened`.
    """
    opened = opened or Opened(home, device)
    store = home.store("trials")
    with store.making(trial.key, wait) as folder:
        if folder is not None:
            with planned_data(trial, home, folder), metering(device) as meter:
                _measure(trial, home, folder, opened, meter)
    return store.path(trial.key)


def _measure(trial: Trial, home: Home, folder: Path, opened: Opened, meter: Meter) -> None:
    """Fills the folder of a trial; a fit that diverged has no rows."""
    began = time.monotonic()
    fit_record = FitRecord.read(home.store("fits").path(trial.fit.key))
    rows: list[Row] = []
    if fit_record.state is State.FINISHED:
        with measuring_arithmetic(opened.device):
            rows = _probe(trial, home, folder, opened)
    table = tidy(trial, rows)
    table.to_parquet(folder / "rows.parquet", index=False)
    origin = {"trial": trial.to_plain(), "key": trial.key, "fit": trial.fit.key}
    write_json(folder / "trial.json", origin)
    about_fit = fit_record.to_plain()
    del about_fit["fit"]
    del about_fit["picks"]
    seconds = time.monotonic() - began
    record = TrialRecord(
        state=fit_record.state,
        metrics=means(table, trial.probes),
        fit=about_fit,
        seconds=round(seconds, 3),
        finished=time.time(),
        origin=origin_of(trial, opened.device),
        use=meter.take(up_to_now=True).to_plain(seconds),
    )
    write_json(folder / TrialRecord.FILE, record.to_plain())


def _probe(trial: Trial, home: Home, folder: Path, opened: Opened) -> list[Row]:
    """Runs every probe of a trial; returns the rows and stores the other results."""
    rows: list[Row] = []
    device = opened.device
    net, test = open_trial(trial, home, device, opened)
    torch.manual_seed(seed_from("measure", trial.key))  # whatever other trials drew before
    with feature_perturbation(trial.perturb, net, home):
        for part in trial.probes:
            arguments = further_arguments(part, trial, net, opened)
            probe = with_datasets(part, trial, home, device, opened)
            perturbations = perturbation_options(part, OpenTrial(trial, test, opened))
            rows += store_results(probe(net, test, *arguments, **perturbations), folder)
    return rows


def store_results(results: Iterator[Row | Figure | Arrays], folder: Path) -> list[Row]:
    """Writes the figures and arrays that a probe yields into the folder; returns its rows."""
    rows = []
    for result in results:
        if isinstance(result, Row):
            rows.append(result)
        elif isinstance(result, Arrays):
            path = folder / f"{file_name(result.name)}.npz"
            np.savez_compressed(path, allow_pickle=False, **result.arrays)
        else:
            _save_figure(result, folder / "figures")
    return rows


def _save_figure(figure: Figure, folder: Path) -> None:
    """Writes a picture as a PNG file, which says its title and its caption by itself."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{file_name(figure.name, also='.')}.png"
    texts = {"Title": figure.name}
    if figure.caption:
        texts["Description"] = figure.caption
    if hasattr(figure.picture, "savefig"):
        figure.picture.savefig(path, dpi=120, bbox_inches="tight", metadata=texts)
        return
    from PIL import Image, PngImagePlugin

    chunks = PngImagePlugin.PngInfo()
    for keyword, text in texts.items():
        chunks.add_itxt(keyword, text)
    Image.fromarray(figure.picture).save(path, pnginfo=chunks)
