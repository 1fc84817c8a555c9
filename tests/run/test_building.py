"""What cannot work once it runs is found by building it without weights, each at its place."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tifffile

from harness.run.building import build_key, check_building, without_seeds
from harness.run.fingerprints import with_fingerprints
from harness.store import Home
from harness.study.marks import Mistakes
from harness.study.places import problem_of_trial
from tests.cli.test_cli import call
from tests.made.outside import folder_of_components, write_component
from tests.made.studies import TINY, plan_of
from tests.made.study_files import loaded_study

SMALL = "{name: phantom, slices: 4, size: 64}"
BASE = """
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 64}
    net: {arch: tiny_unet, width: 2}
    patch: 32
"""
OTHER_NET = f"""    init:
      name: trained
      fit: {{train_on: {SMALL}, net: {{arch: tiny_unet, width: 4}}, patch: 32}}
"""

CASES = {
    "a patch larger than the images": (
        BASE.replace("patch: 32", "patch: 128"),
        ("fit", "patch"),
        "128 is larger than the smallest image of phantom(slices=4, size=64), 64 x 64; take a "
        "patch of at most 64",
    ),
    "a start from another architecture": (
        BASE + OTHER_NET,
        ("fit", "init"),
        "the other network differs at",
    ),
    "an encoder without the stride that is pruned": (
        BASE.replace("tiny_unet, width: 2", "unet, encoder: mit_b0, prune: [1]"),
        ("fit", "net"),
        "mit_b0 has no features at a stride of 2, and so no skip 1",
    ),
    "a layer that is not there, perturbed": (
        BASE + "  perturb: {name: dropout, layer: bottlenek, strength: 0.5}\n",
        ("perturb", "layer"),
        "has no layer 'bottlenek'; there is encoder_0",
    ),
    "a layer that is not there, looked at": (
        BASE + "  probes: [{name: shift, against: " + SMALL + ", layers: [bottom]}]\n",
        ("probes", 0, "layers", 0),
        "has no layer 'bottom'; there is encoder_0",
    ),
    "other channels in the test": (
        BASE + "  test_on: {name: malaria, images: 4, size: 64}\n",
        ("test_on",),
        "has 3 channels, and the network was trained on phantom(slices=4, size=64), which has "
        "1 channel",
    ),
    "other classes in the test": (
        BASE + "  test_on: {name: fibres, slices: 4, size: 64}\n",
        ("test_on",),
        "has the classes matrix, fibre, pore, and the network learned background, mitochondrion",
    ),
    "more folds than images": (
        BASE + "    fold: [0, 9]\n",
        ("fit", "fold"),
        "9 folds of 4 images; take fewer folds",
    ),
    "more shots than images": (
        BASE + "    shots: 9\n",
        ("fit", "shots"),
        "9 shots of 4 images; take fewer shots",
    ),
    "a network whose output has another size": (
        BASE.replace("tiny_unet, width: 2", "halving"),
        ("fit", "net"),
        "halving gives (1, 1, 16, 16) instead of logits (1, 1, 32, 32) (",
    ),
    "a network that answers nothing": (
        BASE.replace("tiny_unet, width: 2", "silent"),
        ("fit", "net"),
        "silent gives a NoneType instead of logits (1, 1, 32, 32) (",
    ),
    "a translator whose patch is larger than its images": (
        BASE
        + f"""  prepare:
    - name: translate
      by:
        train_on: {SMALL}
        adapt_to: {SMALL[:-1]}, seed: 1}}
        net: {{arch: resnet_generator, width: 2, blocks: 1}}
        method: {{name: cut, layers: [0]}}
        patch: 128
""",
        ("prepare", 0),
        "128 is larger than the smallest image of phantom(slices=4, size=64), 64 x 64",
    ),
    "weights of another name": (
        BASE.replace("tiny_unet, width: 2", "unet, encoder: resnet18")
        + "    init: {name: imagenet, weights: swag}\n",
        ("fit", "init"),
        "resnet18 has no 'swag'; there is imagenet, ssl, swsl",
    ),
    "a network that cannot be built": (
        BASE.replace("tiny_unet, width: 2", "broken"),
        ("fit", "net"),
        "broken cannot be built: RuntimeError: no such thing",
    ),
}

NETS = '''"""Networks that answer wrongly, for a test."""

import torch
from torch import nn

from harness.components.nets import net


class Silent(nn.Module):
    """Answers nothing."""

    def forward(self, images: torch.Tensor) -> None:
        return None


@net(multiple=2)
def halving(channels: int, classes: int) -> nn.Module:
    """Answers half as large."""
    return nn.Conv2d(channels, classes, 2, stride=2)


@net(multiple=2)
def silent(channels: int, classes: int) -> nn.Module:
    """Answers nothing."""
    return Silent()


@net(multiple=2)
def broken(channels: int, classes: int) -> nn.Module:
    """Cannot be built."""
    raise RuntimeError("no such thing")
'''


@pytest.fixture
def nets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Networks of a person's own that answer wrongly."""
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "wrong.py", NETS)
        yield folder


@pytest.mark.parametrize("case", CASES)
def test_what_cannot_work_is_found_before_it_runs(home: Home, nets: Path, case: str) -> None:
    from harness.measure.dry_build import DryBuild

    text, steps, expected = CASES[case]
    study = loaded_study(home.folder, text)
    problems = DryBuild(home).problems(study.cells[0].trial)
    assert [problem[0] for problem in problems] == [steps], problems
    assert expected in problems[0][1]
    assert str(problem_of_trial(study, *problems[0])).startswith(f"{home.folder}/s.yaml:")


def test_what_works_is_built(home: Home) -> None:
    from harness.measure.dry_build import DryBuild

    text = BASE + "  perturb: {name: dropout, layer: bottleneck, strength: 0.0}\n"
    study = loaded_study(home.folder, text)
    assert DryBuild(home).problems(study.cells[0].trial) == []
    assert list(home.folder.iterdir()) == [home.folder / "s.yaml"]


def test_images_without_masks_are_no_test_of_masks(home: Home) -> None:
    from harness.measure.dry_build import DryBuild

    rng = np.random.default_rng(0)
    stack = rng.integers(0, 255, (4, 64, 64), dtype=np.uint8)
    tifffile.imwrite(home.folder / "bare.tif", stack, photometric="minisblack")
    text = BASE + "  test_on: {name: volume, images: bare.tif, split: all}\n"
    study = with_fingerprints(loaded_study(home.folder, text), home)
    ((steps, sentence),) = DryBuild(home).problems(study.cells[0].trial)
    assert steps == ("probes", 0)
    assert sentence.startswith("segmentation needs masks, and test_on volume(")


def test_seeds_share_what_is_built(home: Home) -> None:
    study = loaded_study(home.folder, BASE + "seeds: 3\n")
    assert len({build_key(cell.trial) for cell in study.cells}) == 1
    wider = loaded_study(home.folder, BASE.replace("width: 2", "width: 3"))
    assert build_key(wider.cells[0].trial) != build_key(study.cells[0].trial)


def test_seeds_are_left_out_of_plain_values() -> None:
    assert without_seeds({"a": [{"seed": 1, "b": 2}]}) == {"a": [{"b": 2}]}


def test_a_plan_builds_in_a_process_of_its_own_and_notes_what_it_built(home: Home) -> None:
    file = home.folder / "tiny.yaml"
    file.write_text(TINY.replace("patch: 32", "patch: 64"))
    with pytest.raises(Mistakes, match=r"tiny\.yaml:11:12: fit\.patch: 64 is larger than"):
        check_building(plan_of(file, home), home)
    assert not home.hidden.exists()
    file.write_text(TINY)
    home.hidden.mkdir()
    assert check_building(plan_of(file, home), home).note == ""
    before = (home.hidden / "built.json").stat().st_mtime_ns
    assert check_building(plan_of(file, home), home).note == ""  # nothing is built again
    assert (home.hidden / "built.json").stat().st_mtime_ns == before


def test_a_network_that_kills_its_process_is_a_sentence(home: Home, nets: Path) -> None:
    write_component(nets, "wrong.py", NETS.replace('raise RuntimeError("no such thing")', KILL))
    file = home.folder / "tiny.yaml"
    file.write_text(TINY.replace("arch: tiny_unet, slices: 3, width: 2", "arch: broken"))
    note = check_building(plan_of(file, home), home).note
    assert "not built before it runs: the worker ended without an answer (killed by SIG" in note


KILL = "import os; os.abort()"


def test_the_command_says_what_cannot_be_built_unless_it_shall_not(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARNESS_NO_BUILD")
    file = home.folder / "tiny.yaml"
    file.write_text(TINY.replace("patch: 32", "patch: 64"))
    code, out, err = call("plan", str(file))
    assert (code, out) == (2, "")
    assert err.startswith(f"{file}:11:12: fit.patch: 64 is larger than the smallest image of")
    assert call("plan", str(file), "--no-build")[0] == 0
