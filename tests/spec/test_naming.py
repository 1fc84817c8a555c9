"""One name for a value, wherever it is written."""

from typing import Any

import numpy as np
import pytest

from harness.spec.enclosing import Enclosing
from harness.spec.naming import level_meant, level_name, level_of_text, short_names
from harness.spec.parse import read_part

NAMES = [
    (1, "1"),
    (1.0, "1"),
    (0.5, "0.5"),
    (np.float64(2), "2"),
    (True, "true"),
    (None, "none"),
    (float("nan"), "none"),
    ("random", "random"),
    ([], "none"),
    (["flips", "noise"], "flips+noise"),
    ({"name": "blur", "strength": 1.0}, "blur(strength=1)"),
    ({"arch": "unet"}, "unet"),
    ({"name": "blur", "strength": 1.0, "label": "soft"}, "soft"),
]


@pytest.mark.parametrize(("value", "name"), NAMES)
def test_a_value_has_one_name(value: Any, name: str) -> None:
    assert level_name(value) == name


def test_a_component_is_named_by_what_is_not_at_its_default() -> None:
    part = read_part("init", {"name": "file", "path": "a.safetensors"}, (), [], Enclosing())
    assert level_name(part) == "file(path=a.safetensors)"
    assert level_name([part, "b"]) == "file(path=a.safetensors)+b"


def test_a_text_stands_for_a_level() -> None:
    assert level_of_text("1.0") == "1"
    assert level_of_text("1e-3") == "0.001"
    assert level_of_text("007") == "007"
    assert level_of_text("blur(sigma=2.0)") == "blur(sigma=2)"


def test_a_level_is_meant_in_full_as_a_number_or_by_its_bare_name() -> None:
    levels = ["blur(strength=1)", "noise(strength=1)", "noise(strength=2)", "1"]
    assert level_meant("blur(strength=1)", levels) == "blur(strength=1)"
    assert level_meant("1.0", levels) == "1"
    assert level_meant("blur", levels) == "blur(strength=1)"
    assert level_meant("noise", levels) is None


def test_short_names_still_tell_levels_apart() -> None:
    assert short_names(["blur(strength=1)", "noise(p=1)", "noise(p=2)"]) == {
        "blur(strength=1)": "blur",
        "noise(p=1)": "noise p 1",
        "noise(p=2)": "noise p 2",
    }
    assert short_names(["0.5", "true"], "perturb.strength") == {
        "0.5": "strength 0.5",
        "true": "strength true",
    }
