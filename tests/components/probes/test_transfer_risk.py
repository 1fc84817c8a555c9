"""The probe of transfer risk: whom it asks, about which images, and what it says of its maps."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from harness.data.images import Labelled
from harness.measure.leep import leep
from harness.measure.needs import training_images
from harness.measure.opened import Opened
from harness.measure.setup import open_trial
from harness.measure.trial import measure
from harness.spec.values import Trial
from harness.store import Home
from harness.train import loop
from harness.train.build import trained_network
from tests.made.fits import CPU, small_trial

BRAINS = {"name": "brains", "task": "csf", "subjects": 3, "slices": 4, "size": 32}
PRETRAINED: dict[str, Any] = {
    "train_on": {**BRAINS, "task": "wm"},
    "net": {"arch": "tiny_unet", "width": 2},
    "method": {"name": "supervised", "epochs": 2, "lr": 1e-2, "loss": "bce"},
    "patch": 32,
    "steps": 4,
    "batch": 4,
}
FINETUNED: dict[str, Any] = {
    "train_on": BRAINS,
    "net": {"arch": "tiny_unet", "width": 2},
    "init": {"name": "trained", "fit": PRETRAINED},
    "method": {"name": "finetune", "epochs": 2, "lr": 1e-2, "loss": "bce", "weight": "risk_map"},
    "patch": 32,
    "batch": 2,
    "steps": 4,
}


def transfer(probe: Any = "transfer_risk", **changes: Any) -> Trial:
    return small_trial(fit={**FINETUNED, **changes}, probes=[probe])


def values_of(trial: Trial, home: Home) -> dict[str, float]:
    """Trains and measures a trial; returns its rows by their metric."""
    folder = measured_folder(trial, home)
    rows = pd.read_parquet(folder / "rows.parquet")
    return dict(zip(rows.metric, rows.value, strict=True))


def measured_folder(trial: Trial, home: Home) -> Path:
    for before in reversed(trial.fit.lineage):
        loop.fit(before, [trial.pick], home, CPU)
    return measure(trial, home, CPU)


def test_leep_is_that_of_the_source_network_on_the_training_images(home: Home) -> None:
    trial = transfer(shots=5)
    values = values_of(trial, home)
    opened = Opened(home, CPU)
    training = training_images(trial, opened)
    assert len(training) == 5
    (source,) = trial.fit.lineage[1:]
    before = trained_network(source, trial.pick, home, CPU)
    assert values["leep"] == pytest.approx(leep(before, training).score, rel=1e-9)
    after, test = open_trial(trial, home, CPU)
    assert values["leep_after"] == pytest.approx(leep(after, training).score, rel=1e-9)
    assert isinstance(test, Labelled)
    of_tests = values_of(transfer({"name": "transfer_risk", "on": "test"}, shots=5), home)
    assert of_tests["leep"] == pytest.approx(leep(before, test).score, rel=1e-9)


def test_a_network_that_never_saw_the_target_is_asked_on_its_whole_training_split(
    home: Home,
) -> None:
    trial = small_trial(
        fit=PRETRAINED, test_on={**BRAINS, "split": "test"}, probes=["segmentation"]
    )
    opened = Opened(home, CPU)
    training = training_images(trial, opened)
    assert len(training) == 12
    own = training_images(small_trial(fit=FINETUNED, probes=["segmentation"]), opened)
    assert torch.equal(training.masks, own.masks)


def test_what_makes_a_map_say_little_stands_beside_it(home: Home) -> None:
    values = values_of(transfer({"name": "transfer_risk", "conditionals": "own"}, shots=1), home)
    assert values["constant_share"] == 1
    assert values["sparse_share"] == 1
    assert values["flat_map"] == 1
    assert values["absent_classes"] == 0
    assert values["unused_classes"] == 0
    assert np.isfinite(list(values.values())).all()
    shrunk = values_of(transfer(shots=1), home)
    assert shrunk["flat_map"] == 0
    assert 1 <= shrunk["mean_risk_after"] <= 10


def test_the_maps_before_and_after_are_a_figure_and_arrays_on_one_scale(home: Home) -> None:
    folder = measured_folder(transfer(), home)
    assert (folder / "figures/transfer_risk.png").stat().st_size > 1000
    with np.load(folder / "transfer_risk.npz") as arrays:
        before, after = arrays["before"], arrays["after"]
    assert before.shape == (32, 32)
    assert max(before.max(), after.max()) == pytest.approx(10)
    assert min(before.min(), after.min()) == pytest.approx(1)
