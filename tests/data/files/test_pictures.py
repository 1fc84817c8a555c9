"""PNG and JPEG: what is empty, transparent or a bomb gets a sentence."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.components.datasets.own import folder
from harness.data.files import pictures
from harness.data.files.stored import images_of
from harness.data.scans import Scans
from tests.made.volumes import Case, check_refusal, read_whole, write_bytes


def test_a_palette_becomes_colours_or_stays_indices(tmp_path: Path) -> None:
    indices = np.array([[0, 1], [1, 0]], np.uint8)
    picture = Image.fromarray(indices, "P")
    picture.putpalette([10, 20, 30, 40, 50, 60])
    picture.save(tmp_path / "a.png")
    colours = images_of(pictures.plain(tmp_path / "a.png"))[0]
    assert colours[0].tolist() == [[10, 20, 30], [40, 50, 60]]
    as_mask = images_of(pictures.plain(tmp_path / "a.png", palette=True))[0]
    assert as_mask.tolist() == indices.tolist()


def _empty(path: Path) -> Scans:
    return folder("all", path, images=write_bytes(path / "a.png", b""))


def _bomb(path: Path) -> Scans:
    Image.new("1", (20000, 20000)).save(path / "a.png")
    return folder("all", path, images=f"{path}/a.png")


def _transparent(path: Path) -> Scans:
    noise = np.random.default_rng(0).integers(0, 200, (9, 9, 4))
    Image.fromarray(noise.astype(np.uint8)).save(path / "a.png")
    return read_whole(folder("all", path, images=f"{path}/a.png"))


BROKEN: dict[str, tuple[Case, str]] = {
    "empty png": (_empty, "the file is empty"),
    "png bomb": (_bomb, "too large a picture"),
    "transparent picture": (_transparent, "part of it is transparent"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_gets_one_sentence(
    name: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case, pattern = BROKEN[name]
    check_refusal(case, pattern, tmp_path, capfd)
