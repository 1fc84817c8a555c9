"""Single pictures of nuclei in fluorescence, on small pictures under their true names."""

from pathlib import Path

import numpy as np
import pytest

from harness.data.refused import Refused
from tests.components.datasets.named.files import (
    link_copies,
    noise,
    open_split,
    write_png,
    write_tif,
)


def test_bbbc039_takes_connected_pieces(tmp_path: Path) -> None:
    folder = tmp_path / "bbbc039"
    names = ["IXMtest_A02_s1_w1AB", "IXMtest_A03_s1_w1AC"]
    mask = np.zeros((20, 30, 4), np.uint8)
    mask[2:6, 2:6, 0] = 7
    mask[10:14, 10:14, 0] = 7  # one number on two nuclei
    mask[..., 3] = 255
    for seed, name in enumerate(names):
        image = noise(20, 30, seed=seed).astype(np.uint16) * 16
        write_tif(folder / f"images/{name}.tif", image)
        write_png(folder / f"masks/{name}.png", mask)
    lists = folder / "metadata"
    lists.mkdir()
    lines = [f"{name}.png\n" for name in names]
    (lists / "training.txt").write_text("".join(lines))
    (lists / "test.txt").write_text("IXMtest_A09_s1_w1AX.png\n")
    train = open_split("bbbc039", "train", tmp_path, task="instances")
    assert train.masks[0].max() == 2
    assert train.images.dtype == np.uint16
    assert train.classes == ()
    nuclei = open_split("bbbc039", "train", tmp_path)
    assert nuclei.masks[0].sum() == 32
    with pytest.raises(Refused, match=r"IXMtest_A09_s1_w1AX.tif: there is no such file"):
        open_split("bbbc039", "test", tmp_path)


def test_dsb2018_has_train_and_test(tmp_path: Path) -> None:
    mask = np.zeros((20, 30), np.uint16)
    mask[2:6, 2:6] = 7
    mask[10:14, 10:14] = 7
    for index, part in enumerate(("train", "test")):
        folder = tmp_path / "dsb2018/dsb2018" / part
        write_tif(folder / f"images/a{index}.tif", noise(20, 30))
        write_tif(folder / f"masks/a{index}.tif", mask)
    test = open_split("dsb2018", "test", tmp_path)
    assert test.ids == ["a1"]
    whole = open_split("dsb2018", "all", tmp_path)
    assert len(whole) == 2
    with pytest.raises(Refused, match=r"no split 'validation'"):
        open_split("dsb2018", "validation", tmp_path)


def test_hoechst_objects_have_colours(tmp_path: Path) -> None:
    folder = tmp_path / "hoechst/development_nuclei"
    mask = np.zeros((20, 30, 3), np.uint8)
    mask[2:6, 2:6] = (255, 0, 0)
    mask[2:6, 6:9] = (0, 255, 0)  # it touches the first
    mask[10:14, 10:14] = (255, 0, 0)
    write_png(folder / "images/png/M_1.png", noise(20, 30))
    write_png(folder / "annotations/M_1_objects.png", mask)
    scans = open_split("hoechst", "validation", tmp_path, task="instances")
    assert scans.masks[0].max() == 3
    assert scans.ids == ["M_1"]


@pytest.mark.parametrize("is_planar", [False, True])
def test_helacytonuc_channels(tmp_path: Path, is_planar: bool) -> None:
    folder = tmp_path / "helacytonuc/test"
    names = [f"{index}.tif" for index in range(268)]
    image = np.zeros((20, 30, 3), np.uint8)
    image[..., 0] = 10
    image[..., 2] = 30
    if is_planar:
        image = image.transpose(2, 0, 1)
    first_image = write_tif(folder / "images/0.tif", image, photometric="rgb")
    link_copies(first_image, names)
    for objects, number in (("nuclei", 1), ("cytoplasm", 2)):
        mask = np.full((20, 30), number, np.uint16)
        first_mask = write_tif(folder / f"{objects}_masks/0.tif", mask)
        link_copies(first_mask, names)
    nuclei = open_split("helacytonuc", "test", tmp_path)
    assert nuclei.images.shape == (268, 20, 30)
    assert nuclei.images[0][0, 0] == 30
    assert nuclei.ids[10] == "test/10"
    options = {"objects": "cytoplasm", "channel": "rgb", "task": "instances"}
    cells = open_split("helacytonuc", "test", tmp_path, **options)
    assert cells.images.shape == (268, 20, 30, 3)
    assert cells.masks[5].max() == 2
    lost = folder / "images/100.tif"
    lost.unlink()
    with pytest.raises(Refused, match=r"267 pictures, there should be 268"):
        open_split("helacytonuc", "test", tmp_path)
