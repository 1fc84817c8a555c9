"""Volumes and movies of nuclei in fluorescence, on small volumes under their true names."""

from pathlib import Path

import numpy as np
import pytest

from harness.components.datasets.named.fluorescence_volumes import MOVIES
from harness.data.refused import Refused
from tests.components.datasets.named.files import noise, open_split, write_nifti, write_tif


def test_go_nuclear_masks_are_turned_and_cut(tmp_path: Path) -> None:
    archive = tmp_path / "sbiad1026/Training image dataset_Tiff Files"
    for name in ("1135", "1136", "1137"):
        folder = archive / name
        masks = np.zeros((7, 22, 30), np.uint16)
        masks[:, -1, :] = 5  # the last row of the file is the first of the image
        images = noise(6, 20, 31)
        write_tif(folder / f"{name}_n_H2BtdTomato.tif", images)
        write_tif(folder / f"{name}_n_stain_StarDist_goldGT.tiff", masks)
    train = open_split("sbiad1026", "train", tmp_path)
    assert len(train) == 6 + 6 + 5
    assert train.images.shape[1:] == (20, 30)
    mask = train.masks[0]
    assert mask[0].all()
    assert mask[1:].sum() == 0
    limited = open_split("sbiad1026", "train", tmp_path, sections=(1, 3))
    assert len(limited) == 6


def test_selma(tmp_path: Path) -> None:
    folder = tmp_path / "sbiad1196"
    grey = np.zeros((9, 8, 5), np.float32)
    grey += np.arange(5)
    write_nifti(folder / "raw/patchvolume_008_0000.nii.gz", grey)
    masks = np.ones((9, 8, 5), np.uint8)
    write_nifti(folder / "gt/patchvolume_008.nii.gz", masks)
    scans = open_split("sbiad1196", "validation", tmp_path)
    assert scans.images.shape == (5, 8, 9)
    assert scans.images[3].max() == 3


def test_frames_of_movies_without_masks_are_left_out(tmp_path: Path) -> None:
    archive = tmp_path / "sbiad1410/cardioblast_nuclei_train"
    for name in MOVIES["train"]:
        count = 147 if name == "20220812_e1" else 4
        annotated = min(count, 121)
        stem = f"cardioblast_nuclei_{name}"
        folder = archive / stem
        frames = noise(count, 10, 12)
        write_tif(folder / f"{stem}.tif", frames)
        masks = np.ones((annotated, 10, 12), np.uint16)
        write_tif(folder / f"{stem}_mask.tif", masks)
    with pytest.raises(Refused, match=r"cardioblast_nuclei_test"):
        open_split("sbiad1410", "test", tmp_path)
    movies = open_split("sbiad1410", "train", tmp_path)
    assert len(movies) == 9 * 4 + 121
    groups = set(movies.groups)
    assert len(groups) == 10
