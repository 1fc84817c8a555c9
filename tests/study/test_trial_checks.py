"""Mistakes that show only in a whole trial, each where the file says what is wrong."""

from pathlib import Path

import pytest

from tests.made.study_files import BASE, loaded_study, problem_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "grid:\n  fit.patch: [100]\n",
            "s.yaml:7:3: fit.patch: tiny_unet cannot take 100 x 100 patches; 96 or 104 would do",
        ),
        (
            "  test_on: {name: phantom, style: lucchi, split: train}\n",
            "s.yaml:6:12: test_on: tests on 'train' of phantom, which it is trained on; "
            "take another split",
        ),
        (
            "  test_on: {name: phantom, style: lucchi, split: all}\n",
            "test_on: tests on 'all' of phantom, which it is trained on",
        ),
        (
            "    init: photos\n",
            "s.yaml:6:11: fit.init: photos sets an encoder's weights, "
            "and tiny_unet has no `encoder`; take unet, say",
        ),
    ],
)
def test_a_trial_that_is_wrong_as_a_whole_is_a_mistake(
    tmp_path: Path,
    text: str,
    expected: str,
) -> None:
    assert expected in problem_text(tmp_path, BASE + text)


def test_another_split_or_another_set_may_be_tested_on(tmp_path: Path) -> None:
    test_sets = "{name: phantom, style: lucchi, split: validation}, {name: phantom, style: vnc}"
    text = f"{BASE}grid:\n  test_on: [{test_sets}]\n"
    assert len(loaded_study(tmp_path, text).cells) == 2
