"""Masks mean what a study file says they mean, and other values get a sentence."""

from pathlib import Path

import numpy as np
import pytest

from harness.data.scans import Scans
from harness.spec.enclosing import Enclosing
from harness.spec.parse import read_part
from tests.made.volumes import (
    WIDTH,
    Array,
    Case,
    box_masks,
    changed_masks,
    check_refusal,
    grey,
    npy,
    open_own,
    read_whole,
)


def test_object_numbers_stay_as_they_are(tmp_path: Path) -> None:
    box = box_masks()
    numbers = np.cumsum(box, 1, dtype=np.int64) * box * 1000
    images = npy(tmp_path / "i", grey())
    scans = open_own(images, npy(tmp_path / "ids", numbers), labels="instances")
    assert scans.classes == ()
    assert scans.masks[0].max() == numbers.max()


def test_whole_floating_point_numbers_are_labels(tmp_path: Path) -> None:
    images = npy(tmp_path / "i", grey())
    masks = npy(tmp_path / "float", box_masks().astype(np.float32))
    assert open_own(images, masks).masks[0].max() == 1


def test_named_values_become_labels_in_the_order_of_their_names(tmp_path: Path) -> None:
    values = box_masks() * 100
    values[:, :5] = 200
    images = npy(tmp_path / "i", grey())
    masks = npy(tmp_path / "classes", values)
    scans = open_own(images, masks, classes={"none": 0, "cell": 100}, ignore=200)
    assert scans.classes == ("none", "cell")
    assert scans.ignore == 255
    assert sorted(np.unique(scans.masks[0])) == [0, 1, 255]


def test_objects_may_leave_pixels_out(tmp_path: Path) -> None:
    signed = box_masks().astype(np.int32)
    signed[:, :3] = -1
    images = npy(tmp_path / "i", grey())
    scans = open_own(images, npy(tmp_path / "signed", signed), labels="instances", ignore=-1)
    assert scans.ignore == -1
    assert int(scans.masks[0].min()) == -1


def _with_grey_edges(masks: Array) -> Array:
    """White boxes whose edge towards the left is grey, as an image program leaves it."""
    grey_masks = masks * 255
    edge = (np.roll(masks, -1, axis=-1) > 0) & (masks == 0)
    grey_masks[edge] = 100
    return grey_masks


def test_grey_edges_are_refused_with_the_share_and_the_threshold(tmp_path: Path) -> None:
    values = _with_grey_edges(box_masks())
    share = 100 * (values[0] == 100).mean()
    images = npy(tmp_path / "i", grey())
    masks = npy(tmp_path / "m", values)
    with pytest.raises(ValueError, match="Say threshold: 127") as refusal:
        read_whole(open_own(images, masks))
    assert f"{share:.2g} % of its pixels are neither 0 nor 255" in str(refusal.value)
    scans = open_own(images, masks, threshold=127)
    assert scans.classes == ("background", "foreground")
    assert (np.stack(scans.masks) == box_masks()).all()
    assert (np.stack(open_own(images, masks, threshold=99).masks) == (values > 0)).all()


def test_a_threshold_reads_probabilities_and_leaves_pixels_out(tmp_path: Path) -> None:
    values = box_masks() * np.float32(0.9)
    values[:, :4] = -1
    images = npy(tmp_path / "i", grey())
    scans = open_own(images, npy(tmp_path / "m", values), threshold=0.5, ignore=-1)
    assert scans.ignore == 255
    assert (np.asarray(scans.masks[0])[:4] == 255).all()
    assert sorted(np.unique(scans.masks[0])) == [0, 1, 255]


def test_a_threshold_at_its_default_is_in_no_key() -> None:
    raw = {"name": "folder", "images": "i/*.png"}
    without, written, changed = (
        read_part("dataset", {**raw, **option}, (), [], Enclosing())
        for option in ({}, {"threshold": None}, {"threshold": 127.0})
    )
    assert without is not None
    assert written is not None
    assert changed is not None
    assert without.key == written.key
    assert without.key != changed.key


def _negative(masks: Array) -> Array:
    return masks.astype(np.int16) - 2


def _zero_one_and_255(masks: Array) -> Array:
    is_right = np.arange(WIDTH) > 20
    return np.where(is_right, 255, 1) * masks


def _colours(folder: Path) -> Scans:
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 9, (*grey().shape, 3))
    masks = npy(folder / "m", noise.astype(np.uint8))
    images = npy(folder / "i", grey())
    return read_whole(open_own(images, masks))


BROKEN: dict[str, tuple[Case, str]] = {
    "negative labels": (
        changed_masks(_negative),
        "masks.npy, slice 0: the mask holds -2; labels are 0 or",
    ),
    "labels between integers": (
        changed_masks(lambda masks: masks * 0.5),
        "the mask holds 0.5; labels are whole numbers",
    ),
    "nan labels": (changed_masks(lambda masks: masks * np.nan), "the mask holds NaN"),
    "several labels taken for two": (
        changed_masks(lambda masks: masks * 7),
        "mask holds 0, 7; a binary mask .*labels: instances",
    ),
    "0, 1 and 255": (changed_masks(_zero_one_and_255), "the mask holds 0, 1, 255; a bin"),
    "a class without a name": (
        changed_masks(lambda masks: masks * 7, classes={"a": 0, "b": 1}),
        "holds 7; the classes stand for",
    ),
    "classes without names": (
        changed_masks(lambda masks: masks, labels="classes"),
        "needs names and values",
    ),
    "a threshold of objects": (
        changed_masks(lambda masks: masks, labels="instances", threshold=0.5),
        "threshold: makes two classes of grey values, and labels: instances takes",
    ),
    "nan beside a threshold": (
        changed_masks(lambda masks: masks * np.nan, threshold=0.5),
        "the mask holds NaN or infinite values, which are neither",
    ),
    "colour mask": (_colours, "a mask in colours"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_gets_one_sentence(
    name: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case, pattern = BROKEN[name]
    check_refusal(case, pattern, tmp_path, capfd)
