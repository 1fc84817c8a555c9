"""A trial is measured into rows, figures, arrays and a record."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure as Canvas

from harness.data.images import Labelled
from harness.measure import overlap
from harness.measure.forward import logits_of
from harness.measure.rows import Arrays, Figure, Row
from harness.measure.setup import open_trial
from harness.measure.trial import measure, store_results
from harness.report.kept_pictures import caption_in
from harness.spec.records import TrialRecord
from harness.spec.states import State
from harness.spec.values import Trial
from harness.store import Home
from harness.train.loop import fit
from tests.made.fits import CPU, small_trial
from tests.made.precision import precision_of_convolutions


def test_a_trial_is_measured_into_rows_figures_and_a_record(home: Home) -> None:
    trial = small_trial()
    fit(trial.fit, [trial.pick], home, CPU)
    folder = measure(trial, home, CPU)
    rows = pd.read_parquet(folder / "rows.parquet")
    per_image = rows[rows.metric == "dice"]
    names = [f"test-{i:03d}" for i in range(len(per_image))]
    assert per_image.image.tolist() == names
    assert set(rows.seed) == {0}
    record = TrialRecord.read(folder)
    mean = rows[rows.metric == "accuracy"].value.mean()
    assert record.state is State.FINISHED
    assert record.metrics["accuracy"] == pytest.approx(mean)
    assert record.fit["key"] == trial.fit.key
    assert not {"fit", "picks", "phase"} & set(record.fit)
    assert len(list((folder / "figures").glob("*.png"))) == 3
    accuracy = rows[rows.metric == "volume_accuracy"].value.item()
    assert accuracy == pytest.approx(overlap.accuracy(counts_of_test_set(trial, home)))


def counts_of_test_set(trial: Trial, home: Home) -> overlap.Counts:
    """Returns the confusion matrix over all images of a trial's test set."""
    net, test = open_trial(trial, home, CPU)
    assert isinstance(test, Labelled)
    total = overlap.Counts(torch.zeros(2, 2, dtype=torch.float64))
    for which, logits in logits_of(net, test.images):
        for confusion in overlap.counts(logits, test.masks_of(which), None):
            total += confusion
    return total


def test_a_trial_of_a_diverged_fit_is_a_result_without_rows(home: Home) -> None:
    method = {"name": "supervised", "epochs": 2, "lr": 1e30, "optimiser": "sgd", "loss": "bce"}
    trial = small_trial(fit={"method": method})
    fit(trial.fit, [trial.pick], home, CPU)
    folder = measure(trial, home, CPU)
    record = TrialRecord.read(folder)
    assert record.state is State.DIVERGED
    assert record.metrics == {}
    assert record.fit["phase"] == "segment"
    assert pd.read_parquet(folder / "rows.parquet").empty


def test_results_are_stored_under_names_that_every_file_system_takes(tmp_path: Path) -> None:
    def results() -> Iterator[Row | Figure | Arrays]:
        yield Row("dice", 1.0)
        yield Figure("shift of a.png/b", np.zeros((2, 2), np.uint8), "Ångström – 2 × 2 pixels.")
        yield Figure("drawn", Canvas(figsize=(1, 1)), "Ångström – nothing.")
        yield Arrays("counts a.b/c", {"counts": np.arange(3)})

    assert store_results(results(), tmp_path) == [Row("dice", 1.0)]
    names = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")]
    figures = ["figures/drawn.png", "figures/shift_of_a.png_b.png"]
    assert sorted(names) == ["counts_a_b_c.npz", *figures]
    captions = [caption_in(tmp_path / name) for name in figures]
    assert captions == ["Ångström – nothing.", "Ångström – 2 × 2 pixels."]
    assert caption_in(tmp_path / "counts_a_b_c.npz") == ""
    with np.load(tmp_path / "counts_a_b_c.npz") as arrays:
        assert arrays["counts"].tolist() == [0, 1, 2]


def test_whatever_a_probe_computes_is_true_float32(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    precisions = []

    def probe_nothing(*arguments: object) -> list[Row]:
        precisions.append(precision_of_convolutions())
        return []

    monkeypatch.setattr("harness.measure.trial._probe", probe_nothing)
    trial = small_trial()
    fit(trial.fit, [trial.pick], home, CPU)
    measure(trial, home, CPU)
    assert precisions == ["ieee"]
