"""A volume of the user's own in every format that is read, and what reading it must do."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import nibabel
import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from harness.components.datasets.own import volume
from harness.data.examine import examine
from harness.data.fingerprint import shared_images
from harness.data.refused import Refused
from harness.data.scans import Scans

Array = np.ndarray[Any, Any]
Write = Callable[[Path, Array], str]
Case = Callable[[Path], Any]

DEPTH = 12
HEIGHT = 40
WIDTH = 56


def grey(seed: int = 0, depth: int = DEPTH) -> Array:
    noise = np.random.default_rng(seed).integers(0, 256, (depth, HEIGHT, WIDTH))
    return noise.astype(np.uint8)


def box_masks(depth: int = DEPTH) -> Array:
    """Masks of one box, 1 on 0."""
    masks = np.zeros((depth, HEIGHT, WIDTH), np.uint8)
    masks[:, 10:30, 12:40] = 1
    return masks


def png_series(path: Path, stack: Array) -> str:
    path.mkdir(parents=True)
    for z, picture in enumerate(stack):
        Image.fromarray(picture).save(path / f"s{z}.png")  # s2 comes before s10
    return f"{path}/*.png"


def tif_series(path: Path, stack: Array) -> str:
    path.mkdir(parents=True)
    for z, picture in enumerate(stack):
        tifffile.imwrite(path / f"{z:02d}.tif", picture)
    return f"{path}/*.tif"


def tif_stack(path: Path, stack: Array) -> str:
    file = path.with_suffix(".tif")
    tifffile.imwrite(file, stack)
    return str(file)


def tif_packed(path: Path, stack: Array) -> str:
    file = path.with_suffix(".tif")
    tifffile.imwrite(file, stack, compression="zlib")
    return str(file)


def tif_imagej(path: Path, stack: Array) -> str:
    file = path.with_suffix(".tif")
    tifffile.imwrite(file, stack, imagej=True)
    return str(file)


def tif_lzw(path: Path, stack: Array) -> str:
    file = path.with_suffix(".tif")
    first, *rest = [Image.fromarray(picture) for picture in stack]
    first.save(file, save_all=True, append_images=rest, compression="tiff_lzw")
    return str(file)


def hdf5(path: Path, stack: Array) -> str:
    file = path.with_suffix(".h5")
    with h5py.File(file, "w") as handle:
        handle.create_dataset("volumes/raw", data=stack, chunks=(5, 16, 16), compression="gzip")
        handle.create_dataset("volumes/other", data=stack[:2])
    return f"{file}:volumes/raw"


def zarr2(path: Path, stack: Array) -> str:
    folder = f"{path}.zarr"
    zarr.create_array(folder, data=stack, chunks=(5, 16, 16), zarr_format=2)
    return folder


def zarr3(path: Path, stack: Array) -> str:
    """As OME-Zarr stores it: time, channel, z, y, x."""
    folder = f"{path}.zarr"
    group = zarr.open_group(folder, mode="w", zarr_format=3)
    group.create_array("0", data=stack[None, None], chunks=(1, 1, 5, 16, 16))
    return f"{folder}:0"


def nifti(path: Path, stack: Array) -> str:
    image = nibabel.Nifti1Image(stack.transpose(2, 1, 0), np.eye(4))
    nibabel.save(image, f"{path}.nii.gz")
    return f"{path}.nii.gz"


def analyze(path: Path, stack: Array) -> str:
    image = nibabel.Spm2AnalyzeImage(stack.transpose(2, 1, 0), np.eye(4))
    nibabel.save(image, f"{path}.img")
    return f"{path}.hdr"


def npy(path: Path, stack: Array) -> str:
    file = path.with_suffix(".npy")
    np.save(file, stack)
    return str(file)


def npz(path: Path, stack: Array) -> str:
    file = path.with_suffix(".npz")
    np.savez_compressed(file, raw=stack, other=stack[:1])
    return f"{file}:raw"


TIFFS: tuple[Write, ...] = (tif_series, tif_stack, tif_packed, tif_imagej, tif_lzw)
FORMATS: tuple[Write, ...] = (
    png_series,
    *TIFFS,
    hdf5,
    zarr2,
    zarr3,
    nifti,
    analyze,
    npy,
    npz,
)


def open_own(
    images: str,
    masks: str | None = None,
    split: str = "all",
    **options: Any,
) -> Any:
    """A volume opened as a study file would name it."""
    return volume(split, Path("."), images=images, masks=masks, **options)


def read_whole(scans: Scans) -> Scans:
    """Reads every image and mask; refuses what would make a study worthless."""
    problems = examine(scans).problems
    if problems:
        raise Refused(problems[0])
    return scans


def images_in_both(a: Scans, b: Scans) -> list[tuple[str, str]]:
    """The ids of images that stand in both splits, whatever they are called."""
    digests_of_a = dict(zip(a.ids, examine(a).digests, strict=True))
    digests_of_b = dict(zip(b.ids, examine(b).digests, strict=True))
    return shared_images(digests_of_a, digests_of_b)


def write_bytes(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


def cut_short(write: Write, share: float, suffix: str) -> Case:
    """A case that opens the first part of a file."""

    def case(folder: Path) -> Scans:
        file, _, _ = write(folder / "whole", grey()).partition(":")
        content = Path(file).read_bytes()
        first_part = content[: int(len(content) * share)]
        return read_whole(open_own(write_bytes(folder / f"cut{suffix}", first_part)))

    return case


def text_with_suffix(suffix: str) -> Case:
    """A case that opens a text whose name says that it is an array."""

    def case(folder: Path) -> Scans:
        text = b"this is text, not an array of numbers" * 20
        return open_own(write_bytes(folder / f"a{suffix}", text))

    return case


def changed_images(change: Callable[[Array], Array], **options: Any) -> Case:
    """A case that reads images to which something was done."""

    def case(folder: Path) -> Scans:
        np.save(folder / "images.npy", change(grey().astype(np.float32)))
        return read_whole(open_own(f"{folder}/images.npy", **options))

    return case


def changed_masks(change: Callable[[Array], Array], **options: Any) -> Case:
    """A case that reads masks to which something was done."""

    def case(folder: Path) -> Scans:
        np.save(folder / "images.npy", grey())
        np.save(folder / "masks.npy", change(box_masks()))
        scans = open_own(f"{folder}/images.npy", f"{folder}/masks.npy", **options)
        return read_whole(scans)

    return case


def check_refusal(
    case: Case,
    pattern: str,
    folder: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A case is refused in a sentence that matches, and nothing else is written to the screen."""
    with pytest.raises(Refused) as refusal:
        case(folder)
    sentence = str(refusal.value)
    assert re.search(pattern, sentence), sentence
    assert "\n" not in sentence
    assert len(sentence) < 500 + len(str(folder)) * 3
    assert "Error" not in sentence
    assert capfd.readouterr() == ("", "")
