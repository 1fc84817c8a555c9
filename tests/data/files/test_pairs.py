"""Masks go with their images: by order, by name, by size; groups are never torn apart."""

from pathlib import Path

import numpy as np
import pytest

from harness.components.datasets.own import folder
from harness.data.files import pairs
from harness.data.scans import Scans
from tests.made.volumes import (
    Case,
    box_masks,
    changed_masks,
    check_refusal,
    grey,
    open_own,
    png_series,
    tif_series,
)


def test_a_picture_is_its_own_group_where_nothing_is_said() -> None:
    assert pairs.groups_of(["x", "y"], [], None) == ["x", "y"]


def _turned_masks(path: Path) -> Scans:
    np.save(path / "i.npy", grey())
    np.save(path / "m.npy", box_masks().transpose(1, 2, 0))
    return open_own(f"{path}/i.npy", f"{path}/m.npy")


def _missing_section(path: Path) -> Scans:
    images = tif_series(path / "i", grey())
    masks = tif_series(path / "m", box_masks())
    (path / "i/05.tif").unlink()
    (path / "m/06.tif").unlink()
    return open_own(images, masks)


def _missing_masks(path: Path) -> Scans:
    png_series(path / "i", grey())
    png_series(path / "m", box_masks()[:4])
    return folder("all", path, images=f"{path}/i/*.png", masks=f"{path}/m/*.png")


def _two_masks_of_a_name(path: Path) -> Scans:
    png_series(path / "i", grey())
    png_series(path / "m/a", box_masks())
    png_series(path / "m/b", box_masks())
    return folder("all", path, images=f"{path}/i/*.png", masks=f"{path}/m/*/*.png")


BROKEN: dict[str, tuple[Case, str]] = {
    "masks of another shape": (
        changed_masks(lambda masks: masks[:, :20]),
        r"the masks are 12 x 20 x 56 .* are 12 x 40 x 56",
    ),
    "fewer masks": (changed_masks(lambda masks: masks[:7]), "the masks are 7 x 40 x 56"),
    "masks in another order": (_turned_masks, "in another order; say how each is stored"),
    "a section is missing": (_missing_section, "the numbers differ"),
    "a picture without mask": (
        _missing_masks,
        r"there is no mask .*\(8 of 12 pictures have none\)",
    ),
    "two masks of one name": (_two_masks_of_a_name, "several masks are called s0; say where"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_gets_one_sentence(
    name: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case, pattern = BROKEN[name]
    check_refusal(case, pattern, tmp_path, capfd)
