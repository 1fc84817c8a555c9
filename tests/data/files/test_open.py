"""Every format gives the same images, and what cannot be found gets a sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from harness.components.datasets.own import folder
from harness.data.files import open
from harness.data.fingerprint import fingerprint
from harness.data.scans import Scans
from tests.made.volumes import (
    DEPTH,
    FORMATS,
    HEIGHT,
    WIDTH,
    Array,
    Case,
    Write,
    box_masks,
    changed_images,
    check_refusal,
    grey,
    hdf5,
    nifti,
    npy,
    open_own,
    png_series,
    text_with_suffix,
    tif_packed,
    tif_series,
    tif_stack,
    zarr3,
)


@pytest.fixture(scope="module")
def fingerprint_in_memory() -> str:
    ids = [str(z) for z in range(DEPTH)]
    return fingerprint(Scans(grey(), box_masks(), ids, ["v"] * DEPTH))


@pytest.mark.parametrize("write", FORMATS, ids=lambda write: write.__name__)
def test_every_format_gives_the_same_images_and_fingerprint(
    write: Write,
    tmp_path: Path,
    fingerprint_in_memory: str,
) -> None:
    images = write(tmp_path / "images", grey())
    masks = write(tmp_path / "masks", box_masks() * 255)
    scans = open_own(images, masks)
    assert scans.images.shape == (DEPTH, HEIGHT, WIDTH)
    assert scans.images.dtype == np.uint8
    np.testing.assert_array_equal(np.asarray(scans.images), grey())
    np.testing.assert_array_equal(scans.images[7], grey()[7])
    np.testing.assert_array_equal(scans.images[-2:], grey()[-2:])
    np.testing.assert_array_equal(np.asarray(scans.masks), box_masks())
    assert fingerprint(scans) == fingerprint_in_memory
    assert all(path.exists() for path in scans.sources)


DEEP_FORMATS: tuple[Write, ...] = (tif_series, tif_packed, hdf5, zarr3, nifti, npy)


@pytest.mark.parametrize("dtype", [np.uint16, np.int16, np.float32], ids=str)
@pytest.mark.parametrize("write", DEEP_FORMATS, ids=lambda write: write.__name__)
def test_deeper_pixels_stay_as_they_are(write: Write, dtype: Any, tmp_path: Path) -> None:
    stack = (grey().astype(np.float64) * 100).astype(dtype)
    scans = open_own(write(tmp_path / "images", stack))
    assert scans.images.dtype == dtype
    np.testing.assert_array_equal(np.asarray(scans.images), stack)
    in_window = open_own(write(tmp_path / "again", stack), window=(0, 25500))
    np.testing.assert_array_equal(np.asarray(in_window.images), grey())


def test_big_endian_and_turned_axes_are_the_same_volume(tmp_path: Path) -> None:
    stack = grey().astype(np.uint16)
    tifffile.imwrite(tmp_path / "big.tif", stack, byteorder=">")
    np.save(tmp_path / "turned.npy", stack.transpose(2, 0, 1))
    tifffile.imwrite(tmp_path / "packed.tif", stack.transpose(2, 1, 0), compression="zlib")
    big_endian = open_own(f"{tmp_path}/big.tif")
    turned = open_own(f"{tmp_path}/turned.npy", axes="xzy")
    packed = open_own(f"{tmp_path}/packed.tif", axes="xyz")
    assert fingerprint(big_endian) == fingerprint(turned) == fingerprint(packed)


def test_colour_volumes(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (6, HEIGHT, WIDTH, 3))
    colours = noise.astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", colours, photometric="rgb")
    np.save(tmp_path / "b.npy", colours.transpose(3, 0, 1, 2))
    from_tiff = open_own(f"{tmp_path}/a.tif")
    from_npy = open_own(f"{tmp_path}/b.npy", axes="czyx")
    assert from_tiff.images.shape == (6, HEIGHT, WIDTH, 3)
    assert fingerprint(from_tiff) == fingerprint(from_npy)


def test_reading_writes_nothing(tmp_path: Path) -> None:
    images = tif_stack(tmp_path / "v", grey())
    before = sorted(tmp_path.rglob("*"))
    fingerprint(open_own(images))
    assert sorted(tmp_path.rglob("*")) == before


def test_numbers_order_files() -> None:
    paths = [Path(name) for name in ("a10.png", "a9.png", "b1.png", "a.png")]
    ordered = sorted(paths, key=open.by_number)
    assert [path.name for path in ordered] == ["a9.png", "a10.png", "a.png", "b1.png"]


def test_a_path_may_end_with_a_key() -> None:
    assert open.path_and_key("C/x.h5:a/b") == ("C/x.h5", "a/b")
    assert open.path_and_key("a.tif") == ("a.tif", "")


def _nothing_there(folder: Path) -> Scans:
    return open_own(f"{folder}/none/*.tif")


def _section_of_another_size(folder: Path) -> Scans:
    images = tif_series(folder / "i", grey())
    tifffile.imwrite(folder / "i/05.tif", grey()[0, :20])
    return open_own(images)


def _section_of_another_type(folder: Path) -> Scans:
    images = tif_series(folder / "i", grey())
    tifffile.imwrite(folder / "i/05.tif", grey()[0].astype(np.uint16))
    return open_own(images)


def _picture_with_sections(path: Path) -> Scans:
    png_series(path / "i", grey()[:2])
    tifffile.imwrite(path / "i/stack.tif", grey())
    return folder("all", path, images=f"{path}/i/*")


def _with_nan(stack: Array) -> Array:
    stack[3, 4, 5] = np.nan
    return stack


BROKEN: dict[str, tuple[Case, str]] = {
    "unknown ending": (text_with_suffix(".docx"), "files of this kind are not read; TIFF"),
    "nothing there": (_nothing_there, "there is no such file; .* holds nothing"),
    "a section of another size": (
        _section_of_another_size,
        "it is 20 x 56, but 00.tif is 40 x 56",
    ),
    "a section of another depth": (
        _section_of_another_type,
        "its pixels are uint16, but those of 00.tif are uint8",
    ),
    "a stack among pictures": (_picture_with_sections, "it holds 12 sections; beside other files"),
    "one slice": (changed_images(lambda images: images[:1]), "it holds one slice"),
    "no slice": (changed_images(lambda images: images[:0]), "it is empty"),
    "nan pixels": (changed_images(_with_nan), "images.npy, slice 3: 1 pixels are NaN"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_gets_one_sentence(
    name: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case, pattern = BROKEN[name]
    check_refusal(case, pattern, tmp_path, capfd)
