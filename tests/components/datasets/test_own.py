"""The options of the user's own data sets are the schema of a study file; a sheet shows them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.data.preview import contact_sheet
from harness.spec.catalogue import catalogue
from harness.spec.options import plain_value
from tests.made.volumes import open_own

VALUES_THAT_FIT = [
    ("splits", {"train": [0, 12]}),
    ("window", [0, 4095]),
    ("classes", {"cell": 3}),
]
VALUES_THAT_DO_NOT_FIT = [
    ("axes", "zxyz"),
    ("labels", "binry"),
    ("window", "imge"),
    ("splits", {"train": [0, 1, 2]}),
]


@pytest.mark.parametrize(("option", "value"), VALUES_THAT_FIT)
def test_a_value_that_fits_is_taken(option: str, value: Any) -> None:
    own = catalogue("dataset")["volume"]
    type_of_option = own.options[option].type
    assert plain_value(type_of_option, value) == value


def test_images_must_be_named() -> None:
    own = catalogue("dataset")["volume"]
    assert repr(own.options["images"].default) == "required"


@pytest.mark.parametrize(("option", "value"), VALUES_THAT_DO_NOT_FIT)
def test_a_value_that_does_not_fit_is_refused(option: str, value: Any) -> None:
    own = catalogue("dataset")["volume"]
    type_of_option = own.options[option].type
    with pytest.raises(ValueError, match=r"should|is not one of|imge"):
        plain_value(type_of_option, value)


def test_the_contact_sheet_shows_objects_colours_and_ignored_pixels(tmp_path: Path) -> None:
    images = str(tmp_path / "i.npy")
    masks = str(tmp_path / "m.npy")
    np.save(images, np.zeros((3, 20, 30), np.uint16) + 500)
    objects = np.zeros((3, 20, 30), np.int32)
    objects[:, :5] = -1
    objects[:, 10:15, :10] = 1
    objects[:, 10:15, 20:] = 2
    np.save(masks, objects)
    scans = open_own(images, masks, labels="instances", ignore=-1)
    sheet = np.asarray(contact_sheet(scans, width=30, columns=1))
    colours = {tuple(colour) for colour in sheet.reshape(-1, 3).tolist()}
    assert (127, 0, 127) in colours
    assert (230, 159, 0) in colours
    assert (86, 180, 233) in colours
    assert contact_sheet(open_own(images)).height > 60
