"""Numbered objects as background, inside and boundary, and objects again of these."""

from pathlib import Path

import numpy as np
import pytest

from harness.components.datasets.boundaries import boundaries
from harness.data.open_dataset import open_anew
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.measure import instances, objects
from harness.spec.values import Part
from harness.store import Home
from tests.made.networks import part_of

CELLS = {"name": "cells", "style": "culture", "task": "instances", "images": 2, "size": 96}


def scans_of(masks: np.ndarray, monkeypatch: pytest.MonkeyPatch, width: int = 1) -> Scans:
    """The three classes of one image with these objects; -1 is ignored."""
    pixels = np.zeros(masks.shape, np.uint8)
    scans = Scans(pixels, masks, ["a"], ["a"], classes=(), ignore=-1)
    opener = "harness.components.datasets.boundaries.open_inner"
    monkeypatch.setattr(opener, lambda *_: scans)
    of = Part("dataset", "cells", {})
    return boundaries("test", Path(), of=of, width=width)


@pytest.mark.parametrize(("width", "inside"), [(1, 4), (2, 0)])
def test_a_boundary_is_the_rim_of_each_object(
    width: int, inside: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    masks = np.zeros((1, 8, 12), np.int32)
    masks[0, 2:6, 2:6] = 4
    masks[0, 2:6, 6:10] = 9
    masks[0, 0] = -1
    scans = scans_of(masks, monkeypatch, width)
    assert scans.masks is not None
    labels = scans.masks[0]
    left = labels[2:6, 2:6]
    assert int((left == 1).sum()) == inside
    assert int((left == 2).sum()) == 16 - inside
    assert set(labels[0].tolist()) == {255}
    assert set(labels[6].tolist()) == {0}
    assert scans.ignore == 255


def test_objects_come_back_by_growing_the_inside(tmp_path: Path) -> None:
    home = Home(tmp_path)
    whole = open_anew(part_of("dataset", {**CELLS, "split": "test"}), home)
    parted = open_anew(
        part_of("dataset", {"name": "boundaries", "of": CELLS, "split": "test"}), home
    )
    assert parted.masks is not None
    assert whole.masks is not None
    labels = parted.masks[0]
    grown = objects.grown_objects(labels == 1, labels > 0, labels == 2)
    overlaps = instances.ious(instances.shared_pixels(whole.masks[0], grown))
    assert instances.f1(overlaps, 0.75) > 0.8


def test_masks_without_numbers_are_refused(tmp_path: Path) -> None:
    raw = {"name": "boundaries", "of": {"name": "cells"}, "split": "test"}
    with pytest.raises(Refused, match="task: instances"):
        open_anew(part_of("dataset", raw), Home(tmp_path))
