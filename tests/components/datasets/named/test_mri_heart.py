"""Magnetic resonance imaging of the heart, on small cines of three subjects."""

from pathlib import Path

import numpy as np
import pytest

from harness.data.refused import Refused
from tests.components.datasets.named.files import open_split, write_nifti

TABLE = "211230_M&Ms_Dataset_information_diagnosis_opendataset.csv"
VENDORS = {"A1B2": "A", "C3D4": "B", "E5F6": "A"}


@pytest.fixture
def hearts(tmp_path: Path) -> Path:
    """Three subjects of two vendors; the masks hold a ventricle at the end of the systole."""
    folder = tmp_path / "mnms/OpenDataset"
    lines = ["\ufeff,External code,VendorName,Vendor,Centre,ED,ES"]
    for index, (code, vendor) in enumerate(VENDORS.items()):
        lines.append(f"{index},{code},x,{vendor},1,0,2")
        frames = np.arange(4, dtype=np.int16) * 100
        cine = np.zeros((10, 12 + index, 3, 4), np.int16) + frames
        cine[0] = 0
        mask = np.zeros(cine.shape, np.uint8)
        mask[0, 0, 0, 2] = 3
        subject = folder / "Training/Labeled" / code
        write_nifti(subject / f"{code}_sa.nii.gz", cine)
        write_nifti(subject / f"{code}_sa_gt.nii.gz", mask)
    (folder / TABLE).write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


def test_mnms_phases_and_slices(hearts: Path) -> None:
    train = open_split("mnms", "train", hearts)
    assert len(train) == 2 * 2 * 3
    assert set(train.groups) == {"A1B2", "E5F6"}
    assert train.volumes[3] == "A1B2-ES"
    assert train.images.dtype == np.uint8
    assert train.images[3].max() == 255
    assert train.images[0].max() == 0
    assert train.masks[3].max() == 3
    assert train.masks[0].max() == 0
    assert train.images[0].shape == (12, 10)


def test_mnms_vendors_and_patients(hearts: Path) -> None:
    assert len(open_split("mnms", "train", hearts, vendor=None, patients=1)) == 6
    with pytest.raises(Refused, match=r"no subject of vendor C"):
        open_split("mnms", "train", hearts, vendor="C")
    problem = r"only 1 subjects of vendor B, centre any are here; 16 were asked for"
    with pytest.raises(Refused, match=problem):
        open_split("mnms", "train", hearts, vendor="B", patients=16)
