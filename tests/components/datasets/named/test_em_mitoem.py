"""MitoEM, on one section under many names."""

from pathlib import Path

import numpy as np
import pytest

from harness.data.refused import Refused
from tests.components.datasets.named.files import link_copies, open_split, write_png, write_tif


def test_mitoem(tmp_path: Path) -> None:
    folder = tmp_path / "mitoem_r"
    image = np.zeros((4096, 4096), np.uint8)
    first_image = write_png(folder / "im/im0000.png", image)
    image_names = [f"im{z:04d}.png" for z in range(1000)]
    link_copies(first_image, image_names)
    mask = np.zeros((4096, 4096), np.uint16)
    mask[0, :3] = 1, 2, 900
    mask_names = [f"seg{z:04d}.tif" for z in range(500)]
    first_mask = write_tif(folder / "mito-train-v2/seg0000.tif", mask, compression="zlib")
    link_copies(first_mask, mask_names[:400])
    first_mask = write_tif(folder / "mito-val-v2/seg0400.tif", mask, compression="zlib")
    link_copies(first_mask, mask_names[400:])
    train = open_split("mitoem_r", "train", tmp_path)
    assert len(train) == 300
    validation = open_split("mitoem_r", "validation", tmp_path)
    assert len(validation) == 50
    test = open_split("mitoem_r", "test", tmp_path)
    assert len(test) == 150
    test = open_split("mitoem_r", "test", tmp_path, task="instances")
    assert test.ids[0] == "mitoem_r/0350"
    assert test.masks[149].max() == 900
    validation = open_split("mitoem_r", "validation", tmp_path, cuts="official")
    assert validation.masks[0].sum() == 3
    with pytest.raises(Refused, match=r"has no split 'test'"):
        open_split("mitoem_r", "test", tmp_path, cuts="official")
    lost = folder / "mito-val-v2/seg0444.tif"
    lost.unlink()
    with pytest.raises(Refused, match=r"seg0444.tif: the slice is missing, with 0 others"):
        open_split("mitoem_r", "test", tmp_path)
