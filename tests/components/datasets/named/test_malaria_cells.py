"""The annotated cells of BBBC041, cut along their boxes."""

import json
from pathlib import Path

import numpy as np
import pytest

from harness.components.datasets.named.malaria_cells import bbbc041_crops
from harness.data.refused import Refused
from tests.components.datasets.named.files import noise, write_png


def test_bbbc041_crops(tmp_path: Path) -> None:
    folder = tmp_path / "bbbc041/malaria"
    picture = noise(50, 60, 3)
    write_png(folder / "images/a.png", picture)
    box = {"minimum": {"r": 10, "c": 20}, "maximum": {"r": 18, "c": 27}}
    cell = {"bounding_box": box, "category": "ring"}
    entry = {"image": {"pathname": "/images/a.png"}, "objects": [cell]}
    (folder / "training.json").write_text(json.dumps([entry]))
    (folder / "test.json").write_text("[]")
    (crop,) = bbbc041_crops(tmp_path, ("ring",), 1)
    np.testing.assert_array_equal(crop, picture[10:18, 20:27])
    with pytest.raises(Refused, match=r"holds 0 cells of leukocyte; it knows ring"):
        bbbc041_crops(tmp_path, ("leukocyte",), 3)
