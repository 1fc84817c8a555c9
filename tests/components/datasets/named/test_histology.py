"""Histology in colour, on small slides with a table of polygons."""

import json
from pathlib import Path

import numpy as np
import pytest

from harness.data.refused import Refused
from tests.components.datasets.named.files import open_split, write_tif

DERMIS = [10, 10, 30, 10, 30, 30, 10, 30]
CARCINOMA = [12, 12, 20, 12, 20, 20, 12, 20]


def test_ms_cct_draws_its_polygons(tmp_path: Path) -> None:
    image = np.full((40, 60, 3), 250, np.uint8)
    image[5:35, 5:55] = 120
    images = []
    for index, slide in enumerate((3, 9, 25, 26, 37)):
        name = f"scc_{slide:02d}_nz20.tif"
        write_tif(tmp_path / f"ms_cct/{name}", image, photometric="rgb")
        images.append({"id": index, "file_name": name})
    table = {
        "images": images,
        "categories": [{"id": 4, "name": "Dermis"}, {"id": 9, "name": "SCC"}],
        "annotations": [
            {"image_id": 0, "category_id": 4, "segmentation": [DERMIS]},
            {"image_id": 0, "category_id": 9, "segmentation": CARCINOMA},
        ],
    }
    (tmp_path / "ms_cct/scc.json").write_text(json.dumps(table))
    scans = open_split("ms_cct", "validation", tmp_path, scanner="nz20")
    assert scans.groups == ["scc_03", "scc_09", "scc_25", "scc_26", "scc_37"]
    assert scans.images.shape == (5, 40, 60, 3)
    mask = scans.masks[0]
    assert mask[2, 2] == 0
    assert mask[7, 7] == 255
    assert mask[25, 25] == 1
    assert mask[15, 15] == 2
    with pytest.raises(Refused, match=r"scc_01_cs2.tif"):
        open_split("ms_cct", "train", tmp_path)
    (tmp_path / "ms_cct/scc.json").write_text("[]")
    with pytest.raises(Refused, match=r"not the annotation table"):
        open_split("ms_cct", "validation", tmp_path, scanner="nz20")


def test_ms_cct_is_white_where_it_is_transparent_and_ignores_what_is_unclear(
    tmp_path: Path,
) -> None:
    image = np.full((40, 60, 4), 255, np.uint8)
    image[5:35, 5:55, :3] = 120
    image[5:35, 40:55] = (0, 0, 0, 0)  # not scanned
    images = []
    for index, slide in enumerate((3, 9, 25, 26, 37)):
        name = f"scc_{slide:02d}_nz20.tif"
        write_tif(
            tmp_path / f"ms_cct/{name}", image, photometric="rgb", extrasamples=["unassalpha"]
        )
        images.append({"id": index, "file_name": name})
    table = {
        "images": images,
        "categories": [{"id": 4, "name": "Cartilage"}, {"id": 9, "name": "SCC"}],
        "annotations": [
            {"image_id": 0, "category_id": 4, "segmentation": [DERMIS]},
            {"image_id": 0, "category_id": 9, "segmentation": CARCINOMA},
        ],
    }
    (tmp_path / "ms_cct/scc.json").write_text(json.dumps(table))
    scans = open_split("ms_cct", "validation", tmp_path, scanner="nz20")
    assert scans.images[0].shape == (40, 60, 3)
    assert scans.images[0][20, 20].tolist() == [120, 120, 120]
    assert scans.images[0][20, 50].tolist() == [255, 255, 255]
    assert scans.masks[0][20, 50] == 0
    assert scans.masks[0][25, 25] == 1
    clear = open_split("ms_cct", "validation", tmp_path, scanner="nz20", unclear="ignored")
    assert clear.masks[0][25, 25] == 255
    assert clear.masks[0][15, 15] == 2
