"""NIfTI: what is damaged, is none, or says too little gets a sentence."""

from pathlib import Path

import nibabel
import numpy as np
import pytest

from harness.data.scans import Scans
from tests.made.volumes import (
    Case,
    check_refusal,
    cut_short,
    grey,
    nifti,
    open_own,
    text_with_suffix,
)


def _save_time_points(folder: Path) -> str:
    """Three time points, each of them 10 brighter than the last."""
    stack = grey().transpose(2, 1, 0).astype(np.int16)
    channels = [stack, stack + 10, stack + 20]
    points = np.stack(channels, axis=-1)
    nibabel.save(nibabel.Nifti1Image(points, np.eye(4)), folder / "a.nii")
    return f"{folder}/a.nii"


def test_a_key_picks_a_time_point(tmp_path: Path) -> None:
    scans = open_own(_save_time_points(tmp_path), key="2")
    expected = grey().astype(np.int16) + 20
    np.testing.assert_array_equal(np.asarray(scans.images), expected)


def _several_time_points(folder: Path) -> Scans:
    return open_own(_save_time_points(folder))


BROKEN: dict[str, tuple[Case, str]] = {
    "cut nifti": (cut_short(nifti, 0.5, ".nii.gz"), "damaged|cut short"),
    "text named .nii": (text_with_suffix(".nii"), "no NIfTI"),
    "several time points": (_several_time_points, "it holds 3 time points .*key: '0' to '2'"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_gets_one_sentence(
    name: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case, pattern = BROKEN[name]
    check_refusal(case, pattern, tmp_path, capfd)
