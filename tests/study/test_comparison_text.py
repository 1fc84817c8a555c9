"""A comparison as a line of a terminal."""

import re
from typing import Any

import pytest

from harness.study.comparison_text import read_comparison_text


@pytest.mark.parametrize(
    ("line", "entry"),
    [
        (
            "dice by init against random, unit seed",
            {"metric": "dice", "by": "init", "against": "random", "unit": "seed"},
        ),
        (
            "dice over shots, unit fold, margin 0.01, paired false",
            {"metric": "dice", "trend": "shots", "unit": "fold", "margin": 0.01, "paired": False},
        ),
        (
            "dice by init, within style and net, where set is a or b, unit image",
            {
                "metric": "dice",
                "by": "init",
                "within": ["style", "net"],
                "where": {"set": ["a", "b"]},
                "unit": "image",
            },
        ),
    ],
)
def test_a_line_is_an_entry_of_compare(line: str, entry: dict[str, Any]) -> None:
    name = line.split(",")[0]
    assert read_comparison_text(line) == {"name": name, **entry}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("dice", "'dice' should read like 'dice by init against random, unit seed'"),
        ("dice by init, unot seed", "did you mean 'unit'?"),
        ("dice by init, unit", "'unit' needs a value behind it"),
        ("dice by init, unit seed, unit fold", "'unit' is said twice"),
        ("dice by init, where style, unit seed", "should read like 'where style is lucchi'"),
    ],
)
def test_what_is_no_comparison_is_said(line: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        read_comparison_text(line)
