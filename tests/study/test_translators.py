"""Fits that translate images, and fits that segment them, are told apart before anything runs."""

from pathlib import Path

import pytest

from tests.made.outside import folder_of_components, write_component
from tests.made.study_files import BASE, loaded_study, problem_text

NEAREST = '''
from harness.components.picks import pick
from harness.spec.options import Dataset


@pick
def nearest(net, data, *, images: Dataset):
    """Learns from images that it names."""
'''
TESTED = "  test_on: {name: phantom, style: vnc}\n"
GENERATOR = "{arch: resnet_generator, width: 2, blocks: 1}"
ADAPTED = "adapt_to: {name: phantom, style: vnc}"
TRANSLATOR = (
    f"{{train_on: {{name: phantom, style: lucchi}}, {ADAPTED}, net: {GENERATOR}, method: %s}}"
)
SEGMENTER = "{train_on: {name: phantom, style: lucchi}, net: tiny_unet}"
TRANSLATED = TESTED + "  prepare: [{name: translate, by: %s, pick: %s}]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f"    {ADAPTED}\n    method: cut\n",
            "fit.method: cut needs a network that translates images; tiny_unet makes labels, take",
        ),
        (
            TRANSLATED % (SEGMENTER, "last"),
            "prepare.0: translate needs a network that translates images; tiny_unet makes labels",
        ),
        (
            TRANSLATED % (TRANSLATOR % "supervised", "last"),
            "fit.method: supervised is of labels, and resnet_generator translates images",
        ),
        (
            TRANSLATED % (TRANSLATOR % "cut", "source_validation"),
            "fit.pick: source_validation is of labels, and resnet_generator translates images",
        ),
        (
            f"  pick: {{name: through, by: {SEGMENTER}, score: source_validation}}\n",
            "pick: through needs a network that translates images; tiny_unet makes labels",
        ),
    ],
)
def test_what_translates_and_what_segments_are_told_apart(
    tmp_path: Path, text: str, expected: str
) -> None:
    assert expected in problem_text(tmp_path, BASE + text)


def test_a_translator_is_not_tested_as_a_segmenter(tmp_path: Path) -> None:
    net = BASE.replace("{arch: tiny_unet}", GENERATOR)
    text = f"{net}    {ADAPTED}\n    method: cut\n"
    expected = "fit.net: resnet_generator translates images and makes no labels to test"
    assert expected in problem_text(tmp_path, text)


def test_a_pick_may_choose_a_translator_by_a_segmenter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "nearest.py", NEAREST)
        _check_pick_by_a_segmenter(tmp_path)


def _check_pick_by_a_segmenter(tmp_path: Path) -> None:
    """Checks whose epoch each pick is of, and that its images are not tested on."""
    nearest = "{name: nearest, images: {name: phantom, style: vnc%s}}"
    through = f"{{name: through, by: {SEGMENTER}, score: {nearest}}}"
    text = BASE + TRANSLATED % (TRANSLATOR % "cut", through)
    trial = loaded_study(tmp_path, text % "").cells[0].trial
    translator = trial.prepare[0].options["by"]
    picks = [pick.name for fit, pick in trial.upstream if fit.key == translator.key]
    assert picks == ["through"]
    segmenters = [pick.name for fit, pick in trial.upstream if fit.key == trial.fit.key]
    assert segmenters == ["last", "last"]  # of the pick, and the trial's own
    assert "adapts to 'test' of phantom" in problem_text(tmp_path, text % ", split: test")


def test_what_an_oracle_picked_the_epoch_of_says_so_in_its_label(tmp_path: Path) -> None:
    oracle = "{name: oracle, images: {name: phantom, style: vnc}}"
    through = f"{{name: through, by: {SEGMENTER}, score: {oracle}}}"
    text = BASE + TRANSLATED % (TRANSLATOR % "cut", through)
    labelled = text.replace("name: translate, ", "name: translate, label: %s, ")
    assert loaded_study(tmp_path, labelled % "CUT by an oracle").cells
    expected = "prepare.0.label: 'CUT' sees labels of the target (oracle=True), so its name has to"
    assert expected in problem_text(tmp_path, labelled % "CUT")
