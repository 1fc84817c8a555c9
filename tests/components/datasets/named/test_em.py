"""Volumes of brain tissue in electron microscopy, on empty volumes of the true size."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from harness.data.refused import Refused
from tests.components.datasets.named.files import (
    link_copies,
    open_split,
    write_png,
    write_sparse_tif,
)

SNEMI_KEYS = ("volumes/raw", "volumes/labels/neuron_ids")
LUCCHI_FILES = ("training", "training_groundtruth", "testing", "testing_groundtruth")
KASTHURI_SHAPES = {"Train": (85, 1463, 1613), "Test": (75, 1334, 1553)}


def test_snemi(tmp_path: Path) -> None:
    path = tmp_path / "snemi3d/snemi_train.h5"
    path.parent.mkdir()
    with h5py.File(path, "w") as file:
        for key in SNEMI_KEYS:
            dtype = np.uint16 if "labels" in key else np.uint8
            data = file.create_dataset(key, (100, 1024, 1024), dtype, chunks=(1, 64, 64))
            data[70, :10, :10] = 200
    train = open_split("snemi3d", "train", tmp_path)
    validation = open_split("snemi3d", "validation", tmp_path)
    test = open_split("snemi3d", "test", tmp_path)
    assert len(train) == 70
    assert len(validation) == 15
    assert len(test) == 15
    assert validation.masks[0].sum() == 100
    assert validation.classes == ("membrane", "neurite")
    instances = open_split("snemi3d", "validation", tmp_path, task="instances")
    assert instances.classes == ()
    assert instances.masks[0].max() == 200


def test_snemi_of_another_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "snemi3d/snemi_train.h5"
    path.parent.mkdir()
    with h5py.File(path, "w") as file:
        for key in SNEMI_KEYS:
            file.create_dataset(key, (99, 1024, 1024), np.uint8, chunks=(1, 64, 64))
    difference = r"99 x 1024 x 1024 .* this data set has 100 x 1024 x 1024"
    with pytest.raises(Refused, match=difference):
        open_split("snemi3d", "train", tmp_path)


def test_lucchi(tmp_path: Path) -> None:
    for name in LUCCHI_FILES:
        volume = write_sparse_tif(tmp_path / f"lucchi/{name}.tif", (165, 768, 1024))
        section = 39 if "truth" in name else 0
        volume[section, :4, :4] = 255
        volume.flush()
    train = open_split("lucchi", "train", tmp_path)
    test = open_split("lucchi", "test", tmp_path)
    assert len(train) == 165
    assert len(test) == 165
    train = open_split("lucchi", "train", tmp_path, cuts="ranking")
    validation = open_split("lucchi", "validation", tmp_path, cuts="ranking")
    test = open_split("lucchi", "test", tmp_path, cuts="ranking")
    assert len(train) == 165
    assert len(validation) == 40
    assert len(test) == 125
    assert validation.ids[-1] == "testing/0039"
    assert validation.masks[39].sum() == 16
    with pytest.raises(Refused, match=r"has no split 'validation'; it has train, test, all"):
        open_split("lucchi", "validation", tmp_path)


def test_the_re_labelled_sets_keep_train_and_test_apart(tmp_path: Path) -> None:
    """One popular loader takes Test_In for training; here the names decide."""
    folder = tmp_path / "lucchi_pp/Lucchi++"
    for part, grey in (("Train", 10), ("Test", 20)):
        image = np.full((768, 1024), grey, np.uint8)
        raw = write_png(folder / f"{part}_In/mask0000.png", image)
        link_copies(raw, [f"mask{z:04d}.png" for z in range(165)])
        masks = folder / f"{part}_Out"
        colours = np.zeros((768, 1024, 4), np.uint8)
        first = write_png(masks / "0.png", colours)
        link_copies(first, [f"{z}.png" for z in range(165) if z != 12])
        colours[:5, :5] = 255
        write_png(masks / "12.png", colours)  # 12 comes after 2 and before 100
    train = open_split("lucchi_pp", "train", tmp_path)
    test = open_split("lucchi_pp", "test", tmp_path)
    assert train.images[0][0, 0] == 10
    assert test.images[0][0, 0] == 20
    assert train.masks[12].sum() == 25
    assert train.masks[1].sum() == 0
    whole = open_split("lucchi_pp", "all", tmp_path)
    assert len(whole) == 330
    validation = open_split("lucchi_pp", "validation", tmp_path)
    assert len(train) == 148
    assert len(validation) == 17
    assert len(test) == 165
    assert train.ids[-1] == "train/0147"
    assert validation.ids[0] == "train/0148"
    assert validation.ids[-1] == "train/0164"
    assert test.ids[0] == "test/0000"
    official = open_split("lucchi_pp", "train", tmp_path, cuts="official")
    assert len(official) == 165
    official = open_split("lucchi_pp", "test", tmp_path, cuts="official")
    assert official.ids == test.ids
    with pytest.raises(Refused, match=r"has no split 'validation'; it has train, test, all"):
        open_split("lucchi_pp", "validation", tmp_path, cuts="official")
    lost = folder / "Train_In/mask0100.png"
    lost.unlink()
    difference = r"164 x 768 x 1024 .* has 165 x 768 x 1024, so files are missing"
    with pytest.raises(Refused, match=difference):
        open_split("lucchi_pp", "train", tmp_path)


def test_kasthuri_ignores_what_lies_outside_the_tissue(tmp_path: Path) -> None:
    folder = tmp_path / "kasthuri_pp/Kasthuri++"
    for part, (depth, height, width) in KASTHURI_SHAPES.items():
        names = [f"mask{z:04d}.png" for z in range(depth)]
        image = np.zeros((height, width), np.uint8)
        first_image = write_png(folder / f"{part}_In/mask0000.png", image)
        link_copies(first_image, names)
        colours = np.zeros((height, width, 3), np.uint8)
        colours[:2] = 2
        colours[2:4] = 255
        first_mask = write_png(folder / f"{part}_Out/mask0000.png", colours)
        link_copies(first_mask, names)
    train = open_split("kasthuri_pp", "train", tmp_path)
    assert train.ignore == 255
    assert np.unique(train.masks[0]).tolist() == [0, 1, 255]
    assert (train.masks[0][:2] == 255).all()
    assert (train.masks[0][2:4] == 1).all()
    test = open_split("kasthuri_pp", "test", tmp_path)
    validation = open_split("kasthuri_pp", "validation", tmp_path)
    assert len(train) == 76
    assert len(validation) == 9
    assert len(test) == 75
    official = open_split("kasthuri_pp", "train", tmp_path, cuts="official")
    assert len(official) == 85
