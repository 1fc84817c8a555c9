"""The user's own files: every format gives the same images, and every broken input one sentence."""

from pathlib import Path
from typing import Any

import h5py
import nibabel
import numpy as np
import pytest
import tifffile
import zarr
from PIL import Image

from harness.components.datasets.own import folder, volume
from harness.data.examine import sound
from harness.data.files import open, pairs
from harness.data.files.lazy import spooled
from harness.data.fingerprint import disjoint, fingerprint, overlap, slice_digests, stamp
from harness.data.refused import NoSplit, Refused
from harness.data.scans import Scans
from harness.data.splits import drawn, select
from harness.spec.catalogue import catalogue
from harness.spec.options import plain_value

DEPTH, HEIGHT, WIDTH = 12, 40, 56


def grey(seed: int = 0, depth: int = DEPTH) -> Any:
    return np.random.default_rng(seed).integers(0, 256, (depth, HEIGHT, WIDTH)).astype(np.uint8)


def truth(depth: int = DEPTH) -> Any:
    mask = np.zeros((depth, HEIGHT, WIDTH), np.uint8)
    mask[:, 10:30, 12:40] = 1
    return mask


def png_series(at: Path, stack: Any) -> str:
    at.mkdir(parents=True)
    for z, picture in enumerate(stack):
        Image.fromarray(picture).save(at / f"s{z}.png")  # s2 comes before s10
    return f"{at}/*.png"


def tif_series(at: Path, stack: Any) -> str:
    at.mkdir(parents=True)
    for z, picture in enumerate(stack):
        tifffile.imwrite(at / f"{z:02d}.tif", picture)
    return f"{at}/*.tif"


def tif_stack(at: Path, stack: Any) -> str:
    tifffile.imwrite(at.with_suffix(".tif"), stack)
    return str(at.with_suffix(".tif"))


def tif_packed(at: Path, stack: Any) -> str:
    tifffile.imwrite(at.with_suffix(".tif"), stack, compression="zlib")
    return str(at.with_suffix(".tif"))


def tif_imagej(at: Path, stack: Any) -> str:
    tifffile.imwrite(at.with_suffix(".tif"), stack, imagej=True)
    return str(at.with_suffix(".tif"))


def tif_lzw(at: Path, stack: Any) -> str:
    pages = [Image.fromarray(picture) for picture in stack]
    pages[0].save(
        at.with_suffix(".tif"), save_all=True, append_images=pages[1:], compression="tiff_lzw"
    )
    return str(at.with_suffix(".tif"))


def hdf5(at: Path, stack: Any) -> str:
    with h5py.File(at.with_suffix(".h5"), "w") as file:
        file.create_dataset("volumes/raw", data=stack, chunks=(5, 16, 16), compression="gzip")
        file.create_dataset("volumes/other", data=stack[:2])
    return f"{at.with_suffix('.h5')}:volumes/raw"


def zarr2(at: Path, stack: Any) -> str:
    zarr.create_array(str(at) + ".zarr", data=stack, chunks=(5, 16, 16), zarr_format=2)
    return str(at) + ".zarr"


def zarr3(at: Path, stack: Any) -> str:
    group = zarr.open_group(str(at) + ".zarr", mode="w", zarr_format=3)
    group.create_array(
        "0", data=stack[None, None], chunks=(1, 1, 5, 16, 16)
    )  # as OME-Zarr: time, channel, z, y, x
    return str(at) + ".zarr:0"


def nifti(at: Path, stack: Any) -> str:
    nibabel.save(nibabel.Nifti1Image(stack.transpose(2, 1, 0), np.eye(4)), str(at) + ".nii.gz")
    return str(at) + ".nii.gz"


def analyze(at: Path, stack: Any) -> str:
    nibabel.save(nibabel.Spm2AnalyzeImage(stack.transpose(2, 1, 0), np.eye(4)), str(at) + ".img")
    return str(at) + ".hdr"


def npy(at: Path, stack: Any) -> str:
    np.save(at.with_suffix(".npy"), stack)
    return str(at.with_suffix(".npy"))


def npz(at: Path, stack: Any) -> str:
    np.savez_compressed(at.with_suffix(".npz"), raw=stack, other=stack[:1])
    return f"{at.with_suffix('.npz')}:raw"


TIFFS = (tif_series, tif_stack, tif_packed, tif_imagej, tif_lzw)
FORMATS = (png_series, *TIFFS, hdf5, zarr2, zarr3, nifti, analyze, npy, npz)


def open_own(images: str, masks: str | None = None, split: str = "all", **options: Any) -> Any:
    return volume(split, Path("."), images=images, masks=masks, **options)


@pytest.fixture(scope="module")
def expected() -> str:
    held = Scans(grey(), truth(), [str(z) for z in range(DEPTH)], ["v"] * DEPTH)
    return fingerprint(held)


@pytest.mark.parametrize("write", FORMATS, ids=lambda f: f.__name__)
def test_every_format_gives_the_same_images_and_fingerprint(
    write: Any, tmp_path: Path, expected: str
) -> None:
    scans = open_own(write(tmp_path / "images", grey()), write(tmp_path / "masks", truth() * 255))
    assert scans.images.shape == (DEPTH, HEIGHT, WIDTH)
    assert scans.images.dtype == np.uint8
    np.testing.assert_array_equal(np.asarray(scans.images), grey())
    np.testing.assert_array_equal(scans.images[7], grey()[7])
    np.testing.assert_array_equal(scans.images[-2:], grey()[-2:])
    np.testing.assert_array_equal(np.asarray(scans.masks), truth())
    assert fingerprint(scans) == expected
    assert all(path.exists() for path in scans.sources)


@pytest.mark.parametrize("kind", [np.uint16, np.int16, np.float32], ids=str)
@pytest.mark.parametrize(
    "write", [tif_series, tif_packed, hdf5, zarr3, nifti, npy], ids=lambda f: f.__name__
)
def test_deeper_pixels_stay_as_they_are(write: Any, kind: Any, tmp_path: Path) -> None:
    stack = (grey().astype(np.float64) * 100).astype(kind)
    scans = open_own(write(tmp_path / "images", stack))
    assert scans.images.dtype == kind
    np.testing.assert_array_equal(np.asarray(scans.images), stack)
    eight = open_own(write(tmp_path / "again", stack), window=(0, 25500))
    np.testing.assert_array_equal(np.asarray(eight.images), grey())


def test_big_endian_and_other_axes_are_the_same_volume(tmp_path: Path) -> None:
    stack = grey().astype(np.uint16)
    tifffile.imwrite(tmp_path / "big.tif", stack, byteorder=">")
    np.save(tmp_path / "turned.npy", stack.transpose(2, 0, 1))
    tifffile.imwrite(tmp_path / "packed.tif", stack.transpose(2, 1, 0), compression="zlib")
    a = open_own(f"{tmp_path}/big.tif")
    b = open_own(f"{tmp_path}/turned.npy", axes="xzy")
    c = open_own(f"{tmp_path}/packed.tif", axes="xyz")
    assert fingerprint(a) == fingerprint(b) == fingerprint(c)


def test_colour_volumes(tmp_path: Path) -> None:
    colour = np.random.default_rng(0).integers(0, 256, (6, HEIGHT, WIDTH, 3)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", colour, photometric="rgb")
    np.save(tmp_path / "b.npy", colour.transpose(3, 0, 1, 2))
    a, b = open_own(f"{tmp_path}/a.tif"), open_own(f"{tmp_path}/b.npy", axes="czyx")
    assert a.images.shape == (6, HEIGHT, WIDTH, 3)
    assert fingerprint(a) == fingerprint(b)


def test_a_volume_larger_than_a_block_is_read_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.data.files.stored.LARGEST", 3 * HEIGHT * WIDTH)
    scans = open_own(hdf5(tmp_path / "a", grey()))
    np.testing.assert_array_equal(np.asarray(scans.images), grey())


def test_a_huge_volume_is_opened_by_its_header(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "huge.h5", "w") as file:
        data = file.create_dataset("raw", (4000, 4096, 4096), np.uint8, chunks=(1, 512, 512))
        data[1234, :512, :512] = 7
    scans = open_own(
        f"{tmp_path}/huge.h5", split="test", splits={"train": (0, 1000), "test": (1234, 1236)}
    )
    assert len(scans) == 2
    assert scans.ids[0] == "huge/1234"
    assert scans.images[0].sum() == 7 * 512 * 512


def test_images_are_decoded_once_into_a_mapped_file(tmp_path: Path) -> None:
    scans = open_own(hdf5(tmp_path / "a", grey()))
    mapped = spooled(scans.images, tmp_path / "images.npy")
    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, grey())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.h5", "images.npy"]


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", grey())
    scans, before = open_own(f"{tmp_path}/a.npz"), None
    before, old = fingerprint(scans), stamp(scans.sources)
    np.savez_compressed(tmp_path / "a.npz", grey(1))
    scans = open_own(f"{tmp_path}/a.npz")
    assert fingerprint(scans) != before
    assert stamp(scans.sources) != old


def test_masks_of_every_kind(tmp_path: Path) -> None:
    ids = np.cumsum(truth(), 1, dtype=np.int64) * truth() * 1000
    np.save(tmp_path / "i.npy", grey())
    np.save(tmp_path / "ids.npy", ids)
    np.save(tmp_path / "float.npy", truth().astype(np.float32))
    classes = truth() * 100
    classes[:, :5] = 200
    np.save(tmp_path / "classes.npy", classes)
    images = f"{tmp_path}/i.npy"
    objects = open_own(images, f"{tmp_path}/ids.npy", labels="instances")
    assert objects.classes == ()
    assert objects.masks[0].max() == ids.max()
    assert open_own(images, f"{tmp_path}/float.npy").masks[0].max() == 1
    named = open_own(
        images, f"{tmp_path}/classes.npy", classes={"none": 0, "cell": 100}, ignore=200
    )
    assert named.classes == ("none", "cell")
    assert named.ignore == 255
    assert sorted(np.unique(named.masks[0])) == [0, 1, 255]
    signed = truth().astype(np.int32)
    signed[:, :3] = -1
    np.save(tmp_path / "signed.npy", signed)
    left = open_own(images, f"{tmp_path}/signed.npy", labels="instances", ignore=-1)
    assert left.ignore == -1
    assert int(left.masks[0].min()) == -1


def test_splits_by_slice_range(tmp_path: Path) -> None:
    images = tif_stack(tmp_path / "v", grey())
    parts = {"train": (0, 7), "validation": (7, 9), "test": (9, 12)}
    train, test = (open_own(images, split=s, splits=parts) for s in ("train", "test"))
    assert train.ids[-1] == "v/0006"
    assert test.ids[0] == "v/0009"
    assert overlap(train, test) == []
    assert len(open_own(images, splits=parts)) == 12
    with pytest.raises(NoSplit) as none:
        open_own(images, split="validation", splits={"train": (0, 7)})
    assert isinstance(none.value, LookupError)


def test_the_same_slice_in_two_splits_is_found_by_content(tmp_path: Path) -> None:
    stack = grey()
    stack[11], stack[10], stack[1] = stack[2], 0, 0
    images = tif_stack(tmp_path / "v", stack)
    parts = {"train": (0, 7), "test": (9, 12)}
    train, test = (open_own(images, split=s, splits=parts) for s in ("train", "test"))
    assert overlap(train, test) == [("v/0002", "v/0011")]  # the two black slices do not count
    with pytest.raises(Refused, match=r"train and test share 1 images"):
        disjoint(train, test)
    assert len(set(slice_digests(train))) == 7


def test_folder_pairs_by_name_and_splits_by_group(tmp_path: Path) -> None:
    for name in ("img", "gt"):
        (tmp_path / name).mkdir()
    for patient in range(6):
        for i in range(3):
            size = (20 + patient, 30)
            Image.fromarray(np.full(size, 10 * patient + i, np.uint8)).save(
                tmp_path / f"img/p{patient}_{i}.png"
            )
            mask = np.zeros(size, np.uint8)
            mask[5:9, 5:9] = 255
            Image.fromarray(mask).save(tmp_path / f"gt/p{patient}_{i}_mask.png")

    def part(split: str, **options: Any) -> Any:
        masks = f"{tmp_path}/gt/{{stem}}_mask.png"
        return folder(split, Path("."), images=f"{tmp_path}/img/*.png", masks=masks, **options)

    fractions = {"train": 0.5, "validation": 0.2, "test": 0.3}
    found = {s: part(s, splits=fractions, group=r"(p\d+)_", seed=3) for s in fractions}
    groups = [set(s.groups) for s in found.values()]
    assert sum(len(s) for s in found.values()) == 18
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert len(found["train"]) == 9
    assert found["train"].ids == part("train", splits=fractions, group=r"(p\d+)_", seed=3).ids
    assert found["train"].ids != part("train", splits=fractions, group=r"(p\d+)_", seed=4).ids
    by_name = part("test", splits={"train": "p[0-3]*", "test": ["p4*", "p5*"]})
    assert by_name.ids[0] == "p4_0"
    assert len(by_name) == 6
    assert by_name.masks[0].max() == 1
    assert len(select(by_name, [1, 3])) == 2


def test_fractions_fill_every_split() -> None:
    groups = [f"g{i}" for i in range(4)]
    parts = {"train": 0.9, "validation": 0.05, "test": 0.05}
    found = [drawn("x", groups, parts, split, seed) for seed in range(20) for split in parts]
    assert all(found)
    assert all(sum(map(len, found[i : i + 3])) == 4 for i in range(0, 60, 3))
    half = drawn("x", [f"g{i}" for i in range(100)], {"train": 0.3, "test": 0.2}, "train", 0)
    assert len(half) == 30


def test_options_are_the_schema_of_a_study_file() -> None:
    own = catalogue("dataset")["volume"]
    assert repr(own.options["images"].default) == "required"
    assert plain_value(own.options["splits"].type, {"train": [0, 12]}) == {"train": [0, 12]}
    assert plain_value(own.options["window"].type, [0, 4095]) == [0, 4095]
    assert plain_value(own.options["classes"].type, {"cell": 3}) == {"cell": 3}
    for wrong, value in (
        ("axes", "zxyz"),
        ("labels", "binry"),
        ("window", "imge"),
        ("splits", {"train": [0, 1, 2]}),
    ):
        with pytest.raises(ValueError, match=r"should|is not one of|imge"):
            plain_value(own.options[wrong].type, value)


# Broken inputs: a function that writes them and opens them, and what the sentence must say.


def _bytes(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


def _cut(write: Any, part: float, suffix: str) -> Any:
    def case(at: Path) -> Scans:
        whole = Path(write(at / "whole", grey()).split(":")[0])
        return sound(
            open_own(
                _bytes(at / f"cut{suffix}", whole.read_bytes()[: int(whole.stat().st_size * part)])
            )
        )

    return case


def _text_named_tif(at: Path) -> Scans:
    return open_own(_bytes(at / "a.tif", b"hello world"))


def _empty_png(at: Path) -> Scans:
    return folder("all", at, images=_bytes(at / "a.png", b""))


def _text_named(suffix: str) -> Any:
    return lambda at: open_own(
        _bytes(at / f"a{suffix}", b"this is text, not an array of numbers" * 20)
    )


def _masks(change: Any, **options: Any) -> Any:
    def case(at: Path) -> Scans:
        np.save(at / "images.npy", grey())
        np.save(at / "masks.npy", change(truth()))
        return sound(open_own(f"{at}/images.npy", f"{at}/masks.npy", **options))

    return case


def _images(change: Any, **options: Any) -> Any:
    def case(at: Path) -> Scans:
        np.save(at / "images.npy", change(grey().astype(np.float32)))
        return sound(open_own(f"{at}/images.npy", **options))

    return case


def _with_nan(stack: Any) -> Any:
    stack[3, 4, 5] = np.nan
    return stack


def _negative(mask: Any) -> Any:
    return mask.astype(np.int16) - 2


def _bomb_tif(at: Path) -> Scans:
    # A page of 1.6 GB whose strips are claimed to be a few bytes long.
    tifffile.imwrite(at / "a.tif", np.zeros((64, 64), np.uint8), compression="zlib", metadata=None)
    raw = bytearray((at / "a.tif").read_bytes())
    with tifffile.TiffFile(at / "a.tif") as file:
        page: Any = file.pages[0]
        for tag in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            place = page.tags[tag]
            size = {3: 2, 4: 4}[int(place.dtype)]
            raw[place.valueoffset : place.valueoffset + size] = (40000).to_bytes(size, "little")
    return folder("all", at, images=_bytes(at / "a.tif", bytes(raw)))


def _bomb_npz(at: Path) -> Scans:
    import zipfile

    head = b"\x93NUMPY\x01\x00"
    said = (
        b"{'descr': '|u1', 'fortran_order': False, 'shape': (3000, 2000, 2000), }".ljust(117)
        + b"\n"
    )
    with zipfile.ZipFile(at / "a.npz", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("raw.npy", head + len(said).to_bytes(2, "little") + said + b"\0" * 1000)
    return open_own(f"{at}/a.npz")


def _bomb_png(at: Path) -> Scans:
    Image.new("1", (20000, 20000)).save(at / "a.png")
    return folder("all", at, images=f"{at}/a.png")


def _key(key: str) -> Any:
    return lambda at: open_own(hdf5(at / "a", grey()).split(":")[0] + key)


def _no_key(at: Path) -> Scans:
    return open_own(hdf5(at / "a", grey()).split(":")[0])


def _wrong_axes(at: Path) -> Scans:
    np.save(at / "i.npy", grey())
    np.save(at / "m.npy", truth().transpose(1, 2, 0))
    return open_own(f"{at}/i.npy", f"{at}/m.npy")


def _gap(at: Path) -> Scans:
    images = tif_series(at / "i", grey())
    masks = tif_series(at / "m", truth())
    (at / "i/05.tif").unlink()
    (at / "m/06.tif").unlink()
    return open_own(images, masks)


def _another_size(at: Path) -> Scans:
    images = tif_series(at / "i", grey())
    tifffile.imwrite(at / "i/05.tif", grey()[0, :20])
    return open_own(images)


def _another_kind(at: Path) -> Scans:
    images = tif_series(at / "i", grey())
    tifffile.imwrite(at / "i/05.tif", grey()[0].astype(np.uint16))
    return open_own(images)


def _planes(at: Path) -> Scans:
    tifffile.imwrite(at / "a.tif", grey(depth=3))
    return open_own(f"{at}/a.tif")


def _two_series(at: Path) -> Scans:
    with tifffile.TiffWriter(at / "a.tif") as file:
        file.write(grey(), metadata=None)
        file.write(np.zeros((5, 7), np.uint16), metadata=None)
    return open_own(f"{at}/a.tif")


def _transparent(at: Path) -> Scans:
    Image.fromarray(np.random.default_rng(0).integers(0, 200, (9, 9, 4)).astype(np.uint8)).save(
        at / "a.png"
    )
    return sound(folder("all", at, images=f"{at}/a.png"))


def _mask_missing(at: Path) -> Scans:
    png_series(at / "i", grey())
    png_series(at / "m", truth()[:4])
    return folder("all", at, images=f"{at}/i/*.png", masks=f"{at}/m/*.png")


def _colour_mask(at: Path) -> Scans:
    np.save(at / "i.npy", grey())
    np.save(
        at / "m.npy", np.random.default_rng(0).integers(0, 9, (*grey().shape, 3)).astype(np.uint8)
    )
    return sound(open_own(f"{at}/i.npy", f"{at}/m.npy"))


def _damaged_zarr(at: Path) -> Scans:
    path = Path(zarr2(at / "a", grey()))
    (path / ".zarray").write_text("{")
    return open_own(str(path))


def _n5(at: Path) -> Scans:
    (at / "a.n5").mkdir()
    (at / "a.n5/attributes.json").write_text("{}")
    return open_own(f"{at}/a.n5")


def _damaged_chunk(at: Path) -> Scans:
    path = Path(zarr2(at / "a", grey()))
    chunk = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))[0]
    chunk.write_bytes(b"\x02\x01!garbage")
    return sound(open_own(str(path)))


def _split(splits: Any, split: str = "train") -> Any:
    return lambda at: open_own(tif_stack(at / "v", grey()), split=split, splits=splits)


BROKEN: dict[str, tuple[Any, str]] = {
    "text named .tif": (_text_named_tif, "not a TIFF file, it starts with b'hell'"),
    "cut tif": (_cut(tif_stack, 0.5, ".tif"), "cut short"),
    "cut packed tif": (_cut(tif_packed, 0.6, ".tif"), "cut short"),
    "cut lzw tif": (_cut(tif_lzw, 0.5, ".tif"), "cut short"),
    "cut imagej tif": (_cut(tif_imagej, 0.5, ".tif"), "cut short"),
    "cut hdf5": (_cut(hdf5, 0.5, ".h5"), "cut short"),
    "cut npy": (_cut(npy, 0.5, ".npy"), "cut short"),
    "cut npz": (_cut(npz, 0.5, ".npz"), "cut short"),
    "cut nifti": (_cut(nifti, 0.5, ".nii.gz"), "damaged|cut short"),
    "empty png": (_empty_png, "the file is empty"),
    "text named .h5": (_text_named(".h5"), "no HDF5 file"),
    "text named .npy": (_text_named(".npy"), "no NumPy file"),
    "text named .nii": (_text_named(".nii"), "no NIfTI"),
    "unknown ending": (_text_named(".docx"), "files of this kind are not read; TIFF"),
    "nothing there": (
        lambda at: open_own(f"{at}/none/*.tif"),
        "there is no such file; .* holds nothing",
    ),
    "masks of another shape": (
        _masks(lambda m: m[:, :20]),
        r"the masks are 12 x 20 x 56 .* are 12 x 40 x 56",
    ),
    "fewer masks": (_masks(lambda m: m[:7]), "the masks are 7 x 40 x 56"),
    "masks in another order": (_wrong_axes, "in another order; say how each is stored"),
    "empty masks": (_masks(lambda m: m * 0), "every mask is empty"),
    "negative labels": (
        _masks(_negative),
        "masks.npy, slice 0: the mask holds -2; labels are 0 or",
    ),
    "labels between integers": (
        _masks(lambda m: m * 0.5),
        "the mask holds 0.5; labels are whole numbers",
    ),
    "nan labels": (_masks(lambda m: m * np.nan), "the mask holds NaN"),
    "several labels taken for two": (
        _masks(lambda m: m * 7),
        "mask holds 0, 7; a binary mask .*labels: instances",
    ),
    "0, 1 and 255": (
        _masks(lambda m: np.where(np.arange(WIDTH) > 20, 255, 1) * m),
        "the mask holds 0, 1, 255; a bin",
    ),
    "a class without a name": (
        _masks(lambda m: m * 7, classes={"a": 0, "b": 1}),
        "holds 7; the classes stand for",
    ),
    "classes without names": (_masks(lambda m: m, labels="classes"), "needs names and values"),
    "colour mask": (_colour_mask, "a mask in colours"),
    "one slice": (_images(lambda i: i[:1]), "it holds one slice"),
    "no slice": (_images(lambda i: i[:0]), "it is empty"),
    "nan pixels": (_images(_with_nan), "images.npy, slice 3: 1 pixels are NaN"),
    "constant images": (_images(lambda i: i * 0 + 3), "every image holds one single value"),
    "complex pixels": (_images(lambda i: i.astype(np.complex64)), "complex64 are no grey values"),
    "missing key": (_key(":volumes/rav"), "no array 'volumes/rav'; did you mean 'volumes/raw'"),
    "no key": (_no_key, "several arrays .*say which"),
    "tif bomb": (_bomb_tif, "would become 1.6 GB in memory"),
    "npz bomb": (_bomb_npz, "would become 12.0 GB in memory"),
    "png bomb": (_bomb_png, "too large a picture"),
    "a section is missing": (_gap, "the numbers differ"),
    "a section of another size": (_another_size, "it is 20 x 56, but 00.tif is 40 x 56"),
    "a section of another depth": (
        _another_kind,
        "its pixels are uint16, but those of 00.tif are uint8",
    ),
    "three planes": (_planes, r"zyx \(sections\) or cyx \(colours\)"),
    "two series": (_two_series, "it holds 2 different pictures"),
    "transparent picture": (_transparent, "part of it is transparent"),
    "a picture without mask": (_mask_missing, r"there is no mask .*\(8 of 12 pictures have none\)"),
    "damaged zarr": (_damaged_zarr, "metadata are damaged"),
    "damaged chunk": (_damaged_chunk, "cannot be decoded"),
    "n5": (_n5, "N5 is not read by zarr"),
    "no splits": (
        _split(None),
        r"say splits: \{train: \[0, 8\], validation: \[8, 10\], test: \[10, 12\]\}",
    ),
    "splits that overlap": (
        _split({"train": (0, 8), "test": (6, 12)}),
        "slices 6 to 7 stand in train and in test",
    ),
    "a split beyond the end": (
        _split({"train": (0, 13)}),
        r"\[0, 13\] is no range of its 12 slices",
    ),
    "a split misspelt": (_split({"trian": (0, 3)}), "did you mean 'train'"),
    "a split that is not there": (
        _split({"train": (0, 3)}, "test"),
        "no split 'test'; it has train, all",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_gets_one_sentence(
    name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    case, says = BROKEN[name]
    with pytest.raises(Refused, match=says) as refused:
        case(tmp_path)
    sentence = str(refused.value)
    assert "\n" not in sentence
    assert len(sentence) < 500 + len(str(tmp_path)) * 3
    assert "Error" not in sentence
    assert capfd.readouterr() == ("", "")


def test_reading_writes_nothing(tmp_path: Path) -> None:
    images = tif_stack(tmp_path / "v", grey())
    before = sorted(tmp_path.rglob("*"))
    fingerprint(open_own(images))
    assert sorted(tmp_path.rglob("*")) == before


def test_numbers_order_files() -> None:
    names = sorted(map(Path, ("a10.png", "a9.png", "b1.png", "a.png")), key=open.by_number)
    assert [p.name for p in names] == ["a9.png", "a10.png", "a.png", "b1.png"]
    assert open.named("C/x.h5:a/b") == ("C/x.h5", "a/b")
    assert open.named("a.tif") == ("a.tif", "")
    assert pairs.groups(["x", "y"], [], None) == ["x", "y"]
