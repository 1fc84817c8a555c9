"""Magnetic resonance imaging of brains, on small volumes with the tables beside them."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest

from harness.data.refused import Refused
from tests.components.datasets.named.files import open_split, write_nifti


def corners(masks: Any) -> list[int]:
    return [int(mask[0, 0]) for mask in masks]


@pytest.fixture
def fets(tmp_path: Path) -> Path:
    """Six patients of partition 13 and one of partition 14, whose first sections hold all
    labels.
    """
    folder = tmp_path / "fets2021/MICCAI_FeTS2021_TrainingData"
    masks = np.zeros((240, 240, 155), np.uint8)
    masks[0, 0, :4] = 0, 1, 2, 4
    lines = ["Partition_ID,Subject_ID"]
    for number in range(1, 8):
        name = f"FeTS21_Training_{number:03d}"
        partition = 13 if number < 7 else 14
        lines.append(f"{partition},{name}")
        patient = folder / name
        write_nifti(patient / f"{name}_flair.nii", masks * 10)
        write_nifti(patient / f"{name}_seg.nii", masks)
    table = folder / "partitioning_2.csv"
    table.write_text("\n".join(lines))
    return tmp_path


def test_fets_partitions_and_patients(fets: Path) -> None:
    train = open_split("fets2021", "train", fets, partition=13)
    validation = open_split("fets2021", "validation", fets, partition=13)
    test = open_split("fets2021", "test", fets, partition=13)
    train_patients = set(train.groups)
    validation_patients = set(validation.groups)
    test_patients = set(test.groups)
    assert train_patients
    assert validation_patients
    assert test_patients
    assert len(train_patients) + len(validation_patients) + len(test_patients) == 6
    assert not train_patients & test_patients
    with pytest.raises(Refused, match=r"there is no partition 5; it has 13, 14"):
        open_split("fets2021", "all", fets, partition=5)
    with pytest.raises(Refused, match=r"FeTS21_Training_.*_t1.nii.gz or"):
        open_split("fets2021", "all", fets, modality="t1")


def test_fets_regions(fets: Path) -> None:
    whole = open_split("fets2021", "all", fets, partition=14, sections=(0, 4))
    assert corners(whole.masks) == [0, 1, 2, 3]
    assert whole.images.shape == (4, 240, 240)
    tumour = open_split("fets2021", "all", fets, partition=14, task="tumour")
    assert tumour.masks[3].max() == 1


def test_iseg_tissues(tmp_path: Path) -> None:
    folder = tmp_path / "iseg2019/iSeg-2019-Training"
    label = np.zeros((144, 192, 256, 1), np.uint8)
    label[0, 0, :4, 0] = 0, 10, 150, 250
    for number in (8, 9, 10):
        for content in ("T1", "T2", "label"):
            file = folder / f"subject-{number}-{content}.img"
            write_nifti(file, label, nibabel.Spm2AnalyzeImage)
    test = open_split("iseg2019", "test", tmp_path, modality="T2")
    assert test.images.shape == (512, 192, 144)
    assert test.classes == ("background", "csf", "gm", "wm")
    first_masks = test.masks.pick(range(4))
    assert corners(first_masks) == [0, 1, 2, 3]
    white = open_split("iseg2019", "validation", tmp_path, task="wm")
    first_masks = white.masks.pick(range(4))
    assert corners(first_masks) == [0, 0, 0, 1]
    assert white.classes == ("background", "wm")


def scans_of(tmp_path: Path, factor: float, **options: Any) -> Any:
    """Returns the grey values of two subjects, of whom one scanner amplified the second."""
    folder = tmp_path / "iseg2019/iSeg-2019-Training"
    rng = np.random.default_rng(0)
    tissue = rng.integers(100, 1000, (144, 192, 256, 1))
    tissue[:40] = 0
    for number, gain in ((9, 1.0), (10, factor)):
        scan = (tissue * gain).astype(np.float32)
        write_nifti(folder / f"subject-{number}-T1.img", scan, nibabel.Spm2AnalyzeImage)
        label = np.zeros(tissue.shape, np.uint8)
        write_nifti(folder / f"subject-{number}-label.img", label, nibabel.Spm2AnalyzeImage)
    images = open_split("iseg2019", "test", tmp_path, **options).images
    return images[3], images[256 + 3]


def test_each_subject_is_normalised_by_its_own_tissue(tmp_path: Path) -> None:
    first, second = scans_of(tmp_path, 7.5)
    assert first.dtype == np.uint8
    assert np.array_equal(first, second)
    tissue = first[first > 0]
    assert tissue.min() < 5
    assert tissue.max() == 255
    assert 117 < tissue.mean() < 137


def test_scores_of_a_subject_leave_the_outside_at_zero(tmp_path: Path) -> None:
    first, second = scans_of(tmp_path, 3, window="z_score")
    assert first.dtype == np.float32
    assert np.allclose(first, second, atol=1e-4)
    outside = first == 0
    assert outside.any()
    tissue = first[~outside]
    assert -0.05 < tissue.mean() < 0.05
    assert 0.95 < tissue.std() < 1.05


def test_grey_values_are_as_stored_where_that_is_asked_for(tmp_path: Path) -> None:
    first, second = scans_of(tmp_path, 3, window=None)
    assert np.allclose(3 * first, second)


def test_a_subject_is_normalised_by_all_sections_whatever_sections_are_taken(fets: Path) -> None:
    whole = open_split("fets2021", "all", fets, partition=14)
    few = open_split("fets2021", "all", fets, partition=14, sections=(2, 4))
    assert np.array_equal(whole.images[2:4], few.images[:])
    assert whole.images[3].max() == 255
