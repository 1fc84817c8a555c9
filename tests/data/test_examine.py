"""What would make a study worthless is found by reading every image and mask once."""

from pathlib import Path

import pytest

from harness.data.examine import examine
from tests.made.volumes import (
    DEPTH,
    HEIGHT,
    WIDTH,
    Case,
    box_masks,
    changed_images,
    changed_masks,
    check_refusal,
    grey,
    npy,
    open_own,
)

BROKEN: dict[str, tuple[Case, str]] = {
    "empty masks": (changed_masks(lambda masks: masks * 0), "every mask is empty"),
    "constant images": (
        changed_images(lambda images: images * 0 + 3),
        "every image holds one single value",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_worthless_split_gets_one_sentence(
    name: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case, pattern = BROKEN[name]
    check_refusal(case, pattern, tmp_path, capfd)


def test_contents_are_counted_and_oddities_noted(tmp_path: Path) -> None:
    images = grey()
    masks = box_masks()
    images[3] = 0
    images[7] = images[5]
    masks[2] = 0
    scans = open_own(npy(tmp_path / "i", images), npy(tmp_path / "m", masks))
    contents = examine(scans)
    box = masks[0].sum() / (HEIGHT * WIDTH)
    expected = box * (DEPTH - 1) / DEPTH
    assert contents.fractions["foreground"] == pytest.approx(expected)
    assert contents.problems == []
    assert contents.notes == [
        "1 images hold one single value: i/0003",
        "1 masks are empty: i/0002",
        "1 images stand here more than once, e.g. i/0005, i/0007",
    ]
