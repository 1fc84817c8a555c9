"""Images of one set must not be in another: what a network is tested on, it has not seen."""

import numpy as np
import pytest
import tifffile

from harness.run.fingerprints import with_fingerprints
from harness.store import Home
from harness.study.marks import Mistakes
from tests.made.study_files import loaded_study

BASE = """
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 64}
    net: {arch: tiny_unet, width: 2}
    patch: 32
"""


def test_a_fit_that_it_starts_from_is_not_trained_on_the_test_images(home: Home) -> None:
    nested = "    init: {name: trained, fit: {train_on: {name: phantom, split: test}}}\n"
    with pytest.raises(Mistakes, match="which a fit that it starts from is trained on"):
        loaded_study(home.folder, BASE + nested + "  test_on: {name: phantom, split: test}\n")


def test_validation_slices_are_neither_training_nor_test_slices(home: Home) -> None:
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 255, (8, 64, 64), dtype=np.uint8)
    stack[4] = stack[1]  # of the validation split, and of the training split
    stack[5] = stack[7]  # and of the test split
    tifffile.imwrite(home.folder / "v.tif", stack, photometric="minisblack")
    tifffile.imwrite(
        home.folder / "m.tif", (stack > 128).astype(np.uint8), photometric="minisblack"
    )
    volume = (
        "{name: volume, images: v.tif, masks: m.tif, "
        "splits: {train: [0, 4], validation: [4, 6], test: [6, 8]}}"
    )
    text = BASE.replace("{name: phantom, slices: 4, size: 64}", volume)
    with pytest.raises(Mistakes) as caught:
        with_fingerprints(loaded_study(home.folder, text), home)
    texts = [problem.text for problem in caught.value.problems]
    assert len(texts) == 2
    assert texts[0].startswith("shares 1 images with the test set volume(")
    assert "v/0004 = v/0001" in texts[1]
    assert texts[1].endswith("take them out of one of the two")


@pytest.mark.parametrize(
    ("copy", "folds", "expected"),
    [(5, 3, ["v/0000 = v/0005"]), (1, 3, []), (5, None, [])],
)
def test_folds_do_not_part_the_copies_of_an_image(
    home: Home, copy: int, folds: int | None, expected: list[str]
) -> None:
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 255, (8, 64, 64), dtype=np.uint8)
    stack[copy] = stack[0]  # the blocks of three folds are slices 0 and 1, 2 and 3, 4 and 5
    stack[2] = stack[4] = 7  # blank slices are all alike, and say nothing
    tifffile.imwrite(home.folder / "v.tif", stack, photometric="minisblack")
    masks = (stack > 128).astype(np.uint8)
    tifffile.imwrite(home.folder / "m.tif", masks, photometric="minisblack")
    volume = "{name: volume, images: v.tif, masks: m.tif, splits: {train: [0, 6], test: [6, 8]}}"
    text = BASE.replace("{name: phantom, slices: 4, size: 64}", volume)
    if folds is not None:
        text += f"folds: {folds}\n"
    study = loaded_study(home.folder, text)
    if not expected:
        with_fingerprints(study, home)
        return
    with pytest.raises(Mistakes) as caught:
        with_fingerprints(study, home)
    (problem,) = caught.value.problems
    assert problem.mark.line == 4
    assert f"holds {len(expected)} images twice ({', '.join(expected)})" in problem.text
    assert problem.text.endswith("take the copies out, or put both in one group")
