"""Levels are said as people say them: by what tells them apart, own data by its folder."""

import pytest

from harness.spec.level_words import bare_name, data_in_words, distinct_names, level_in_words
from harness.spec.naming import short_names


def test_siblings_are_told_apart_by_what_they_do_not_share() -> None:
    lucchi = "phantom(style=lucchi, slices=8, size=96)"
    vnc = "phantom(style=vnc, slices=8, size=96)"
    assert distinct_names([lucchi, vnc, "brains(task=wm)"]) == {
        lucchi: "phantom lucchi",
        vnc: "phantom vnc",
        "brains(task=wm)": "brains",
    }


@pytest.mark.parametrize(
    ("images", "name"),
    [
        ("my/liver/images/*.tif", "liver"),
        ("my/liver/stack.tif", "liver"),
        ("stack.tif", "stack.tif"),
        ("/scans/kidney/train", "kidney"),
    ],
)
def test_own_data_go_by_their_folder(images: str, name: str) -> None:
    level = f"volume(images={images}, masks=m.tif, window=[0, 255])"
    assert bare_name(level) == name
    assert level_in_words(level) == name
    assert data_in_words(level) == name


def test_own_data_of_one_folder_are_told_apart_by_their_files() -> None:
    a, b = "volume(images=liver/a.tif)", "volume(images=liver/b.tif)"
    assert distinct_names([a, b]) == {a: "liver a", b: "liver b"}


def test_a_label_and_a_list_stay_what_they_are() -> None:
    assert bare_name("CUT (last epoch)") == "CUT (last epoch)"
    assert bare_name("flips+noise(most=0.3, p=0.3)") == "flips+noise"
    assert short_names(["0+5", "1+5"], "fit.fold") == {"0+5": "fold 1 of 5", "1+5": "fold 2 of 5"}
