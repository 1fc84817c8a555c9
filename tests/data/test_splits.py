"""An image has one split: by slice range, by the pattern of its name, by fraction of the groups."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from harness.components.datasets.own import folder
from harness.data.examine import examine
from harness.data.refused import NoSplit
from harness.data.scans import Scans
from harness.data.splits import draw_split, select
from tests.made.volumes import Case, check_refusal, grey, images_in_both, open_own, tif_stack


def test_splits_by_slice_range(tmp_path: Path) -> None:
    images = tif_stack(tmp_path / "v", grey())
    splits = {"train": (0, 7), "validation": (7, 9), "test": (9, 12)}
    train = open_own(images, split="train", splits=splits)
    test = open_own(images, split="test", splits=splits)
    assert train.ids[-1] == "v/0006"
    assert test.ids[0] == "v/0009"
    assert images_in_both(train, test) == []
    assert len(open_own(images, splits=splits)) == 12
    with pytest.raises(NoSplit) as refusal:
        open_own(images, split="validation", splits={"train": (0, 7)})
    assert isinstance(refusal.value, LookupError)


def test_the_same_slice_in_two_splits_is_found_by_content(tmp_path: Path) -> None:
    stack = grey()
    stack[11] = stack[2]
    stack[10] = 0
    stack[1] = 0
    images = tif_stack(tmp_path / "v", stack)
    splits = {"train": (0, 7), "test": (9, 12)}
    train = open_own(images, split="train", splits=splits)
    test = open_own(images, split="test", splits=splits)
    assert images_in_both(train, test) == [("v/0002", "v/0011")]  # black slices do not count
    assert len(set(examine(train).digests)) == 7


def _save_patients(path: Path) -> None:
    """Three pictures of each of six patients, in img/, and their masks, in gt/."""
    (path / "img").mkdir()
    (path / "gt").mkdir()
    for patient in range(6):
        size = (20 + patient, 30)
        mask = np.zeros(size, np.uint8)
        mask[5:9, 5:9] = 255
        for i in range(3):
            picture = np.full(size, 10 * patient + i, np.uint8)
            Image.fromarray(picture).save(path / f"img/p{patient}_{i}.png")
            Image.fromarray(mask).save(path / f"gt/p{patient}_{i}_mask.png")


def _open_patients(path: Path, split: str, **options: Any) -> Any:
    masks = f"{path}/gt/{{stem}}_mask.png"
    return folder(split, Path("."), images=f"{path}/img/*.png", masks=masks, **options)


def test_fractions_split_groups_as_wholes_and_a_seed_draws_them(tmp_path: Path) -> None:
    _save_patients(tmp_path)
    options: dict[str, Any] = {
        "splits": {"train": 0.5, "validation": 0.2, "test": 0.3},
        "group": r"(p\d+)_",
    }
    train = _open_patients(tmp_path, "train", seed=3, **options)
    validation = _open_patients(tmp_path, "validation", seed=3, **options)
    test = _open_patients(tmp_path, "test", seed=3, **options)
    assert len(train) + len(validation) + len(test) == 18
    assert not set(train.groups) & set(validation.groups)
    assert not set(train.groups) & set(test.groups)
    assert len(train) == 9
    assert train.ids == _open_patients(tmp_path, "train", seed=3, **options).ids
    assert train.ids != _open_patients(tmp_path, "train", seed=4, **options).ids


def test_patterns_split_by_name(tmp_path: Path) -> None:
    _save_patients(tmp_path)
    splits = {"train": "p[0-3]*", "test": ["p4*", "p5*"]}
    test = _open_patients(tmp_path, "test", splits=splits)
    assert test.ids[0] == "p4_0"
    assert len(test) == 6
    assert test.masks[0].max() == 1
    assert len(select(test, [1, 3])) == 2


def test_fractions_fill_every_split() -> None:
    groups = [f"g{i}" for i in range(4)]
    splits = {"train": 0.9, "validation": 0.05, "test": 0.05}
    for seed in range(20):
        drawn = [draw_split("x", groups, splits, split, seed) for split in splits]
        assert all(drawn)
        assert sum(map(len, drawn)) == 4


def test_fractions_below_one_leave_groups_out() -> None:
    groups = [f"g{i}" for i in range(100)]
    train = draw_split("x", groups, {"train": 0.3, "test": 0.2}, "train", 0)
    assert len(train) == 30


def _open_split(splits: Any, split: str = "train") -> Case:
    def case(path: Path) -> Scans:
        return open_own(tif_stack(path / "v", grey()), split=split, splits=splits)

    return case


BROKEN: dict[str, tuple[Case, str]] = {
    "no splits": (
        _open_split(None),
        r"say splits: \{train: \[0, 8\], validation: \[8, 10\], test: \[10, 12\]\}",
    ),
    "splits that overlap": (
        _open_split({"train": (0, 8), "test": (6, 12)}),
        "slices 6 to 7 stand in train and in test",
    ),
    "a split beyond the end": (
        _open_split({"train": (0, 13)}),
        r"\[0, 13\] is no range of its 12 slices",
    ),
    "a split misspelt": (_open_split({"trian": (0, 3)}), "did you mean 'train'"),
    "a split that is not there": (
        _open_split({"train": (0, 3)}, "test"),
        "no split 'test'; it has train, all",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_gets_one_sentence(
    name: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case, pattern = BROKEN[name]
    check_refusal(case, pattern, tmp_path, capfd)
