"""Tiles around pixels of each class, and images cut to multiples."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.data.refused import Refused
from tests.components.datasets.test_tiles import masks_of, phantom, scans_of

PHANTOM = {"name": "phantom", "slices": 2, "size": 96}


def tiles_of(home: Path, **options: Any) -> Any:
    raw = {"name": "class_tiles", "of": PHANTOM, "shares": [0.5, 0.5], "size": 32, "count": 40}
    return scans_of({**raw, **options}, home)


def test_tiles_are_cut_from_the_images_around_the_classes_that_are_asked_for(
    tmp_path: Path,
) -> None:
    whole = phantom(tmp_path)
    scans = tiles_of(tmp_path, shares=[0.0, 1.0])
    assert len(scans.images) == 80
    assert len(set(scans.ids)) == 80
    assert set(scans.groups or []) == {"lucchi-test-0"}
    for number in (0, 17, 79):
        image = number // 40
        name = scans.ids[number].split("/")[1]
        top, left, _ = map(int, name.split("-"))
        tile = (slice(top, top + 32), slice(left, left + 32))
        assert np.array_equal(scans.images[number], whole.images[image][tile])
        assert np.array_equal(masks_of(scans)[number], masks_of(whole)[image][tile])
        assert (masks_of(scans)[number] == 1).any()


def test_shares_say_how_often_each_class_stands_in_the_middle(tmp_path: Path) -> None:
    # a tile of one pixel is the pixel that was drawn, wherever it lies
    scans = tiles_of(tmp_path, size=1, count=600, shares=[0.2, 0.8])
    share = np.mean([int(mask[0, 0]) for mask in masks_of(scans)])
    assert 0.75 < share < 0.85


def test_another_seed_draws_other_tiles_and_the_same_seed_the_same(tmp_path: Path) -> None:
    first = tiles_of(tmp_path)
    assert tiles_of(tmp_path).ids == first.ids
    assert tiles_of(tmp_path, seed=1).ids != first.ids


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"shares": [1.0]}, "shares has 1 numbers for the classes"),
        ({"size": 200}, "smaller than a tile of 200"),
        ({"shares": [0.0, 0.0]}, "has no pixel of a class whose share is above 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    options: dict[str, Any], problem: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=problem):
        tiles_of(tmp_path, **options)


def test_images_are_cut_to_the_middle_of_multiples(tmp_path: Path) -> None:
    whole = phantom(tmp_path)
    raw = {"name": "cropped", "of": PHANTOM, "multiple": 40}
    scans = scans_of(raw, tmp_path)
    middle = slice(8, 88)
    assert np.array_equal(scans.images[1], whole.images[1][middle, middle])
    assert np.array_equal(masks_of(scans)[1], masks_of(whole)[1][middle, middle])
    oblong = {"name": "resized", "of": PHANTOM, "height": 70, "width": 100}
    assert scans_of({**raw, "of": oblong, "multiple": 32}, tmp_path).images[0].shape == (64, 96)
    square = {**raw, "of": oblong, "multiple": 32, "square": True}
    assert scans_of(square, tmp_path).images[0].shape == (64, 64)
    with pytest.raises(Refused, match="96 x 96 has no side of 100"):
        scans_of({**raw, "multiple": 100}, tmp_path)
