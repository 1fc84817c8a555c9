"""Procedural light microscopy, slide scans and photographs show what their labels say."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import get_args, get_type_hints

import numpy as np
import pytest

from harness.components.datasets import photos as photographs
from harness.components.datasets.phantoms.malaria import malaria
from harness.components.datasets.phantoms.nuclei import cells, nuclei
from harness.components.datasets.phantoms.scanners import SCANNERS, scanners
from harness.components.datasets.photos import photos
from harness.data.identity import identity_of
from harness.data.scans import Scans
from harness.run.fingerprints import with_fingerprints
from harness.spec.values import Part
from harness.store import Home
from harness.study.document import Mistakes
from harness.study.load import load_study

HOME = Path("nowhere")
LABELLED = [
    (nuclei, "tissue"),
    (cells, "culture"),
    (cells, "epithelium"),
]


@pytest.mark.parametrize(("draw", "style"), LABELLED)
def test_instances_and_classes_agree(draw: Callable[..., Scans], style: str) -> None:
    instances = draw("train", HOME, style=style, task="instances", images=1, size=128)
    classes = draw("train", HOME, style=style, images=1, size=128)
    ids = np.asarray(instances.masks)
    foreground = np.asarray(classes.masks) > 0
    assert np.array_equal(ids > 0, foreground)
    highest = int(ids.max())
    numbers = np.unique(ids).tolist()
    assert numbers == list(range(highest + 1))
    assert highest > 5


@pytest.mark.parametrize(("draw", "style"), LABELLED)
def test_sixteen_bits_are_used(draw: Callable[..., Scans], style: str) -> None:
    in_8_bits = draw("train", HOME, style=style, images=1, size=128)
    in_16_bits = draw("train", HOME, style=style, images=1, size=128, bits=16)
    masks = np.asarray(in_8_bits.masks)
    assert np.array_equal(masks, np.asarray(in_16_bits.masks))
    image = np.asarray(in_16_bits.images[0])
    assert image.dtype == np.uint16
    assert image.max() > 5000


def test_smears_hold_few_and_many_cells_in_turn() -> None:
    scans = malaria("train", HOME, images=8, size=128)
    density = [name.split("-")[-1] for name in scans.ids]
    assert density == ["low", "high"] * 4
    share = np.asarray(scans.masks).mean((1, 2))
    low = share[::2]
    high = share[1::2]
    assert low.max() < high.max()
    assert low.mean() < 0.6 * high.mean()


def test_smears_have_a_quarter_of_the_images_in_their_test_split() -> None:
    scans = malaria("test", HOME, images=8, size=32)
    assert len(scans) == 2


def test_a_draw_places_other_pictures_of_the_same_templates() -> None:
    as_before = malaria("train", HOME, images=2, size=64)
    first = malaria("train", HOME, images=2, size=64, draw=0)
    second = malaria("train", HOME, images=2, size=64, draw=1)
    repainted = malaria("train", HOME, images=2, size=64, seed=1, draw=0)
    assert np.array_equal(as_before.images, first.images)
    assert not np.array_equal(first.masks, second.masks)
    # Cells of other templates lie where those of the first lie, at most a few pixels larger.
    assert not np.array_equal(first.images, repainted.images)
    assert np.mean(np.asarray(first.masks) == np.asarray(repainted.masks)) > 0.9
    assert np.mean(np.asarray(first.masks) == np.asarray(second.masks)) < 0.9


def test_smears_that_name_no_draw_have_the_key_that_they_had() -> None:
    options = {"split": "train", "templates": "drawn", "images": 40, "size": 256, "seed": 0}
    before = "879db5b10ff42e0ec8b3"
    assert Part("dataset", "malaria", {**options, "draw": None}).key == before
    assert Part("dataset", "malaria", {**options, "draw": 0}).key != before


def test_every_scanner_is_an_option() -> None:
    options = get_type_hints(scanners)
    assert set(get_args(options["scanner"])) == SCANNERS.keys()


@pytest.mark.parametrize("scanner", SCANNERS)
def test_scanners_show_the_same_tissue(scanner: str) -> None:
    draw: Callable[..., Scans] = scanners
    first = draw("test", HOME, scanner="cs2", images=2, size=128)
    second = draw("test", HOME, scanner=scanner, images=2, size=128)
    masks = np.asarray(first.masks)
    assert np.array_equal(masks, np.asarray(second.masks))
    grey = np.asarray(first.images, float)[0].mean(-1)
    grey_of_second = np.asarray(second.images, float)[0].mean(-1)
    correlation = np.corrcoef(grey.ravel(), grey_of_second.ravel())
    assert correlation[0, 1] > 0.85


def test_scanners_show_their_own_colours() -> None:
    draw: Callable[..., Scans] = scanners
    colours = []
    for scanner in SCANNERS:
        scans = draw("test", HOME, scanner=scanner, images=2, size=128)
        pixels = np.asarray(scans.images, float)
        colours.append(pixels.mean((0, 1, 2)))
    for first, second in combinations(colours, 2):
        difference = np.abs(first - second)
        assert difference.max() > 3


def test_photographs_are_cut_in_strips() -> None:
    splits = [photos(split, HOME) for split in ("train", "validation", "test")]
    for scans in splits:
        assert scans.masks is None
        assert len(scans) >= 8
        assert scans.ids == list(splits[0].classes)
    for i in range(len(splits[0])):
        strips = [np.asarray(scans.images[i]) for scans in splits]
        photograph = np.concatenate(strips)
        assert photograph.dtype == np.uint8
        assert photograph.ndim == 3
        assert photograph.shape[2] == 3
        assert len(strips[0]) > 0.69 * len(photograph)
        shortest = min(len(strip) for strip in strips)
        assert shortest >= 40


def test_photographs_are_keyed_by_their_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = Part("dataset", "photos", {"split": "train", "fingerprint": None})
    home = Home(tmp_path)
    before = identity_of(part, home)
    assert before.fingerprint == identity_of(part, home).fingerprint
    files = {**photographs.FILES, "coffee": photographs.FILES["chelsea"]}
    monkeypatch.setattr(photographs, "FILES", files)
    assert identity_of(part, home).fingerprint != before.fingerprint


def test_absent_photographs_are_a_sentence_of_the_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {**photographs.FILES, "coffee": ("skimage", "data/no such file.png")}
    monkeypatch.setattr(photographs, "FILES", files)
    file = tmp_path / "study.yaml"
    file.write_text(
        "base:\n  fit: {train_on: phantom, net: {arch: unet, encoder: resnet18}, init: photos}\n"
    )
    problem = (
        r"photos: 1 of 10 photographs are not installed \(skimage/data/no such file.png\); "
        "install scikit-image 0.25 or later and scikit-learn"
    )
    with pytest.raises(Mistakes, match=problem):
        with_fingerprints(load_study(file), Home(tmp_path))
