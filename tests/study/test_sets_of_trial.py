"""A data set inside a setting may be that of the trial's fit, whatever that is at each position."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.spec.values import Trial
from tests.made.fits import small_trial
from tests.made.outside import folder_of_components, write_component
from tests.made.study_files import loaded_study, problem_text

NEAREST = '''
from harness.components.picks import pick
from harness.spec.options import Dataset


@pick
def nearest(net, data, *, images: Dataset):
    """Learns from images that it names."""
'''
CROSSED = """
name: crossed
seeds: 2
base:
  fit:
    net: {arch: tiny_unet}
  pick: {name: nearest, images: fit.adapt_to}
  prepare:
    - name: translate
      by:
        train_on: fit.train_on
        adapt_to: fit.adapt_to
        net: {arch: resnet_generator, width: 2}
        method: cut
        seed: trial
  test_on: fit.adapt_to
zip:
  fit.train_on: [{name: phantom, style: lucchi}, {name: phantom, style: vnc}]
  fit.adapt_to: [{name: phantom, style: snemi}, {name: phantom, style: lucchi}]
"""


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "nearest.py", NEAREST)
        yield


def sets_of(trial: Trial) -> list[tuple[str, str]]:
    """The style and the split of every data set that a trial names, from the source on."""
    translator = trial.prepare[0].options["by"]
    parts = [trial.fit.train_on, translator.train_on, translator.adapt_to]
    parts += [trial.pick.options["images"], trial.test_on]
    return [(part.options["style"], part.options["split"]) for part in parts]


def test_each_position_has_the_data_sets_of_its_own_fit(tmp_path: Path) -> None:
    cells = loaded_study(tmp_path, CROSSED).cells
    for cell, own, target in zip(cells, ("lucchi", "vnc"), ("snemi", "lucchi"), strict=False):
        assert sets_of(cell.trial) == [
            (own, "train"),
            (own, "train"),
            (target, "train"),
            (target, "train"),
            (target, "test"),
        ]
    seeds = [cell.trial.prepare[0].options["by"].seed for cell in cells]
    assert seeds == [0, 0, 1, 1]


def test_a_trial_outside_a_study_has_them_too() -> None:
    vnc = {"name": "phantom", "style": "vnc", "slices": 4, "size": 48}
    pick = {"name": "nearest", "images": "fit.adapt_to"}
    trial = small_trial(fit={"adapt_to": vnc}, pick=pick, test_on="fit.adapt_to")
    assert trial.pick.options["images"].options["style"] == "vnc"
    assert (trial.test_on.options["style"], trial.test_on.options["split"]) == ("vnc", "test")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            "fit.adapt_to: [{name: phantom, style: snemi}",
            "fit.adapt_to: [null",
            "pick.images: stands for fit.adapt_to, and the trial names no data set there",
        ),
        (
            "[{name: phantom, style: lucchi}, ",
            "[fit.train_on, ",
            "fit.train_on: stands for fit.train_on, and the trial names no data set there",
        ),
    ],
)
def test_a_set_that_the_trial_does_not_name_is_refused(
    tmp_path: Path, before: str, after: str, expected: str
) -> None:
    text = CROSSED.replace(before, after)
    assert text != CROSSED
    assert expected in problem_text(tmp_path, text)
