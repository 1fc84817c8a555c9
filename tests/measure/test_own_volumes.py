"""Volumes of one's own: known by their bytes, in any format, larger than memory; real tissue."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from PIL import Image

from harness.data import domains
from harness.data.domains import open_domains
from harness.data.images import Labelled
from harness.measure.trial import measure
from harness.run.fingerprints import with_fingerprints
from harness.spec.values import Trial
from harness.store import Home, read_json
from harness.study.document import Mistakes
from harness.study.load import load_study
from harness.train.loop import fit
from tests.made.fits import CPU, small_trial

STUDY = """\
base:
  fit:
    train_on:
      name: volume
      images: '{images}'
      masks: '{masks}'
      splits: {splits}
    net: {{arch: tiny_unet}}
    patch: 32
"""
SHARED_DATA = Path(__file__).resolve().parents[3] / "shared" / "data"


def random_volume(seed: int, shape: tuple[int, int, int]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Returns random grey levels, and masks of which three in ten pixels are foreground."""
    rng = np.random.default_rng(seed)
    volume = rng.integers(0, 255, shape, dtype=np.uint8)
    is_foreground = rng.random(shape) > 0.7
    masks = is_foreground.astype(np.uint8)
    return volume, masks


def first_trial(file: Path, home: Home) -> Trial:
    """Returns the first trial of a study, whose data is known by its bytes."""
    return with_fingerprints(load_study(file), home).cells[0].trial


def test_real_data_by_its_bytes(home: Home, tmp_path: Path) -> None:
    volume, masks = random_volume(0, (8, 48, 48))
    np.save(tmp_path / "raw.npy", volume)
    np.save(tmp_path / "masks.npy", masks)
    splits = "{train: [0, 4], test: [4, 8]}"
    text = STUDY.format(images="raw.npy", masks="masks.npy", splits=splits)
    file = tmp_path / "own.yaml"
    file.write_text(text)
    first = first_trial(file, home)
    assert first.fit.train_on.options["fingerprint"]
    assert first.fit.train_on.options["fingerprint"] != first.test_on.options["fingerprint"]
    volume[0, 0, 0] ^= 1
    np.save(tmp_path / "raw.npy", volume)
    changed = first_trial(file, home)
    assert changed.fit.key != first.fit.key
    assert changed.test_on.key == first.test_on.key
    volume[5] = volume[1]
    np.save(tmp_path / "raw.npy", volume)
    with pytest.raises(Mistakes, match="shares 1 images with the training set"):
        first_trial(file, home)
    file.write_text(text.replace("name: volume\n", "name: volume\n      fingerprint: abc\n"))
    with pytest.raises(Mistakes, match="are not those that the study names"):
        first_trial(file, home)


def test_the_same_volume_in_another_format_is_the_same_fit(home: Home, tmp_path: Path) -> None:
    volume, masks = random_volume(1, (8, 40, 48))
    np.save(tmp_path / "raw.npy", volume)
    np.save(tmp_path / "masks.npy", masks)
    tifffile.imwrite(tmp_path / "raw.tif", volume)
    tifffile.imwrite(tmp_path / "masks.tif", masks * 255)
    with h5py.File(tmp_path / "both.h5", "w") as handle:
        handle["raw"] = volume
        handle["masks"] = masks
    formats = (
        ("raw.npy", "masks.npy"),
        ("raw.tif", "masks.tif"),
        ("both.h5:raw", "both.h5:masks"),
    )
    file = tmp_path / "own.yaml"
    keys = set()
    for images, labels in formats:
        for validation in ("[3, 5]", "[4, 5]"):
            splits = f"{{train: [0, 3], validation: {validation}, test: [5, 8]}}"
            file.write_text(STUDY.format(images=images, masks=labels, splits=splits))
            keys.add(first_trial(file, home).key)
    assert len(keys) == 2  # one for each validation split


@pytest.mark.skipif(
    not (SHARED_DATA / "vnc" / "stack1").is_dir(),
    reason="the VNC data set is not beside the checkout",
)
@pytest.mark.parametrize(
    ("task", "share"),
    [("mitochondria", 0.054), ("membranes", 0.204)],
)
def test_real_tissue_trains_and_tests(
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
    task: str,
    share: float,
) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(SHARED_DATA))
    settings = {
        "train_on": {"name": "vnc", "task": task},
        "method": {"name": "supervised", "epochs": 2, "lr": 3e-3},
        "net": {"arch": "tiny_unet", "slices": 3, "width": 4},
        "patch": 128,
        "batch": 4,
        "steps": 20,
    }
    trial = small_trial(fit=settings)
    folder = fit(trial.fit, [trial.pick], home, CPU)
    history = read_json(folder / "history.json")
    # the validation loss does not rise
    assert history[-1]["watch"] > history[0]["watch"] - 0.02
    metrics = read_json(measure(trial, home, CPU) / "result.json")["metrics"]
    # `share` is the precision of a network that marks everything
    assert metrics["recall"] == 0 or metrics["precision"] > share


def test_a_volume_larger_than_memory_is_mapped_and_trains_the_same(
    home: Home,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    volume, masks = random_volume(2, (6, 48, 48))
    for z in range(6):
        Image.fromarray(volume[z]).save(tmp_path / f"raw{z}.png")
        Image.fromarray(masks[z]).save(tmp_path / f"mask{z}.png")
    data = {
        "name": "volume",
        "images": "raw*.png",
        "masks": "mask*.png",
        "splits": {"train": [0, 4], "test": [4, 6]},
    }
    trial = small_trial(fit={"train_on": data})
    in_memory = open_domains(trial.fit, home, CPU).source
    monkeypatch.setattr(domains, "IN_MEMORY", 1000)
    mapped = open_domains(trial.fit, home, CPU).source
    assert len(list((home.hidden / "decoded").glob("*.npy"))) == 2
    assert isinstance(in_memory, Labelled)
    assert isinstance(mapped, Labelled)
    assert torch.equal(in_memory.images.pixels, mapped.images.pixels)
    assert torch.equal(in_memory.masks, mapped.masks)
    assert read_json(fit(trial.fit, [], home, CPU) / "fit.json")["state"] == "finished"
