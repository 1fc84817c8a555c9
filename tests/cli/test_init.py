"""harness init: a study that `plan` takes as it is, or a sentence on what stands in its way."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.cli import init as init_command
from harness.store import Home
from harness.study.load import Study, load_study
from tests.cli.calls import call
from tests.made.own_pairs import NAMES, Array, disc, picture, write, write_pairs


def init(*words: str) -> tuple[int, str, str]:
    """Writes a study on raw/ and masks/."""
    return call("init", "--images", "raw", "--masks", "masks", *words)


def study_of_plan(home: Home) -> Study:
    """The study that was written, which a plan takes as it is."""
    code, out, err = call("plan", "study.yaml")
    assert code == 0, err
    assert "12 trials" in out
    return load_study(home.folder / "study.yaml")


def training_set(study: Study) -> dict[str, Any]:
    """The options of the training data that are not at their default."""
    part = study.cells[0].trial.fit.train_on
    options = part.component.options
    return {name: value for name, value in part.options.items() if value != options[name].default}


def test_pictures_become_a_study_that_a_plan_takes(home: Home) -> None:
    write_pairs(home.folder, disc())
    code, out, _ = init("--question", 'Is it "so"?')
    assert code == 0
    study = study_of_plan(home)
    assert study.question == 'Is it "so"?'
    assert training_set(study) == {
        "images": "raw",
        "masks": "masks",
        "splits": {"train": 0.7, "validation": 0.15, "test": 0.15},
        "split": "train",
    }
    assert study.cells[0].trial.fit.patch == 32
    next_steps = [line for line in out.splitlines() if "harness " in line]
    assert next_steps[1:] == [
        "next:   harness plan study.yaml",
        "        harness run study.yaml --pilot",
        "        harness run study.yaml",
    ]
    looked = next_steps[0].split("'")[1]
    assert call("data", "preview", looked, "--to", "sheet.png")[0] == 0
    code, report, _ = call("data", "check", looked)
    assert code == 0
    assert "train: 4 images\nvalidation: 1 images\ntest: 1 images\n" in report
    assert "background 75 %, foreground 25 % of the pixels" in report
    assert " is sound" in report


@pytest.mark.parametrize(
    ("mask", "option"),
    [
        (disc(200), {"classes": {"background": 0, "foreground": 200}}),
        (disc(3) + np.roll(disc(), 4) // 255, None),
        (disc(254), None),
    ],
)
def test_classes_have_names(home: Home, mask: Array, option: dict[str, Any] | None) -> None:
    write_pairs(home.folder, mask)
    assert init()[0] == 0
    options = training_set(study_of_plan(home))
    values = sorted(set(mask.ravel().tolist()))
    assert sorted(options["classes"].values()) == values
    if option is not None:
        assert options["classes"] == option["classes"]


def test_grey_edges_get_a_threshold_and_say_their_share(home: Home) -> None:
    mask = disc()
    mask[7, 8:24] = 90
    write_pairs(home.folder, mask)
    init()
    assert training_set(study_of_plan(home))["threshold"] == 127
    share = 100 * 16 / 32**2
    text = (home.folder / "study.yaml").read_text()
    assert f"# {share:.2g} % of the pixels of the masks are neither 0 nor 255: grey edges" in text


def test_numbered_objects_are_foreground(home: Home) -> None:
    mask = np.zeros((32, 32), np.uint8)
    mask[:10, :10] = np.arange(100).reshape(10, 10)
    write_pairs(home.folder, mask)
    init()
    assert training_set(study_of_plan(home))["threshold"] == 0
    assert "labels: instances keeps them apart" in (home.folder / "study.yaml").read_text()


def test_numbered_sections_are_a_volume_unless_they_are_pictures(home: Home) -> None:
    sections = tuple(f"s{number}" for number in range(12))
    write_pairs(home.folder, disc(), sections)
    assert "12 sections of one volume" in init()[1]
    options = training_set(study_of_plan(home))
    assert options["splits"] == {"train": [0, 8], "validation": [8, 10], "test": [10, 12]}
    assert "12 pictures" in init("pictures.yaml", "--pictures")[1]


def test_masks_are_found_by_what_stands_around_the_name(home: Home) -> None:
    for number, name in enumerate(NAMES):
        write(home.folder / "raw" / f"{name}.png", picture(number))
        write(home.folder / "masks" / f"m_{name}-seg.png", disc())
    init()
    assert training_set(study_of_plan(home))["masks"] == "masks/m_{stem}-seg.png"


def test_folders_stay_whole_or_are_the_splits(home: Home) -> None:
    for number, name in enumerate(NAMES):
        folder = f"patient{number % 3}"
        write(home.folder / "raw" / folder / f"{name}.png", picture(number))
        write(home.folder / "masks" / folder / f"{name}.png", disc())
    init()
    assert training_set(study_of_plan(home))["group"] == "folder"
    for number, split in enumerate(("train", "val", "test")):
        write(home.folder / "cut" / split / "a.png", picture(10 + number))
        write(home.folder / "cut_masks" / split / "a.png", disc())
    call("init", "cut.yaml", "--images", "cut", "--masks", "cut_masks")
    options = training_set(load_study(home.folder / "cut.yaml"))
    assert options["masks"] == "cut_masks/{folder}/{stem}.png"
    assert options["splits"] == {"train": "train/*", "validation": "val/*", "test": "test/*"}
    assert call("plan", "cut.yaml")[0] == 0


def test_sixteen_bits_get_a_window(home: Home) -> None:
    for number, name in enumerate(NAMES):
        write(home.folder / "raw" / f"{name}.png", picture(number).astype(np.uint16) + 500)
        write(home.folder / "masks" / f"{name}.png", disc())
    init()
    low, high = training_set(study_of_plan(home))["window"]
    assert 495 <= low <= 510
    assert 745 <= high <= 760


def _without_a_mask(folder: Path) -> None:
    write_pairs(folder, disc())
    (folder / "masks" / "elm.png").unlink()


def _of_another_size(folder: Path) -> None:
    write_pairs(folder, disc())
    write(folder / "masks" / "elm.png", disc(size=40))


def _unreadable(folder: Path) -> None:
    write_pairs(folder, disc())
    (folder / "raw" / "elm.png").write_text("this is no picture")


def _nothing_labelled(folder: Path) -> None:
    write_pairs(folder, disc(0))


def _twice(folder: Path) -> None:
    write_pairs(folder, disc())
    for name in NAMES[1:]:
        write(folder / "raw" / f"{name}.png", picture(0))


def _without_pictures(folder: Path) -> None:
    write_pairs(folder, disc())
    for file in (folder / "raw").iterdir():
        file.rename(file.with_suffix(".txt"))


def _too_few(folder: Path) -> None:
    write_pairs(folder, disc(), NAMES[:2])


def _too_small(folder: Path) -> None:
    speckles = picture(9, 8) % 2
    for number, name in enumerate(NAMES):
        write(folder / "raw" / f"{name}.png", picture(number, 8))
        write(folder / "masks" / f"{name}.png", speckles)


def _mask_in_colours(folder: Path) -> None:
    write_pairs(folder, disc())
    write(folder / "masks" / "ash.png", np.stack([disc(), disc(0), disc(0)], -1))


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (lambda folder: None, "raw: there is no such file; "),
        (_without_a_mask, "there is no mask masks/elm.? (1 of 6 pictures have none)"),
        (_of_another_size, "elm.png: the mask is 40 x 40, its picture elm.png is 32 x 32"),
        (_unreadable, "elm.png: this is no PNG picture, or its header is damaged"),
        (_nothing_labelled, "masks: every mask holds 0 and nothing else; nothing is labelled"),
        (_twice, "shares "),
        (_without_pictures, "raw: no picture is in this folder"),
        (_too_few, "raw: 2 pictures are too few for training, validation and test; 3 at least"),
        (_too_small, "raw: an image of 8 x 8 pixels is too small to train on"),
        (_mask_in_colours, "ash.png: a mask in colours"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_nothing_is_written(
    home: Home, case: Any, sentence: str
) -> None:
    case(home.folder)
    code, out, err = init()
    assert code == 2
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err
    assert not (home.folder / "study.yaml").exists()


def test_nothing_is_overwritten(home: Home) -> None:
    write_pairs(home.folder, disc())
    (home.folder / "study.yaml").write_text("mine")
    code, _, err = init()
    assert code == 2
    assert "study.yaml is there already, and stays as it is" in err
    assert (home.folder / "study.yaml").read_text() == "mine"
    assert "a study file ends in .yaml; say harness init study.txt.yaml" in init("study.txt")[2]
    assert "there is no folder nowhere" in init("nowhere/study.yaml")[2]


def test_what_is_left_out_is_asked_on_a_terminal_and_refused_elsewhere(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pairs(home.folder, disc())
    assert "--images: say where they are" in call("init")[2]
    monkeypatch.setattr(init_command, "is_terminal", lambda: True)
    code, out, _ = call("init", typed="raw\nmasks\nDoes it?\n")
    assert code == 0
    assert "Where are their masks?" in out
    assert study_of_plan(home).question == "Does it?"
