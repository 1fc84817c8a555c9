"""The segmentation probe: one confusion matrix over the whole set, and one or two channels."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from harness.data.domains import open_domains
from harness.data.images import Labelled
from harness.measure.trial import measure
from harness.store import Home, read_json
from harness.train.loop import fit
from tests.made.fits import CPU, small_trial
from tests.made.scores import segmentation_rows, value_of


def test_one_confusion_matrix_over_the_whole_set_by_hand() -> None:
    background = [0] * 28
    truth = [
        [[0, 1, 1, 2, *background]],
        [[2, 2, 0, 255, *background]],
    ]
    predicted = [
        [[0, 1, 2, 2, *background]],
        [[2, 1, 0, 0, *background]],
    ]
    rows = segmentation_rows(
        [image * 32 for image in predicted],
        [image * 32 for image in truth],
        ("background", "left", "right"),
    )
    # pairs (truth, prediction) in a row of the two images together:
    # 00: 58, 11: 1, 12: 1, 22: 2, 21: 1; one is ignored
    iou = {
        "background": 58 / 58,
        "left": 1 / 3,
        "right": 2 / 4,
    }
    dice = {
        "background": 1,
        "left": 2 / 4,
        "right": 4 / 6,
    }
    for name in iou:
        assert value_of(rows, "class_iou", name) == pytest.approx(iou[name])
        assert value_of(rows, "class_dice", name) == pytest.approx(dice[name])
    mean_iou = sum(iou.values()) / 3
    assert value_of(rows, "set_iou") == pytest.approx(mean_iou)
    foreground_iou = (1 / 3 + 2 / 4) / 2
    assert value_of(rows, "set_foreground_iou") == pytest.approx(foreground_iou)
    foreground_dice = (2 / 4 + 4 / 6) / 2
    assert value_of(rows, "set_dice") == pytest.approx(foreground_dice)
    assert value_of(rows, "set_accuracy") == pytest.approx(61 / 63)
    per_image = rows[rows.metric == "foreground_iou"].value.mean()
    of_first_image = (1 / 2 + 1 / 2) / 2
    of_second_image = (0 + 1 / 2) / 2
    assert per_image == pytest.approx((of_first_image + of_second_image) / 2)
    # which is why it matters what is averaged
    assert per_image != pytest.approx(value_of(rows, "set_foreground_iou"))


def test_two_softmax_channels_measure_as_one_sigmoid_does() -> None:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, (3, 32, 32)).tolist()
    predicted = rng.integers(0, 2, (3, 32, 32)).tolist()
    classes = ("background", "cell")
    softmax = segmentation_rows(predicted, truth, classes)
    sigmoid = segmentation_rows(predicted, truth, classes, softmax=False)
    is_score = softmax.metric != "loss"
    pd.testing.assert_frame_equal(softmax[is_score], sigmoid[is_score])
    intersection = np.logical_and(truth, predicted).sum()
    union = np.logical_or(truth, predicted).sum()
    cell = value_of(softmax, "class_iou", "cell")
    assert cell == pytest.approx(intersection / union)
    assert value_of(softmax, "set_foreground_iou") == cell


@pytest.mark.parametrize("loss", ["ce", "ce_dice"])
def test_a_network_with_two_softmax_channels_trains_and_is_measured(home: Home, loss: str) -> None:
    method: dict[str, Any] = {
        "name": "supervised",
        "epochs": 2,
        "loss": loss,
        "lr": 1e-2,
        "schedule": {"name": "step", "every": 1},
    }
    settings: dict[str, Any] = {
        "train_on": {"name": "malaria", "images": 8, "size": 64},
        "net": {"arch": "tiny_unet", "width": 4, "classes": 2},
        "method": method,
        "patch": 64,
        "steps": 40,
        "batch": 4,
    }
    trial = small_trial(fit=settings)
    folder = fit(trial.fit, [trial.pick], home, CPU)
    assert read_json(folder / "fit.json")["outputs"] == 2
    rows = pd.read_parquet(measure(trial, home, CPU) / "rows.parquet")
    source = open_domains(trial.fit, home, CPU).source
    assert isinstance(source, Labelled)
    # the IoU of a network that marks everything
    everything = float((source.masks > 0).float().mean())
    assert value_of(rows, "class_iou", "cell") > everything + 0.1
    assert set(rows[rows.metric == "class_iou"]["class"]) == {"background", "cell"}


def test_medians_over_images_are_measured_where_they_are_wanted(home: Home) -> None:
    trial = small_trial(probes=[{"name": "segmentation", "medians": True}])
    fit(trial.fit, [trial.pick], home, CPU)
    rows = pd.read_parquet(measure(trial, home, CPU) / "rows.parquet")
    for metric in ("dice", "foreground_iou"):
        expected = rows[rows.metric == metric].value.median()
        assert value_of(rows, f"median_{metric}") == pytest.approx(expected, nan_ok=True)
    assert small_trial(probes=["segmentation"]).key != trial.key
    plain = small_trial(probes=[{"name": "segmentation", "medians": False}])
    assert small_trial(probes=["segmentation"]).key == plain.key
