"""Study files that nobody should write: a sentence with the place, what was found and what to do.

Each was once a traceback, a hang, or a plan that failed only when it ran.
"""

import os
import time
from pathlib import Path

import pytest

from harness.data.files.open import volume
from harness.data.refused import Refused
from tests.cli.test_cli import call
from tests.made.study_files import BASE, loaded_study, problem_text

LONGEST = 2.0  # seconds until an answer
LARGE = 1_000_000_000
TABLE = "tables:\n  - {name: t, unit: seed, rows: [fit.init], metrics: [dice], published: %s}\n"
LABELS = "grid:\n  fit.init: [{name: random, label: %s}, photos]\n"


def network(options: str) -> str:
    """The base with options of the network."""
    return BASE.replace("arch: tiny_unet", f"arch: tiny_unet, {options}")


CASES = {
    "a base that is a list": ("base: [1]\n", "s.yaml:1:7: should be a mapping"),
    "a fit that is a word": ("base: {fit: x}\n", "s.yaml:1:13: fit: 'x' should be a mapping of"),
    "a name alone": ("name: x\n", "s.yaml:1:1: fit: fit.train_on is missing"),
    "a superscript in the path of an axis": (
        BASE + "grid:\n  probes.²: [1]\n",
        "s.yaml:7:13: probes.²: segmentation takes no",
    ),
    "a superscript in a rule": (
        BASE + "exclude: [{probes.²: 1}]\n",
        "s.yaml:6:12: exclude.0.probes.²: no trial has it",
    ),
    "a number of seeds": (
        BASE + f"seeds: {LARGE}\n",
        "s.yaml:6:8: seeds: 1,000,000,000 is too many; a grid has at most 200,000 positions",
    ),
    "a number of folds": (
        BASE + f"folds: {LARGE}\n",
        "s.yaml:6:8: folds: 1,000,000,000 is too many; a grid has at most 200,000 positions",
    ),
    "seeds and folds that cross": (
        BASE + "seeds: 5000\nfolds: 4000\n",
        "s.yaml:6:8: seeds: the grid has 20,000,000 positions, of which this axis has 5,000; "
        "shorten it",
    ),
    "a NUL in extends": (
        'extends: "a\\0b"\n',
        "s.yaml:1:10: extends: holds the control character '\\x00'; take it out",
    ),
    "a long path in extends": (
        f"extends: {'a' * 5000}\n",
        "s.yaml:1:10: extends: is a path of 5,000 bytes; shorten it to 4,096",
    ),
    "a long name in extends": (
        f"extends: {'a' * 300}\n",
        "s.yaml:1:10: extends: has a name of 300 bytes in its path; shorten it to 255",
    ),
    "a long path of components": (
        BASE + f"components: [{'a' * 5000}]\n",
        "s.yaml:6:14: components.0: is a path of 5,000 bytes; shorten it to 4,096",
    ),
    "a device as folder of components": (
        BASE + "components: [/dev/zero]\n",
        "s.yaml:6:14: components.0: no folder /dev/zero",
    ),
    "a NUL in published": (
        BASE + TABLE % '"a\\0b"',
        "s.yaml:7:73: tables.0.published: holds the control character '\\x00'; take it out",
    ),
    "a long path in published": (
        BASE + TABLE % ("a" * 5000),
        "s.yaml:7:73: tables.0.published: is a path of 5,",
    ),
    "a device as published table": (
        BASE + TABLE % "/dev/zero",
        "s.yaml:7:73: tables.0.published: /dev/zero cannot be read: it is a pipe or a device; "
        "copy it into a file",
    ),
    "a pipe as published table": (BASE + TABLE % "pipe.csv", "it is a pipe or a device; copy it"),
    "a unit separator in a label": (
        BASE + LABELS % '"a\\x1fb"',
        "s.yaml:7:36: grid.fit.init.0.label: holds the control character '\\x1f'; take it out",
    ),
    "a control character in a key": (
        BASE + '"a\\x1fb": 1\n',
        "s.yaml:6:1: holds the control character '\\x1f'; take it out",
    ),
    "an empty label": (
        BASE + LABELS % '" "',
        "s.yaml:7:36: fit.init.label: is empty; say how people call it, or leave it out",
    ),
    "a long label": (
        BASE + LABELS % ("a" * 5000),
        "s.yaml:7:36: fit.init.label: has 5,000 characters; shorten it to 200",
    ),
    "two levels with one label": (
        BASE + "grid:\n  fit.init: [{name: random, label: a}, {name: photos, label: a}]\n",
        "an earlier level of this axis is called 'a' too",
    ),
    "an empty name": (
        'name: ""\n' + BASE,
        "s.yaml:1:7: name: is empty; say what the study is called",
    ),
    "a long name": (
        f"name: {'n' * 400}\n" + BASE,
        "s.yaml:1:7: name: has 400 bytes; shorten it to 200, so that files can be called so",
    ),
    "a name of two lines": (
        'name: "a\\nb"\n' + BASE,
        "s.yaml:1:7: name: 'a\\nb' should be one line",
    ),
    "a large patch": (
        BASE + f"    patch: {LARGE}\n",
        "s.yaml:6:12: fit.patch: 1,000,000,000 is too large; take at most 16,384",
    ),
    "a large patch on an axis": (
        BASE + f"grid:\n  fit.patch: [64, {LARGE}]\n",
        "s.yaml:7:3: fit.patch: 1,000,000,000 is too large; take at most 16,384",
    ),
    "a large batch": (
        BASE + f"    batch: {LARGE}\n",
        "s.yaml:6:12: fit.batch: 1,000,000,000 is too large; take at most 65,536",
    ),
    "a batch of large patches": (
        BASE + "    batch: 60000\n    patch: 8192\n",
        "s.yaml:6:12: fit.batch: a batch of 60,000 patches of 8,192 x 8,192 has",
    ),
    "many steps": (
        BASE + f"    steps: {LARGE}\n",
        "s.yaml:6:12: fit.steps: 1,000,000,000 is too large; take at most 10,000,000",
    ),
    "a large seed": (
        BASE + "seeds: [10000000000]\n",
        "s.yaml:6:8: seeds: 10,000,000,000 is too large; take at most 4,294,967,295",
    ),
    "many classes": (network(f"classes: {LARGE}"), "fit.net.classes: 1,000,000,000 is too large"),
    "one class": (network("classes: 1"), "fit.net.classes: one class leaves nothing to tell apart"),
    "a wide network": (network(f"width: {LARGE}"), "fit.net.width: 1,000,000,000 is too large"),
    "a large image": (
        BASE.replace("style: lucchi", f"style: lucchi, size: {LARGE}"),
        "fit.train_on.size: 1,000,000,000 is too large; take at most 16,384",
    ),
    "many large images": (
        BASE.replace("style: lucchi", "style: lucchi, size: 16384, slices: 99999"),
        "fit.train_on.size: draws 26,843,277,164,544 pixels; take fewer or smaller images",
    ),
    "kernels tied across one slice": (
        network("tied: all"),
        "fit.net.tied: 'all' ties kernels across slices, and there is one; take 3, 5 or 7",
    ),
    "five slices for three colours": (
        network("slices: 5") + "    init: {name: keep, of: photos}\n",
        "fit.init: keep gives three slices a colour each, not 5; take cyclic or centred",
    ),
    "no colours for the slices": (
        network("slices: 3") + "    init: {name: cyclic, of: random}\n",
        "fit.init.of: random sets no weights for three colours; take imagenet, photos",
    ),
    "a negative fold": (
        BASE + "    fold: [-1, 5]\n",
        "s.yaml:6:11: fit.fold: there is no fold -1 of 5; they are counted from 0 to 4",
    ),
    "a fold of none": (BASE + "    fold: [0, 0]\n", "fit.fold: 0 folds leave nothing to train on"),
    "a probe twice": (
        BASE + "  probes: [segmentation, segmentation]\n",
        "s.yaml:6:26: probes.1: segmentation stands here twice; name it once",
    ),
    "a test whose name is a mapping": (
        BASE
        + "grid:\n  fit.batch: [1, 2]\n"
        + "compare: [{name: c, metric: dice, by: fit.batch, against: 1, unit: seed, "
        + "test: {name: {a: 1}, margin: 2}}]\n",
        "compare.0.test.name: no test named {'a': 1}",
    ),
    "rules that are a number": (BASE + "exclude: 0\n", "s.yaml:6:10: exclude: should be a list"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_study_is_refused_with_its_place(tmp_path: Path, case: str) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    text, expected = CASES[case]
    began = time.process_time()  # what waits for ever ends at the limit of each test
    assert expected in problem_text(tmp_path, text)
    assert time.process_time() - began < LONGEST
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipe.csv", "s.yaml"]


@pytest.mark.parametrize("path", ["/dev/zero", "pipe"])
def test_a_device_and_a_pipe_are_no_study(tmp_path: Path, path: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    code, out, err = call("plan", str(tmp_path / path))
    assert code == 2
    assert out == ""
    assert "1:1: cannot be read: it is a pipe or a device; copy it into a file" in err


def test_a_pipe_among_the_images_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.tif")
    with pytest.raises(Refused, match=r"a\.tif: it is a pipe or a device; copy it into a file"):
        volume(tmp_path / "a.tif")


def test_a_home_of_nobody_is_a_sentence() -> None:
    with pytest.raises(Refused, match=r"~nobody-here/a\.tif: no user of this name has a home"):
        volume("~nobody-here/a.tif")


def test_sizes_that_a_computer_holds_are_taken(tmp_path: Path) -> None:
    sizes = "    patch: 2048\n    batch: 64\n    seed: 4294967295\n    fold: [4, 5]\n"
    assert len(loaded_study(tmp_path, BASE + sizes).cells) == 1
    tied = network("tied: all, slices: 3, classes: 2")
    assert len(loaded_study(tmp_path, tied + "seeds: 1000\n").cells) == 1000


def test_published_numbers_that_are_too_much_are_refused(tmp_path: Path) -> None:
    (tmp_path / "wide.csv").write_text("fit.init,metric,value\n" + "a" * 200_000 + ",b,1\n")
    text = problem_text(tmp_path, BASE + TABLE % "wide.csv")
    assert "wide.csv is no CSV: field larger than field limit" in text
    (tmp_path / "large.csv").write_bytes(b"#" * 10_000_001)
    text = problem_text(tmp_path, BASE + TABLE % "large.csv")
    assert "10,000,001 bytes; a table of published numbers has at most 10,000,000" in text
