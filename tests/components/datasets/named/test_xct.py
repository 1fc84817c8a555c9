"""X-ray tomography of materials, on an empty volume of the true size."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tests.components.datasets.named.files import open_split

Z_FIRST = (1900, 1040, 1300)
X_FIRST = (1300, 1040, 1900)
PIXELS = {  # three pixels in a row at the start of section 1600
    Z_FIRST: (1600, 0, slice(0, 3)),
    X_FIRST: (slice(0, 3), 0, 1600),
}


def first_pixels(scans: Any) -> list[int]:
    pixels: list[int] = scans.masks[0][0, :4].tolist()
    return pixels


@pytest.mark.parametrize("shape", [Z_FIRST, X_FIRST])
def test_gf_pa66_leaves_a_gap(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    (tmp_path / "gf_pa66").mkdir()
    with h5py.File(tmp_path / "gf_pa66/pa66_volumes.h5", "w") as file:
        for key in ("pa66/pa66", "pa66/ground_truth"):
            data = file.create_dataset(key, shape, np.uint8, chunks=(10, 104, 10))
            data[PIXELS[shape]] = [0, 1, 2]
    train = open_split("gf_pa66", "train", tmp_path)
    test = open_split("gf_pa66", "test", tmp_path)
    assert len(train) == 1300
    assert len(test) == 300
    assert train.ids[-1] == "gf_pa66/1299"
    assert test.ids[0] == "gf_pa66/1600"
    assert test.images.shape[1:] == (1040, 1300)
    assert first_pixels(test) == [0, 1, 0, 0]
    phases = open_split("gf_pa66", "test", tmp_path, task="phases")
    assert first_pixels(phases) == [0, 1, 2, 0]
    assert len(open_split("gf_pa66", "validation", tmp_path, cuts="tomo2seg")) == 154
