"""The numbers of a report have sensible digits."""

import pytest

from harness.judge.sentences import number, p_value

WRITTEN_NUMBERS = [
    (0.71234, 0.04, "0.712"),
    (-0.0004, 0.01, "−0.0004"),
    (float("nan"), 1, "–"),
    (float("inf"), 1, "∞"),
    (1234.5, 100, "1234"),
    (0.0, 0.1, "0.000"),
]


@pytest.mark.parametrize(("value", "width", "expected"), WRITTEN_NUMBERS)
def test_numbers_have_the_digits_that_they_deserve(
    value: float,
    width: float,
    expected: str,
) -> None:
    assert number(value, width) == expected


def test_p_values_are_never_zero() -> None:
    values = (0.0, 0.0123, 0.5, 1.0, float("nan"))
    assert [p_value(p) for p in values] == ["p < .001", "p = .012", "p = .50", "p = 1", "no p"]
