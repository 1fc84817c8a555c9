"""Trials that measure a shift: what they keep, what they compare with, and many on one training."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from harness.data.images import Labelled
from harness.measure.setup import open_trial
from harness.measure.trial import measure
from harness.record.table import table
from harness.record.tracker import Tracker, metrics, uri
from harness.run.carry_out import run
from harness.run.engines import inline
from harness.run.plan import plan
from harness.spec.parse import read_trial
from harness.spec.values import Trial
from harness.store import Home, read_json
from harness.study.load import load_study
from harness.train.loop import fit

CPU = torch.device("cpu")
STUDY = """
name: moved
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 48}
    net: {arch: tiny_unet, slices: 3, width: 2}
    method: {name: supervised, epochs: 1}
    patch: 32
    batch: 2
    steps: 2
  probes: [segmentation, {name: shift, bins: 20}]
"""
DARKER = {"name": "brightness", "strength": 0.5}
ValuesByMetric = dict[str, dict[str, float]]  # metric -> layer -> value


def trial_of(**changes: Any) -> Trial:
    problems: list[Any] = []
    trial = read_trial({**yaml.safe_load(STUDY)["base"], **changes}, problems)
    assert trial is not None, problems
    return trial


def measured_folder(trial: Trial, home: Home) -> Path:
    fit(trial.fit, [trial.pick], home, CPU)
    return measure(trial, home, CPU)


def values_by_metric(folder: Path) -> ValuesByMetric:
    """Returns the values of each metric that has a layer."""
    rows = pd.read_parquet(folder / "rows.parquet")
    values: ValuesByMetric = {}
    rows = rows[rows.layer.notna()]
    for metric, layer, value in zip(rows.metric, rows.layer, rows.value, strict=True):
        values.setdefault(metric, {})[layer] = value
    return values


def test_a_trial_keeps_its_histograms_and_draws_them(home: Home) -> None:
    folder = measured_folder(trial_of(perturb=DARKER), home)
    values = values_by_metric(folder)
    with np.load(folder / "shift.npz", allow_pickle=False) as arrays:
        for layer, value in values["hellinger"].items():
            original = arrays[f"{layer}/original"]
            shifted = arrays[f"{layer}/shifted"]
            p = original / original.sum(1, keepdims=True)
            q = shifted / shifted.sum(1, keepdims=True)
            overlap = np.sqrt(p * q).sum(1)
            distances = np.sqrt(np.maximum(0, 1 - overlap))
            assert value == pytest.approx(distances.mean(), abs=1e-6)
            assert arrays[f"{layer}/low"].shape == arrays[f"{layer}/hellinger"].shape
    assert (folder / "figures" / "shift.png").stat().st_size > 5000
    means = read_json(folder / "result.json")["metrics"]
    assert means["hellinger/encoder_0"] == pytest.approx(values["hellinger"]["encoder_0"])
    assert {"hellinger", "hellinger_null", "representation_shift"} == set(values)


def test_the_original_of_a_perturbation_of_features_runs_without_it(home: Home) -> None:
    trial = trial_of(perturb={"name": "dropout", "strength": 0.5})
    distances = values_by_metric(measured_folder(trial, home))["hellinger"]
    assert [distances[f"encoder_{stage}"] for stage in range(3)] == [0, 0, 0]
    assert distances["encoder_3"] > 0.05
    assert distances["decoder_2"] > 0


def trial_against(style: dict[str, str]) -> Trial:
    against = {"name": "phantom", "slices": 4, "size": 48, **style}
    return trial_of(probes=[{"name": "shift", "bins": 20, "against": against}])


def test_another_data_set_is_compared_with(home: Home) -> None:
    near = trial_against({})
    far = trial_against({"style": "vnc"})
    assert near.fit.key == far.fit.key
    assert near.key != far.key
    assert far.probes[0].options["against"].options["split"] == "test"
    distances = values_by_metric(measured_folder(near, home))["hellinger"]
    assert distances["encoder_0"] == 0
    distances = values_by_metric(measured_folder(far, home))["hellinger"]
    assert distances["encoder_0"] > 0.3


def test_what_was_prepared_is_compared_prepared(home: Home) -> None:
    base = trial_of().fit.to_plain()
    unchanged = {"name": "brightness", "strength": 1.0}
    trial = trial_of(fit={**base, "prepare": ["standardise"]}, perturb=unchanged)
    distances = values_by_metric(measured_folder(trial, home))["hellinger"]
    assert set(distances.values()) == {0.0}
    test = open_trial(trial, home, CPU)[1]
    assert isinstance(test, Labelled)
    assert float(test.images.pixels.min()) < 0


GRID = """
grid:
  perturb: [null, {name: brightness, strength: 0.8}, {name: dropout, strength: 0.3}]
"""


def test_strengths_share_one_training_and_each_has_its_distances(
    home: Home, tmp_path: Path
) -> None:
    file = tmp_path / "moved.yaml"
    file.write_text(STUDY + GRID)
    tracker = Tracker(uri(home), home)
    tracker.prepare()
    planned = plan(load_study(file), home, tracker.runs(), None)
    assert len(planned.training) == 1
    assert len(planned.todo) == 3
    ended = run(planned, home, tracker, inline(home.folder, "cpu"), lambda p, o: None)
    assert ended.count("finished") == 3
    assert ended.count("finished", "fit") == 1
    _, rows = table(tracker, "moved")
    layers_of_runs = rows[rows.metric == "hellinger"].groupby("run").layer.nunique()
    assert layers_of_runs.tolist() == [7, 7]
    assert rows[rows.metric == "hellinger_null"].run.nunique() == 3
    assert rows[rows.metric == "dice"].run.nunique() == 3
    assert any("hellinger/encoder_3" in values for values in metrics(tracker, "moved").values())
    artifacts = home.hidden / "artifacts" / "moved"
    for recorded_run in tracker.runs("moved"):
        assert (artifacts / recorded_run.id / "artifacts" / "shift.npz").exists()
