"""The options of the user's own data sets are the schema of a study file."""

from typing import Any

import pytest

from harness.spec.catalogue import catalogue
from harness.spec.options import plain_value


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("splits", {"train": [0, 12]}),
        ("window", [0, 4095]),
        ("classes", {"cell": 3}),
    ],
)
def test_a_value_that_fits_is_taken(option: str, value: Any) -> None:
    own = catalogue("dataset")["volume"]
    assert plain_value(own.options[option].type, value) == value


def test_images_must_be_named() -> None:
    own = catalogue("dataset")["volume"]
    assert repr(own.options["images"].default) == "required"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("axes", "zxyz"),
        ("labels", "binry"),
        ("window", "imge"),
        ("splits", {"train": [0, 1, 2]}),
    ],
)
def test_a_value_that_does_not_fit_is_refused(option: str, value: Any) -> None:
    own = catalogue("dataset")["volume"]
    with pytest.raises(ValueError, match=r"should|is not one of|imge"):
        plain_value(own.options[option].type, value)
