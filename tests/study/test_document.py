"""YAML becomes plain values, and what is no YAML, or too much of it, is refused with its place."""

from pathlib import Path

import pytest

from harness.study.document import parse
from harness.study.marks import KEY
from harness.study.scalars import scalar
from tests.made.study_files import BASE, loaded_study, problem_text, problems_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2\n", "s.yaml:2:1: a: written twice; first at line 1"),
        (
            "a: !!python/object:x {}\n",
            "s.yaml:1:4: a: the tag 'tag:yaml.org,2002:python/object:x' is not allowed",
        ),
        ("", "s.yaml:1:1: the file is empty"),
        ("- 1\n", "s.yaml:1:1: the file is not a mapping of names to values"),
        ("a: 1\n---\nb: 2\n", "s.yaml:2:1: a second document starts here; a study file holds one"),
        (b"a: \xff\n", "s.yaml:1:4: byte 0xff is not UTF-8; save the file as UTF-8"),
        ("a: [1\n", "s.yaml:2:1: not YAML: did not find expected ',' or ']'"),
        ("a: " + "[" * 3000, "nested deeper than 64"),
        ("a: *b\n", "s.yaml:1:4: a: the alias *b has no anchor before it"),
        ("a: {<<: 1}\n", "s.yaml:1:5: a: merge keys are not allowed; use extends, or an alias"),
        ("? [a, b]\n: 1\n", "s.yaml:1:3: a key must be a plain name"),
    ],
)
def test_a_text_that_is_no_mapping_is_refused_with_its_place(
    tmp_path: Path,
    text: str | bytes,
    expected: str,
) -> None:
    assert expected in problem_text(tmp_path, text)


def test_an_alias_bomb_is_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    for i in range(1, 9):
        aliases = ", ".join([f"*a{i - 1}"] * 10)
        lines.append(f"a{i}: &a{i} [{aliases}]")
    assert "aliases expand to more than" in problems_of(tmp_path, "\n".join(lines))[0]


def test_a_large_file_is_refused(tmp_path: Path) -> None:
    text = "a: " + "x" * 1_000_001
    assert "a study file has at most 1,000,000" in problems_of(tmp_path, text)[0]


def test_an_alias_repeats_a_value_and_its_marks() -> None:
    document = parse("a: &x {b: [1, 2]}\nc: *x\n", "f")
    assert document.value == {
        "a": {"b": [1, 2]},
        "c": {"b": [1, 2]},
    }
    second_item = document.mark(("a", "b", 1))
    assert str(second_item) == "f:1:15"
    repeated_item = document.mark(("c", "b", 1))
    assert str(repeated_item) == "f:1:15"
    alias_key = document.mark(("c", KEY))
    assert str(alias_key) == "f:2:1"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1_000", 1000),
        ("true", True),
        ("no", "no"),
        ("~", None),
        ("0x10", "0x10"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_a_plain_scalar_is_that_of_yaml_1_2(text: str, value: object) -> None:
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_yaml_scalars_are_those_of_yaml_1_2(tmp_path: Path) -> None:
    text = BASE + "    method: {name: supervised, lr: 1e-3}\n"
    fit = loaded_study(tmp_path, text).cells[0].trial.fit
    assert fit.method.options["lr"] == 0.001
    text = BASE + "    channels_last: no\n"
    assert "'no': should be a valid boolean" in problems_of(tmp_path, text)[0]
