"""Procedural brains: modalities and subjects lie on one another, and tissues have their tones."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.components.datasets.phantoms.brains import GM, WM, brains
from harness.data.scans import Scans
from tests.components.datasets.overlaps import dice

HOME = Path("nowhere")


def two_subjects(**options: Any) -> Scans:
    return brains("train", HOME, subjects=2, slices=4, size=96, **options)


def tones(modality: str) -> tuple[float, float, float]:
    """Returns the mean tone of the fluid, the grey and the white matter."""
    scans = two_subjects(modality=modality)
    images = np.asarray(scans.images)
    masks = np.asarray(scans.masks)
    means = []
    for tissue in (1, 2, 3):
        values = images[masks == tissue]
        means.append(float(values.mean()))
    csf, gm, wm = means
    return csf, gm, wm


@pytest.mark.parametrize("modality", ["t2", "flair"])
def test_all_modalities_of_a_subject_show_the_same_brain(modality: str) -> None:
    t1 = two_subjects(modality="t1")
    scans = two_subjects(modality=modality)
    masks = np.asarray(scans.masks)
    assert np.array_equal(masks, np.asarray(t1.masks))
    assert not np.array_equal(scans.images, t1.images)


def test_tissues_have_the_tones_of_their_modality() -> None:
    csf, gm, wm = tones("t1")
    assert csf < gm < wm
    csf, gm, wm = tones("t2")
    assert csf > gm > wm
    csf, gm, wm = tones("flair")
    assert gm > wm > csf


def check_alike(first: NDArray[Any], second: NDArray[Any]) -> None:
    """Fails if two brains are the same, or if they do not lie on one another."""
    assert not np.array_equal(first, second)
    overlap_of_brains = dice(first > 0, second > 0)
    overlap_of_white_matter = dice(first == WM, second == WM)
    assert overlap_of_brains > 0.9
    assert overlap_of_white_matter > 0.7


def test_subjects_lie_on_one_another() -> None:
    masks = np.asarray(two_subjects().masks)
    check_alike(masks[:4], masks[4:])


def test_subjects_of_different_centres_lie_on_one_another() -> None:
    masks = np.asarray(two_subjects(centre="a").masks)
    masks_of_second = np.asarray(two_subjects(centre="b").masks)
    check_alike(masks[:4], masks_of_second[:4])


@pytest.mark.parametrize(("task", "tissue"), [("wm", WM), ("gm", GM)])
def test_a_task_can_be_a_single_tissue(task: str, tissue: int) -> None:
    tissues = np.asarray(two_subjects().masks)
    masks = np.asarray(two_subjects(task=task).masks)
    assert np.array_equal(masks, tissues == tissue)


def test_slices_are_grouped_by_subject() -> None:
    scans = two_subjects()
    assert scans.groups is not None
    assert list(scans.groups) == list(scans.volumes)
