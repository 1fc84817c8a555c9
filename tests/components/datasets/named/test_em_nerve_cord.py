"""The ventral nerve cord of Drosophila: on the real data where they are here, else on small
files.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.data.check import check
from harness.data.examine import examine
from harness.data.preview import contact_sheet
from harness.data.refused import Refused
from tests.components.datasets.named.files import (
    link_copies,
    noise,
    open_split,
    write_png,
    write_tif,
)
from tests.made.volumes import images_in_both

REAL = Path(os.environ.get("HARNESS_TEST_DATA", "data"))
needs_vnc = pytest.mark.skipif(
    not (REAL / "vnc/stack1").is_dir(),
    reason=f"HARNESS_TEST_DATA: the real VNC data are not in {REAL}",
)


@needs_vnc
def test_vnc_real() -> None:
    train = open_split("vnc", "train", REAL)
    validation = open_split("vnc", "validation", REAL)
    test = open_split("vnc", "test", REAL)
    assert [len(train), len(validation), len(test)] == [12, 3, 5]
    assert train.images.shape == (12, 1024, 1024)
    contents = examine(open_split("vnc", "all", REAL))
    # A threshold at 127 would give .0447: three of the twenty masks are one-bit pictures.
    assert contents.fractions["mitochondria"] == pytest.approx(0.053877, abs=1e-6)
    assert contents.problems == []
    assert contents.notes == []
    membranes = examine(open_split("vnc", "all", REAL, task="membranes"))
    assert membranes.fractions["membranes"] == pytest.approx(0.203772, abs=1e-6)
    regions = open_split("vnc", "train", REAL, task="regions")
    assert len(regions.classes) == 9
    assert int(regions.masks[0].max()) == 8


@needs_vnc
def test_vnc_halves() -> None:
    left = open_split("vnc", "train", REAL, cuts="halves")
    right = open_split("vnc", "test", REAL, cuts="halves")
    whole = open_split("vnc", "all", REAL)
    joined_image = np.concatenate([left.images[3], right.images[3]], 1)
    joined_mask = np.concatenate([left.masks[3], right.masks[3]], 1)
    np.testing.assert_array_equal(joined_image, whole.images[3])
    np.testing.assert_array_equal(joined_mask, whole.masks[3])
    assert not set(left.ids) & set(right.ids)
    assert images_in_both(left, right) == []
    with pytest.raises(Refused, match=r"has no split 'validation'"):
        open_split("vnc", "validation", REAL, cuts="halves")
    with pytest.raises(Refused, match=r"there is no stack1/synapses"):
        open_split("vnc", "all", REAL, task="synapses")


@needs_vnc
def test_vnc_halves_with_two_sections_for_validation() -> None:
    left = open_split("vnc", "train", REAL, cuts="halves")
    right = open_split("vnc", "test", REAL, cuts="halves")
    parts = []
    for split in ("train", "validation", "test"):
        parts.append(open_split("vnc", split, REAL, cuts="halves_tenth"))
    train, validation, test = parts
    assert [*train.ids, *validation.ids] == left.ids
    assert len(validation) == 2
    assert test.ids == right.ids
    np.testing.assert_array_equal(validation.images[1], left.images[19])
    np.testing.assert_array_equal(validation.masks[1], left.masks[19])


@needs_vnc
def test_the_second_stack_of_vnc_is_unlabelled() -> None:
    second = open_split("vnc", "all", REAL, stack=2)
    whole = open_split("vnc", "all", REAL)
    assert second.masks is None
    assert len(second) == 20
    assert images_in_both(second, whole) == []


@needs_vnc
def test_vnc_check_and_preview() -> None:
    report = check("vnc", REAL)
    assert report.is_usable
    assert report.splits == {"train": 12, "validation": 3, "test": 5}
    assert report.notes == ()
    sheet = contact_sheet(open_split("vnc", "test", REAL), most=2, width=100)
    assert sheet.size[0] > 400
    grey_values = set(sheet.resize((50, 25)).tobytes())
    assert len(grey_values) > 30


def test_vnc_one_bit_masks(tmp_path: Path) -> None:
    stack = tmp_path / "vnc/groundtruth-4a5f051/stack1"
    raw = write_tif(stack / "raw/00.tif", noise(1024, 1024))
    link_copies(raw, [f"{z:02d}.tif" for z in range(20)])
    mask = np.zeros((1024, 1024), np.uint8)
    mask[:100, :100] = 255
    mask[100, :100] = 60  # a grey edge
    first = write_png(stack / "mitochondria/00.png", mask)
    link_copies(first, [f"{z:02d}.png" for z in range(20) if z != 7])
    one_bit = write_png(stack / "mitochondria/07.png", mask > 127)
    scans = open_split("vnc", "all", tmp_path)
    assert Image.open(one_bit).mode == "1"
    assert int(scans.masks[0].sum()) == 10000
    assert int(scans.masks[7].sum()) == 10000
