"""Procedural electron microscopy: continuous tissue, agreeing tasks, and styles that differ."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.components.datasets.phantoms.em import EM, phantom
from tests.components.datasets.overlaps import Mask, dice

HOME = Path("nowhere")
STYLES = get_args(EM)


def masks_of(**options: Any) -> Mask:
    scans = phantom("train", HOME, **options)
    return np.asarray(scans.masks) > 0


def images_of_style(style: Any, *, slices: int = 4, size: int = 128) -> NDArray[np.float64]:
    scans = phantom("train", HOME, style=style, slices=slices, size=size)
    return np.asarray(scans.images, float)


def mean_dice(pairs: Iterable[tuple[Mask, Mask]]) -> float:
    overlaps = [dice(first, second) for first, second in pairs]
    return float(np.mean(overlaps))


def test_the_tasks_of_the_same_tissue_agree() -> None:
    neurites = phantom("train", HOME, task="neurites", slices=4, size=96)
    membranes = phantom("train", HOME, task="membranes", slices=4, size=96)
    instances = phantom("train", HOME, task="instances", slices=4, size=96)
    assert np.array_equal(membranes.images, neurites.images)
    assert np.array_equal(instances.images, neurites.images)
    is_neurite = np.asarray(neurites.masks) > 0
    is_membrane = np.asarray(membranes.masks) > 0
    ids = np.asarray(instances.masks)
    assert np.array_equal(is_membrane, ~is_neurite)
    assert np.array_equal(ids > 0, is_neurite)
    assert instances.classes == ()
    assert len(np.unique(ids)) > 10


@pytest.mark.parametrize("task", ["mitochondria", "membranes"])
def test_neighbouring_slices_show_the_same_bodies(task: str) -> None:
    masks = masks_of(style="lucchi", task=task, slices=24, size=96)
    near = mean_dice(pairwise(masks))
    far = mean_dice(zip(masks[:12], masks[12:], strict=True))
    assert near > 0.6
    assert near > far + 0.15


def test_sections_of_thick_slices_differ_more() -> None:
    overlaps = []
    for style in ("lucchi", "snemi", "vnc"):
        masks = masks_of(style=style, task="membranes", slices=10, size=128)
        overlaps.append(mean_dice(pairwise(masks)))
    thin, medium, thick = overlaps
    assert thin > medium > thick


def test_kasthuri_is_padded_with_black() -> None:
    scans = phantom("train", HOME, style="kasthuri", slices=4, size=128)
    outside = np.asarray(scans.images) == 0
    for slice_outside in outside:
        assert 0.05 < slice_outside.mean() < 0.5
    masks = np.asarray(scans.masks)
    assert not masks[outside].any()
    top = outside[:, 0].any()
    bottom = outside[:, -1].any()
    sides = outside[:, :, [0, -1]].any()
    assert (top and bottom) or sides


@pytest.mark.parametrize("style", ["lucchi", "mitoem_r"])
def test_most_styles_are_not_padded(style: str) -> None:
    images = images_of_style(style, slices=2, size=96)
    is_black = images == 0
    assert is_black.mean() < 0.001


def test_styles_of_microscopy_differ_as_the_real_sets_do() -> None:
    brightness = {}
    contrast = {}
    roughness = {}
    for style in STYLES:
        images = images_of_style(style)
        tissue = images[images > 0]
        steps = np.abs(np.diff(images, axis=2))
        brightness[style] = tissue.mean()
        contrast[style] = tissue.std()
        roughness[style] = steps.mean()
    assert brightness["mitoem_h"] < brightness["snemi"] < brightness["mitoem_r"]
    assert contrast["vnc"] > contrast["snemi"] > contrast["mitoem_h"]
    assert roughness["lucchi"] < roughness["mitoem_r"] < roughness["snemi"]


def test_a_body_stays_inside_its_neurite() -> None:
    bodies = masks_of(slices=4, size=128)
    membranes = masks_of(task="membranes", slices=4, size=128)
    assert not (bodies & membranes).any()
