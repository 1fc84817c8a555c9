"""Measuring: scores by hand, the same network under several perturbations, what `prepare` learned applied to tests."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from torch import nn

from harness.data.domains import on_device, open_domains
from harness.data.images import Labelled, unit
from harness.data.scans import Scans
from harness.measure import overlap
from harness.measure.forward import logits_of, padded
from harness.measure.setup import opened
from harness.measure.trial import measure
from harness.spec.catalogue import load_component
from harness.spec.parse import read_trial
from harness.spec.values import Trial
from harness.store import Home, read_json
from harness.train.build import channels_and_outputs, prepared
from harness.train.loop import fit

CPU = torch.device("cpu")
FIT: dict[str, Any] = {
    "train_on": {"name": "phantom", "slices": 4, "size": 48},
    "net": {"arch": "tiny_unet", "slices": 3, "width": 2},
    "method": {"name": "supervised", "epochs": 1},
    "patch": 32,
    "batch": 2,
    "steps": 2,
}


def trial(**changes: Any) -> Trial:
    wrong: list[Any] = []
    found = read_trial({"fit": {**FIT, **changes.pop("fit", {})}, **changes}, wrong)
    assert found is not None, wrong
    return found


def test_scores_by_hand() -> None:
    truth = torch.tensor([[[1, 1, 0, 0], [1, 0, 0, 255]]])
    logits = torch.tensor([[[[9.0, 9, 9, -9], [-9, -9, -9, 9]]]])
    (one,) = overlap.counts(logits, truth, 255)
    tp, fp, fn, tn = 2, 1, 1, 3
    assert one.matrix.tolist() == [[tn, fp], [fn, tp]]
    assert overlap.dice(one) == pytest.approx(2 * tp / (2 * tp + fp + fn))
    assert overlap.foreground_iou(one) == pytest.approx(tp / (tp + fp + fn))
    assert overlap.iou(one) == pytest.approx((tp / (tp + fp + fn) + tn / (tn + fp + fn)) / 2)
    assert overlap.precision(one) == pytest.approx(tp / (tp + fp))
    assert overlap.recall(one) == pytest.approx(tp / (tp + fn))
    assert overlap.accuracy(one) == pytest.approx((tp + tn) / 7)


def test_an_image_without_foreground_is_undefined_and_not_perfect() -> None:
    (one,) = overlap.counts(
        torch.full((1, 1, 4, 4), -9.0), torch.zeros(1, 4, 4, dtype=torch.long), None
    )
    assert math.isnan(overlap.dice(one))
    assert overlap.accuracy(one) == 1.0


def test_several_classes_are_averaged_over_those_that_occur() -> None:
    truth = torch.tensor([[[1, 1, 2, 0]]])
    logits = nn.functional.one_hot(torch.tensor([[[1, 0, 2, 0]]]), 4).movedim(-1, 1).float()
    (one,) = overlap.counts(logits, truth, None)
    assert overlap.dice(one) == pytest.approx((2 / 3 + 1) / 2)


class Told(nn.Module):
    """A network that gives the logits it was told, image by image."""

    def __init__(self, logits: torch.Tensor) -> None:
        super().__init__()
        self.logits = nn.Parameter(logits, requires_grad=False)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.logits[: len(images)]


def told(
    predicted: list[Any], truth: list[Any], classes: tuple[str, ...], *, softmax: bool = True
) -> pd.DataFrame:
    """The rows of the segmentation probe for predicted and true labels (n, h, w)."""
    labels, masks = torch.tensor(predicted), torch.tensor(truth, dtype=torch.uint8).numpy()
    logits = nn.functional.one_hot(labels, len(classes)).movedim(-1, 1).float() * 9
    ids = [f"image {i}" for i in range(len(masks))]
    scans = Scans(
        np.zeros(masks.shape, np.uint8), masks, ids, ids, ids, classes=classes, ignore=255
    )
    net = Told(logits if softmax else logits[:, 1:] - 4.5)
    found = list(load_component("probe", "segmentation")(net, on_device(scans, 1, CPU), figures=0))
    return pd.DataFrame(
        [{"metric": r.metric, "value": r.value, "image": r.image, **r.dimensions} for r in found]
    )


def value(rows: pd.DataFrame, metric: str, of: str | None = None) -> float:
    chosen = rows[rows.metric == metric]
    return float((chosen if of is None else chosen[chosen["class"] == of]).value.item())


def test_one_confusion_matrix_over_the_whole_set_by_hand() -> None:
    wide = [0] * 28
    truth = [[[0, 1, 1, 2, *wide]], [[2, 2, 0, 255, *wide]]]
    predicted = [[[0, 1, 2, 2, *wide]], [[2, 1, 0, 0, *wide]]]
    rows = told(
        [p * 32 for p in predicted], [t * 32 for t in truth], ("background", "left", "right")
    )
    # pairs (truth, prediction) in a row of the two images together: 00: 58, 11: 1, 12: 1, 22: 2, 21: 1; one is ignored
    iou = {"background": 58 / 58, "left": 1 / 3, "right": 2 / 4}
    dice = {"background": 1, "left": 2 / 4, "right": 4 / 6}
    for name in iou:
        assert value(rows, "class_iou", name) == pytest.approx(iou[name])
        assert value(rows, "class_dice", name) == pytest.approx(dice[name])
    assert value(rows, "set_iou") == pytest.approx(sum(iou.values()) / 3)
    assert value(rows, "set_foreground_iou") == pytest.approx((1 / 3 + 2 / 4) / 2)
    assert value(rows, "set_dice") == pytest.approx((2 / 4 + 4 / 6) / 2)
    assert value(rows, "set_accuracy") == pytest.approx(61 / 63)
    per_image = rows[rows.metric == "foreground_iou"].value.mean()
    assert per_image == pytest.approx(((1 / 2 + 1 / 2) / 2 + (0 + 1 / 2) / 2) / 2)
    assert per_image != pytest.approx(
        value(rows, "set_foreground_iou")
    )  # which is why it matters what is averaged


def test_two_softmax_channels_measure_as_one_sigmoid_does() -> None:
    rng = np.random.default_rng(0)
    truth, predicted = (rng.integers(0, 2, (3, 32, 32)).tolist() for _ in range(2))
    two, one = (
        told(predicted, truth, ("background", "cell"), softmax=softmax) for softmax in (True, False)
    )
    scored = two.metric != "loss"
    pd.testing.assert_frame_equal(two[scored], one[scored])
    hit = np.logical_and(truth, predicted).sum()
    assert value(two, "class_iou", "cell") == pytest.approx(
        hit / np.logical_or(truth, predicted).sum()
    )
    assert value(two, "set_foreground_iou") == value(two, "class_iou", "cell")


@pytest.mark.parametrize("loss", ["ce", "ce_dice"])
def test_a_network_with_two_softmax_channels_trains_and_is_measured(home: Home, loss: str) -> None:
    method = {
        "name": "supervised",
        "epochs": 2,
        "loss": loss,
        "lr": 1e-2,
        "schedule": {"name": "step", "every": 1},
    }
    data = {"name": "malaria", "images": 8, "size": 64}
    net = {"arch": "tiny_unet", "width": 4, "classes": 2}
    one = trial(
        fit={"train_on": data, "net": net, "method": method, "patch": 64, "steps": 40, "batch": 4}
    )
    folder = fit(one.fit, [one.pick], home, CPU)
    assert read_json(folder / "fit.json")["outputs"] == 2
    rows = pd.read_parquet(measure(one, home, CPU) / "rows.parquet")
    everything = float((open_domains(one.fit, home, CPU).source.masks > 0).float().mean())
    assert value(rows, "class_iou", "cell") > everything + 0.1  # of a network that marks everything
    assert set(rows[rows.metric == "class_iou"]["class"]) == {"background", "cell"}


def test_outputs_that_cannot_tell_the_classes_apart_are_refused() -> None:
    masks = np.zeros((1, 8, 8), np.uint8)
    scans = Scans(
        masks, masks, ["a"], ["a"], ["a"], classes=("background", "left", "right", "muscle")
    )
    seen = on_device(scans, 1, CPU)
    assert channels_and_outputs(trial().fit.net, seen) == (1, 4)
    assert channels_and_outputs(
        trial(fit={"net": {"arch": "tiny_unet", "classes": 2}}).fit.net, seen
    ) == (1, 2)
    with pytest.raises(
        ValueError, match=r"fit.net.classes: 3 outputs cannot tell 4 classes \(background, left"
    ):
        channels_and_outputs(trial(fit={"net": {"arch": "tiny_unet", "classes": 3}}).fit.net, seen)


def test_an_image_of_any_size_goes_through_and_comes_back_in_its_size() -> None:
    net = nn.Conv2d(1, 2, 3, padding=1)
    batch = torch.rand(2, 1, 37, 50)
    assert padded(net, batch).shape == (2, 2, 37, 50)
    inner = (slice(None), slice(None), slice(1, 36), slice(1, 49))
    assert torch.allclose(padded(net, batch)[inner], net(batch)[inner], atol=1e-6)


def test_a_trial_is_measured_into_rows_figures_and_a_result(home: Home) -> None:
    one = trial()
    fit(one.fit, [one.pick], home, CPU)
    folder = measure(one, home, CPU)
    rows = pd.read_parquet(folder / "rows.parquet")
    per_image = rows[rows.metric == "dice"]
    assert per_image.image.tolist() == [f"test-{i:03d}" for i in range(len(per_image))]
    assert set(rows.seed) == {0}
    result = read_json(folder / "result.json")
    assert result["metrics"]["accuracy"] == pytest.approx(
        rows[rows.metric == "accuracy"].value.mean()
    )
    assert len(list((folder / "figures").glob("*.png"))) == 3
    net, test = opened(one, home, CPU)
    assert isinstance(test, Labelled)
    summed = sum((c for which, logits in logits_of(net, test.images)
                  for c in overlap.counts(logits, test.masks[which].long(), None)),
                 overlap.Counts(torch.zeros(2, 2, dtype=torch.float64)))  # fmt: skip
    whole = rows[rows.metric == "volume_accuracy"].value.item()
    assert whole == pytest.approx(overlap.accuracy(summed))


def test_one_training_serves_every_strength(home: Home) -> None:
    plain = trial()
    shifted = [trial(perturb={"name": "brightness", "strength": s}) for s in (1.0, 0.5)]
    assert {t.fit.key for t in [plain, *shifted]} == {plain.fit.key}
    fit(plain.fit, [], home, CPU)
    clean = opened(plain, home, CPU)[1]
    same, darker = (opened(t, home, CPU)[1] for t in shifted)
    assert isinstance(clean, Labelled)
    assert isinstance(same, Labelled)
    assert isinstance(darker, Labelled)
    assert torch.allclose(same.images.pixels, unit(clean.images.pixels))
    assert torch.allclose(darker.images.pixels, unit(clean.images.pixels) / 2)


def test_what_prepare_learned_from_the_source_is_applied_to_the_test(home: Home) -> None:
    one = trial(fit={"prepare": ["standardise"]})
    raw = open_domains(one.fit, home, CPU)
    data = prepared(one.fit, raw, home)
    assert isinstance(data.source, Labelled)
    assert isinstance(raw.source, Labelled)
    assert float(data.source.images.pixels.mean()) == pytest.approx(0, abs=1e-4)
    assert float(data.source.images.pixels.std()) == pytest.approx(1, abs=1e-3)
    fit(one.fit, [], home, CPU)
    test = opened(one, home, CPU)[1]
    plain = opened(trial(), home, CPU)[1] if home.store("fits").find(trial().fit.key) else None
    assert plain is None
    assert isinstance(test, Labelled)
    source = unit(raw.source.images.pixels)
    from harness.data.domains import open_images

    bare = open_images(one.test_on, 3, home, CPU)
    assert isinstance(bare, Labelled)
    expected = (unit(bare.images.pixels) - source.mean()) / source.std()
    assert torch.allclose(test.images.pixels, expected, atol=1e-4)


def test_real_data_by_its_bytes(home: Home, tmp_path: Path) -> None:
    from harness.run.fingerprints import identified
    from harness.study.document import Mistakes
    from harness.study.load import load_study

    rng = np.random.default_rng(0)
    volume, masks = (
        rng.integers(0, 255, (8, 48, 48), dtype=np.uint8),
        (rng.random((8, 48, 48)) > 0.7).astype(np.uint8),
    )
    np.save(tmp_path / "raw.npy", volume)
    np.save(tmp_path / "masks.npy", masks)
    text = (
        "base: {fit: {train_on: {name: volume, images: raw.npy, masks: masks.npy, "
        "splits: {train: [0, 4], test: [4, 8]}}, net: {arch: tiny_unet}, patch: 32}}\n"
    )
    file = tmp_path / "own.yaml"
    file.write_text(text)
    first = identified(load_study(file), home).cells[0].trial
    assert first.fit.train_on.options["fingerprint"]
    assert first.fit.train_on.options["fingerprint"] != first.test_on.options["fingerprint"]
    volume[0, 0, 0] ^= 1
    np.save(tmp_path / "raw.npy", volume)
    changed = identified(load_study(file), home).cells[0].trial
    assert changed.fit.key != first.fit.key
    assert changed.test_on.key == first.test_on.key
    volume[5] = volume[1]
    np.save(tmp_path / "raw.npy", volume)
    with pytest.raises(Mistakes, match="shares 1 images with the training set"):
        identified(load_study(file), home)
    file.write_text(text.replace("name: volume,", "name: volume, fingerprint: abc,"))
    with pytest.raises(Mistakes, match="are not those that the study names"):
        identified(load_study(file), home)


def test_the_same_volume_in_another_format_is_the_same_fit(home: Home, tmp_path: Path) -> None:
    import h5py
    import tifffile

    from harness.run.fingerprints import identified
    from harness.study.load import load_study

    rng = np.random.default_rng(1)
    volume, masks = (
        rng.integers(0, 255, (8, 40, 48), dtype=np.uint8),
        (rng.random((8, 40, 48)) > 0.7).astype(np.uint8),
    )
    np.save(tmp_path / "raw.npy", volume)
    np.save(tmp_path / "masks.npy", masks)
    tifffile.imwrite(tmp_path / "raw.tif", volume)
    tifffile.imwrite(tmp_path / "masks.tif", masks * 255)
    with h5py.File(tmp_path / "both.h5", "w") as handle:
        handle["raw"], handle["masks"] = volume, masks
    keys = set()
    for images, labels in (
        ("raw.npy", "masks.npy"),
        ("raw.tif", "masks.tif"),
        ("both.h5:raw", "both.h5:masks"),
    ):
        file = tmp_path / "own.yaml"
        file.write_text(
            f"base: {{fit: {{train_on: {{name: volume, images: '{images}', masks: '{labels}', "
            "splits: {train: [0, 3], validation: [3, 5], test: [5, 8]}}, net: {arch: tiny_unet}, patch: 32}}\n"
        )
        keys.add(identified(load_study(file), home).cells[0].trial.key)
        moved = file.read_text().replace("validation: [3, 5]", "validation: [4, 5]")
        file.write_text(moved)
        keys.add(identified(load_study(file), home).cells[0].trial.key)
    assert len(keys) == 2  # one for each validation split


VNC = Path(__file__).resolve().parents[3] / "shared" / "data"


@pytest.mark.skipif(
    not (VNC / "vnc" / "stack1").is_dir(), reason="the VNC data set is not beside the checkout"
)
@pytest.mark.parametrize("task", ["mitochondria", "membranes"])
def test_real_tissue_trains_and_tests(
    home: Home, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(VNC))
    method = {"name": "supervised", "epochs": 2, "lr": 3e-3}
    net = {"arch": "tiny_unet", "slices": 3, "width": 4}
    data = {"name": "vnc", "task": task}
    one = trial(
        fit={"train_on": data, "method": method, "net": net, "patch": 128, "batch": 4, "steps": 20}
    )
    folder = fit(one.fit, [one.pick], home, CPU)
    history = read_json(folder / "history.json")
    assert history[-1]["watch"] > history[0]["watch"] - 0.02  # the validation loss does not rise
    measured = read_json(measure(one, home, CPU) / "result.json")["metrics"]
    chance = {"mitochondria": 0.054, "membranes": 0.204}[
        task
    ]  # the precision of a network that marks everything
    assert measured["recall"] == 0 or measured["precision"] > chance


def test_a_volume_larger_than_memory_is_mapped_and_trains_the_same(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.data import domains

    rng = np.random.default_rng(2)
    volume, masks = (
        rng.integers(0, 255, (6, 48, 48), dtype=np.uint8),
        (rng.random((6, 48, 48)) > 0.7).astype(np.uint8),
    )
    for z in range(6):
        Image.fromarray(volume[z]).save(tmp_path / f"raw{z}.png")
        Image.fromarray(masks[z]).save(tmp_path / f"mask{z}.png")
    data = {
        "name": "volume",
        "images": "raw*.png",
        "masks": "mask*.png",
        "splits": {"train": [0, 4], "test": [4, 6]},
    }
    one = trial(fit={"train_on": data})
    plain = open_domains(one.fit, home, CPU).source
    monkeypatch.setattr(domains, "IN_MEMORY", 1000)
    mapped = open_domains(one.fit, home, CPU).source
    assert len(list((home.hidden / "decoded").glob("*.npy"))) == 2
    assert isinstance(plain, Labelled)
    assert isinstance(mapped, Labelled)
    assert torch.equal(plain.images.pixels, mapped.images.pixels)
    assert torch.equal(plain.masks, mapped.masks)
    assert read_json(fit(one.fit, [], home, CPU) / "fit.json")["state"] == "finished"
