"""Whole cells in fluorescence, on small arrays of the true layout."""

from pathlib import Path

import h5py
import numpy as np

from tests.components.datasets.named.files import noise, open_split, write_tif


def test_flywing_patches(tmp_path: Path) -> None:
    folder = tmp_path / "flywing/Flywing_n0"
    for part in ("train", "test"):
        (folder / part).mkdir(parents=True)
    train_patches = np.ones((1428, 8, 8), np.uint8)
    validation_patches = np.ones((252, 8, 8), np.uint8)
    test_patches = np.ones((42, 8, 8), np.uint8)
    np.savez_compressed(
        folder / "train/train_data.npz",
        X_train=train_patches,
        Y_train=train_patches,
        X_val=validation_patches,
        Y_val=validation_patches,
    )
    np.savez_compressed(
        folder / "test/test_data.npz",
        X_test=test_patches,
        Y_test=test_patches,
    )
    train = open_split("flywing", "train", tmp_path)
    validation = open_split("flywing", "validation", tmp_path)
    test = open_split("flywing", "test", tmp_path)
    assert len(train) == 1428
    assert len(validation) == 252
    assert len(test) == 42
    volumes = set(test.volumes)
    assert len(volumes) == 42


def test_flywing_movies(tmp_path: Path) -> None:
    folder = tmp_path / "flywing/GT/test"
    folder.mkdir(parents=True)
    row = list(range(-1, 8))
    cells = np.tile(np.array(row, np.int64), (4, 8, 1))
    grey = noise(4, 8, 9)
    for name in ("per03", "pro03"):
        with h5py.File(folder / f"{name}.h5", "w") as file:
            file["volumes/raw"] = grey
            file["volumes/labels/cells_with_ignore"] = cells
    movies = open_split("flywing", "test", tmp_path, release="movies", task="instances")
    assert len(movies) == 8
    assert movies.ignore == -1
    assert movies.masks[0][0].tolist() == row
    semantic = open_split("flywing", "test", tmp_path, release="movies")
    assert semantic.masks[0][0].tolist() == [255, 0, *[1] * 7]
    assert semantic.ignore == 255


def test_ovules(tmp_path: Path) -> None:
    folder = tmp_path / "ovules/validation"
    folder.mkdir(parents=True)
    grey = noise(3, 8, 9)
    ignored = np.full((3, 8, 9), -1, np.int64)
    cells = np.ones((3, 8, 9), np.uint16)
    with h5py.File(folder / "N_420_ds2x.h5", "w") as file:
        file["raw"] = grey.astype(np.uint16)
        file["label_with_ignore"] = ignored
        file["label"] = cells
    scans = open_split("ovules", "validation", tmp_path)
    assert (scans.masks[0] == 255).all()
    labelled = open_split("ovules", "validation", tmp_path, masks="label")
    assert labelled.ignore is None


def test_pnas_groups_are_plants(tmp_path: Path) -> None:
    grey = noise(5, 8, 9)
    masks = np.ones((5, 8, 9), np.uint16)
    for name in ("0hrs_plant1", "12hrs_plant1", "16hrs_plant1", "12hrs_plant2"):
        _, plant = name.split("_")
        folder = tmp_path / "pnas/PNAS" / plant
        stem = f"{name}_trim-acylYFP"
        write_tif(folder / f"processed_tiffs/{stem}.tif", grey)
        write_tif(folder / f"segmentation_tiffs/{stem}_hmin_2.tif", masks)
    test = open_split("pnas", "test", tmp_path)
    assert test.ids[0] == "12hrs_plant1_trim-acylYFP/0000"
    train = open_split("pnas", "train", tmp_path)
    assert len(train) == 10
    assert set(train.groups) == {"plant1", "plant2"}
    assert train.volumes[0] != train.volumes[-1]
