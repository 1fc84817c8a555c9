"""Types as words: what a value must be, how it reads, and the fields of a dataclass as options."""

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from harness.spec.options import (
    REQUIRED,
    Count,
    Fraction,
    Init,
    Saliency,
    options_of,
    plain_value,
    readable,
)


@dataclass(frozen=True)
class Entry:
    """An entry of a study file."""

    name: str
    levels: list[str] = field(default_factory=list)
    from_: str = ""
    share: Fraction | None = None


def test_the_fields_of_a_dataclass_are_options() -> None:
    options = options_of(Entry)
    assert list(options) == ["name", "levels", "from", "share"]
    assert options["name"].default is REQUIRED
    assert repr(REQUIRED) == "required"
    assert options["levels"].default == []
    assert options["from"].name == "from_"
    assert options["share"].type == Fraction | None


READABLE = [
    (Count, "count"),
    (Fraction | None, "fraction | null"),
    (Literal["mean", "median"], "mean | median"),
    (list[Saliency], "list of saliency"),
    (tuple[int, ...], "tuple of int, ..."),
    (Init, "init"),
    (float, "float"),
]


@pytest.mark.parametrize(("annotation", "text"), READABLE)
def test_a_type_reads_as_a_word(annotation: Any, text: str) -> None:
    assert readable(annotation) == text


def test_a_whole_number_passes_for_a_float() -> None:
    value = plain_value(Fraction, 1)
    assert value == 1.0
    assert type(value) is float


REFUSED = [
    (Count, 0, "0: should be greater than or equal to 1"),
    (Count, True, "True: should be a valid integer"),
    (
        Literal["mean", "median"],
        "meen",
        "'meen' is not one of mean, median; did you mean 'mean'?",
    ),
    (str, object(), "is not a plain value"),
]


@pytest.mark.parametrize(("annotation", "value", "sentence"), REFUSED)
def test_a_wrong_value_is_refused_in_a_sentence(annotation: Any, value: Any, sentence: str) -> None:
    with pytest.raises(ValueError) as refusal:  # noqa: PT011  the sentence is compared
        plain_value(annotation, value)
    assert sentence in str(refusal.value)
