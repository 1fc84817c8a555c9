"""TIFF: what is damaged, ambiguous or a bomb gets a sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from harness.components.datasets.own import folder
from harness.data.scans import Scans
from tests.made.volumes import (
    Case,
    check_refusal,
    cut_short,
    grey,
    open_own,
    tif_imagej,
    tif_lzw,
    tif_packed,
    tif_stack,
    write_bytes,
)

BYTES_OF_TYPE = {3: 2, 4: 4}  # TIFF's number of a type -> the bytes of a value


def _text(path: Path) -> Scans:
    return open_own(write_bytes(path / "a.tif", b"hello world"))


def _bomb(path: Path) -> Scans:
    """A page of 1.6 GB whose strips are claimed to be a few bytes long."""
    black = np.zeros((64, 64), np.uint8)
    tifffile.imwrite(path / "a.tif", black, compression="zlib", metadata=None)
    content = bytearray((path / "a.tif").read_bytes())
    with tifffile.TiffFile(path / "a.tif") as file:
        page: Any = file.pages[0]
        for name in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            tag = page.tags[name]
            size = BYTES_OF_TYPE[int(tag.dtype)]
            start = tag.valueoffset
            content[start : start + size] = (40000).to_bytes(size, "little")
    return folder("all", path, images=write_bytes(path / "a.tif", bytes(content)))


def _three_planes(path: Path) -> Scans:
    tifffile.imwrite(path / "a.tif", grey(depth=3))
    return open_own(f"{path}/a.tif")


def _two_series(path: Path) -> Scans:
    with tifffile.TiffWriter(path / "a.tif") as file:
        file.write(grey(), metadata=None)
        file.write(np.zeros((5, 7), np.uint16), metadata=None)
    return open_own(f"{path}/a.tif")


BROKEN: dict[str, tuple[Case, str]] = {
    "text named .tif": (_text, "not a TIFF file, it starts with b'hell'"),
    "cut tif": (cut_short(tif_stack, 0.5, ".tif"), "cut short"),
    "cut packed tif": (cut_short(tif_packed, 0.6, ".tif"), "cut short"),
    "cut lzw tif": (cut_short(tif_lzw, 0.5, ".tif"), "cut short"),
    "cut imagej tif": (cut_short(tif_imagej, 0.5, ".tif"), "cut short"),
    "tif bomb": (_bomb, "would become 1.6 GB in memory"),
    "three planes": (_three_planes, r"zyx \(sections\) or cyx \(colours\)"),
    "two series": (_two_series, "it holds 2 different pictures"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_gets_one_sentence(
    name: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case, pattern = BROKEN[name]
    check_refusal(case, pattern, tmp_path, capfd)
