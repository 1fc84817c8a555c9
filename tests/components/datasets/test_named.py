"""Named data sets on small or empty files of the true layout; vnc on the real one where it is here."""

import json
import os
from pathlib import Path
from typing import Any

import h5py
import nibabel
import numpy as np
import pytest
import tifffile
from PIL import Image

from harness.components.datasets.named.histology import bbbc041_crops
from harness.data.examine import examine
from harness.data.fetch.fetch import check
from harness.data.fetch.sources import declared_sources, sources
from harness.data.preview import contact_sheet
from harness.data.refused import Refused
from harness.spec.catalogue import catalogue, load_component
from tests.made.volumes import images_in_both

REAL = Path(os.environ.get("HARNESS_TEST_DATA", "/work/shared/data"))
OURS = {
    *(
        "snemi3d",
        "lucchi",
        "lucchi_pp",
        "kasthuri_pp",
        "vnc",
        "mitoem_h",
        "mitoem_r",
        "gf_pa66",
        "bbbc039",
        "dsb2018",
    ),
    *(
        "hoechst",
        "helacytonuc",
        "sbiad895",
        "sbiad634",
        "sbiad1026",
        "sbiad1196",
        "sbiad1410",
        "flywing",
        "ovules",
    ),
    *("pnas", "ms_cct", "fets2021", "iseg2019", "mnms", "volume", "folder"),
}
needs_vnc = pytest.mark.skipif(
    not (REAL / "vnc/stack1").is_dir(), reason=f"the real VNC data are not in {REAL}/vnc"
)


def opened(name: str, split: str, home: Path, **options: Any) -> Any:
    return load_component("dataset", name)(split, home, **options)


def png(path: Path, image: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(image)).save(path)
    return path


def tif(path: Path, image: Any, **how: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(path, np.asarray(image), **how)
    return path


def copies(first: Path, names: list[str]) -> None:
    """The same file under many names, without the disk that copies would take."""
    for name in names:
        if not (first.parent / name).exists():
            os.link(first, first.parent / name)


def sparse(path: Path, shape: tuple[int, ...]) -> Any:
    path.parent.mkdir(parents=True, exist_ok=True)
    return tifffile.memmap(path, shape=shape, dtype=np.uint8)


def nifti(path: Path, volume: Any, kind: Any = nibabel.Nifti1Image) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(kind(np.asarray(volume), np.eye(4)), path)
    return path


def noise(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize("name", sorted(OURS))
def test_every_data_set_says_what_it_is_and_what_to_do_where_it_is_missing(
    name: str, tmp_path: Path
) -> None:
    found = catalogue("dataset")[name]
    assert found.sentence
    assert found.facts.licence
    assert found.facts.splits
    if name in ("volume", "folder"):
        return
    assert found.facts.citation
    assert found.facts.url
    assert found.facts.tasks
    with pytest.raises(
        Refused, match=rf"{name} is not here; (run `harness data fetch {name}`|register at )"
    ):
        opened(name, "train", tmp_path)
    if found.facts.access:
        with pytest.raises(
            Refused, match=r"cannot be downloaded; register at .* put .* into HARNESS_DATA/"
        ):
            sources(name)
        return
    for source in sources(name):
        assert source.url.startswith("http")
        assert source.to
        assert source.sha256 is None or len(source.sha256) == 64


def test_sources_belong_to_data_sets() -> None:
    assert set(declared_sources()) - OURS == {"bbbc041"}
    assert len(sources("sbiad1410")) == 30
    assert len(sources("sbiad1196")) == 24
    assert sources("sbiad1196")[1].to == "gt/patchvolume_000.nii.gz"
    with pytest.raises(Refused, match=r"did you mean 'lucchi'"):
        sources("luchi")


@needs_vnc
def test_vnc_real() -> None:
    parts = [opened("vnc", split, REAL) for split in ("train", "validation", "test")]
    assert [len(p) for p in parts] == [12, 3, 5]
    assert parts[0].images.shape == (12, 1024, 1024)
    contents = examine(opened("vnc", "all", REAL))
    # A threshold at 127 would give .0447: three of the twenty masks are one-bit pictures.
    assert contents.fractions["mitochondria"] == pytest.approx(0.053877, abs=1e-6)
    assert contents.problems == []
    assert contents.notes == []
    membranes = examine(opened("vnc", "all", REAL, task="membranes"))
    assert membranes.fractions["membranes"] == pytest.approx(0.203772, abs=1e-6)
    regions = opened("vnc", "train", REAL, task="regions")
    assert len(regions.classes) == 9
    assert int(regions.masks[0].max()) == 8


@needs_vnc
def test_vnc_halves_and_the_second_stack() -> None:
    left, right = (opened("vnc", split, REAL, cuts="halves") for split in ("train", "test"))
    whole = opened("vnc", "all", REAL)
    np.testing.assert_array_equal(
        np.concatenate([left.images[3], right.images[3]], 1), whole.images[3]
    )
    np.testing.assert_array_equal(
        np.concatenate([left.masks[3], right.masks[3]], 1), whole.masks[3]
    )
    assert not set(left.ids) & set(right.ids)
    assert images_in_both(left, right) == []
    second = opened("vnc", "all", REAL, stack=2)
    assert second.masks is None
    assert len(second) == 20
    assert images_in_both(second, whole) == []
    with pytest.raises(Refused, match=r"has no split 'validation'"):
        opened("vnc", "validation", REAL, cuts="halves")
    with pytest.raises(Refused, match=r"there is no stack1/synapses"):
        opened("vnc", "all", REAL, task="synapses")


@needs_vnc
def test_vnc_check_and_preview() -> None:
    report = check("vnc", REAL)
    assert report.is_usable
    assert report.splits == {"train": 12, "validation": 3, "test": 5}
    assert report.notes == ()
    sheet = contact_sheet(opened("vnc", "test", REAL), most=2, width=100)
    assert sheet.size[0] > 400
    assert len(set(sheet.resize((50, 25)).tobytes())) > 30


def test_vnc_one_bit_masks(tmp_path: Path) -> None:
    image, mask = noise(1024, 1024), np.zeros((1024, 1024), np.uint8)
    mask[:100, :100] = 255
    mask[100, :100] = 60  # a grey edge
    raw = tif(tmp_path / "vnc/groundtruth-4a5f051/stack1/raw/00.tif", image)
    copies(raw, [f"{z:02d}.tif" for z in range(20)])
    at = raw.parent.parent / "mitochondria"
    copies(png(at / "00.png", mask), [f"{z:02d}.png" for z in range(20) if z != 7])
    png(at / "07.png", mask > 127)
    scans = opened("vnc", "all", tmp_path)
    assert Image.open(at / "07.png").mode == "1"
    assert int(scans.masks[0].sum()) == int(scans.masks[7].sum()) == 10000


def test_snemi(tmp_path: Path) -> None:
    (tmp_path / "snemi3d").mkdir()
    with h5py.File(tmp_path / "snemi3d/snemi_train.h5", "w") as file:
        for key in ("volumes/raw", "volumes/labels/neuron_ids"):
            kind = np.uint16 if "labels" in key else np.uint8
            data = file.create_dataset(key, (100, 1024, 1024), kind, chunks=(1, 64, 64))
            data[70, :10, :10] = 200
    parts = {split: opened("snemi3d", split, tmp_path) for split in ("train", "validation", "test")}
    assert [len(p) for p in parts.values()] == [70, 15, 15]
    assert parts["validation"].masks[0].sum() == 100
    assert parts["validation"].classes == ("membrane", "neurite")
    objects = opened("snemi3d", "validation", tmp_path, task="instances")
    assert objects.classes == ()
    assert objects.masks[0].max() == 200
    with h5py.File(tmp_path / "snemi3d/snemi_train.h5", "w") as file:
        for key in ("volumes/raw", "volumes/labels/neuron_ids"):
            file.create_dataset(key, (99, 1024, 1024), np.uint8, chunks=(1, 64, 64))
    with pytest.raises(Refused, match=r"99 x 1024 x 1024 .* this data set has 100 x 1024 x 1024"):
        opened("snemi3d", "train", tmp_path)


def test_lucchi(tmp_path: Path) -> None:
    for name in ("training", "training_groundtruth", "testing", "testing_groundtruth"):
        volume = sparse(tmp_path / f"lucchi/{name}.tif", (165, 768, 1024))
        volume[39 if "truth" in name else 0, :4, :4] = 255
        volume.flush()
    assert [len(opened("lucchi", split, tmp_path)) for split in ("train", "test")] == [165, 165]
    parts = [opened("lucchi", s, tmp_path, cuts="ranking") for s in ("train", "validation", "test")]
    assert [len(p) for p in parts] == [165, 40, 125]
    assert parts[1].ids[-1] == "testing/0039"
    assert parts[1].masks[39].sum() == 16
    with pytest.raises(Refused, match=r"has no split 'validation'; it has train, test, all"):
        opened("lucchi", "validation", tmp_path)


def test_the_re_labelled_sets_keep_train_and_test_apart(tmp_path: Path) -> None:
    """One popular loader takes Test_In for training; here the names decide."""
    for part, grey in (("Train", 10), ("Test", 20)):
        raw = png(
            tmp_path / f"lucchi_pp/Lucchi++/{part}_In/mask0000.png",
            np.full((768, 1024), grey, np.uint8),
        )
        copies(raw, [f"mask{z:04d}.png" for z in range(165)])
        out = raw.parent.parent / f"{part}_Out"
        colours = np.zeros((768, 1024, 4), np.uint8)
        copies(png(out / "0.png", colours), [f"{z}.png" for z in range(165) if z != 12])
        colours[:5, :5] = 255
        png(out / "12.png", colours)  # 12 comes after 2 and before 100
    train, test = (opened("lucchi_pp", s, tmp_path) for s in ("train", "test"))
    assert train.images[0][0, 0] == 10
    assert test.images[0][0, 0] == 20
    assert len(train) == 165
    assert train.masks[12].sum() == 25
    assert train.masks[1].sum() == 0
    assert len(opened("lucchi_pp", "all", tmp_path)) == 330
    (tmp_path / "lucchi_pp/Lucchi++/Train_In/mask0100.png").unlink()
    with pytest.raises(
        Refused, match=r"164 x 768 x 1024 .* has 165 x 768 x 1024, so files are missing"
    ):
        opened("lucchi_pp", "train", tmp_path)


def test_kasthuri_ignores_what_lies_outside_the_tissue(tmp_path: Path) -> None:
    for part, (count, high, wide) in {"Train": (85, 1463, 1613), "Test": (75, 1334, 1553)}.items():
        raw = png(
            tmp_path / f"kasthuri_pp/Kasthuri++/{part}_In/mask0000.png",
            np.zeros((high, wide), np.uint8),
        )
        copies(raw, [f"mask{z:04d}.png" for z in range(count)])
        colours = np.zeros((high, wide, 3), np.uint8)
        colours[:2], colours[2:4] = 2, 255
        out = png(raw.parent.parent / f"{part}_Out/mask0000.png", colours)
        copies(out, [f"mask{z:04d}.png" for z in range(count)])
    train = opened("kasthuri_pp", "train", tmp_path)
    assert train.ignore == 255
    assert np.unique(train.masks[0]).tolist() == [0, 1, 255]
    assert (train.masks[0][:2] == 255).all()
    assert (train.masks[0][2:4] == 1).all()
    assert len(train) == 85
    assert len(opened("kasthuri_pp", "test", tmp_path)) == 75


def test_mitoem(tmp_path: Path) -> None:
    raw = png(tmp_path / "mitoem_r/im/im0000.png", np.zeros((4096, 4096), np.uint8))
    copies(raw, [f"im{z:04d}.png" for z in range(1000)])
    mask = np.zeros((4096, 4096), np.uint16)
    mask[0, :3] = 1, 2, 900
    for part, numbers in (("train", range(400)), ("val", range(400, 500))):
        first = tif(
            tmp_path / f"mitoem_r/mito-{part}-v2/seg{numbers[0]:04d}.tif", mask, compression="zlib"
        )
        copies(first, [f"seg{z:04d}.tif" for z in numbers])
    assert [len(opened("mitoem_r", s, tmp_path)) for s in ("train", "validation", "test")] == [
        300,
        50,
        150,
    ]
    test = opened("mitoem_r", "test", tmp_path, task="instances")
    assert test.ids[0] == "mitoem_r/0350"
    assert test.masks[149].max() == 900
    assert opened("mitoem_r", "validation", tmp_path, cuts="official").masks[0].sum() == 3
    with pytest.raises(Refused, match=r"has no split 'test'"):
        opened("mitoem_r", "test", tmp_path, cuts="official")
    (tmp_path / "mitoem_r/mito-val-v2/seg0444.tif").unlink()
    with pytest.raises(Refused, match=r"seg0444.tif: the slice is missing, with 0 others"):
        opened("mitoem_r", "test", tmp_path)


@pytest.mark.parametrize("shape", [(1900, 1040, 1300), (1300, 1040, 1900)])
def test_gf_pa66_leaves_a_gap(tmp_path: Path, shape: tuple[int, int, int]) -> None:
    (tmp_path / "gf_pa66").mkdir()
    with h5py.File(tmp_path / "gf_pa66/pa66_volumes.h5", "w") as file:
        for key in ("pa66/pa66", "pa66/ground_truth"):
            data = file.create_dataset(key, shape, np.uint8, chunks=(10, 104, 10))
            at = (1600, 0, slice(0, 3)) if shape[0] == 1900 else (slice(0, 3), 0, 1600)
            data[at] = [0, 1, 2]
    train, test = (opened("gf_pa66", split, tmp_path) for split in ("train", "test"))
    assert (len(train), len(test)) == (1300, 300)
    assert train.ids[-1] == "gf_pa66/1299"
    assert test.ids[0] == "gf_pa66/1600"
    assert test.images.shape[1:] == (1040, 1300)
    assert test.masks[0][0, :4].tolist() == [0, 1, 0, 0]
    assert opened("gf_pa66", "test", tmp_path, task="phases").masks[0][0, :4].tolist() == [
        0,
        1,
        2,
        0,
    ]
    assert len(opened("gf_pa66", "validation", tmp_path, cuts="tomo2seg")) == 154


def test_bbbc039_and_dsb(tmp_path: Path) -> None:
    names = ["IXMtest_A02_s1_w1AB", "IXMtest_A03_s1_w1AC"]
    mask = np.zeros((20, 30, 4), np.uint8)
    mask[2:6, 2:6, 0] = mask[10:14, 10:14, 0] = 7  # one number on two nuclei
    mask[..., 3] = 255
    for i, name in enumerate(names):
        tif(tmp_path / f"bbbc039/images/{name}.tif", noise(20, 30, seed=i).astype(np.uint16) * 16)
        png(tmp_path / f"bbbc039/masks/{name}.png", mask)
    (tmp_path / "bbbc039/metadata").mkdir()
    (tmp_path / "bbbc039/metadata/training.txt").write_text(f"{names[0]}.png\n{names[1]}.png\n")
    (tmp_path / "bbbc039/metadata/test.txt").write_text("IXMtest_A09_s1_w1AX.png\n")
    train = opened("bbbc039", "train", tmp_path, task="instances")
    assert train.masks[0].max() == 2
    assert train.images.dtype == np.uint16
    assert train.classes == ()
    assert opened("bbbc039", "train", tmp_path).masks[0].sum() == 32
    with pytest.raises(Refused, match=r"IXMtest_A09_s1_w1AX.tif: there is no such file"):
        opened("bbbc039", "test", tmp_path)
    for i, part in enumerate(("train", "test")):
        tif(tmp_path / f"dsb2018/dsb2018/{part}/images/a{i}.tif", noise(20, 30))
        tif(tmp_path / f"dsb2018/dsb2018/{part}/masks/a{i}.tif", mask[..., 0].astype(np.uint16))
    assert opened("dsb2018", "test", tmp_path).ids == ["a1"]
    assert len(opened("dsb2018", "all", tmp_path)) == 2
    with pytest.raises(Refused, match=r"no split 'validation'"):
        opened("dsb2018", "validation", tmp_path)


def test_hoechst_objects_have_colours(tmp_path: Path) -> None:
    mask = np.zeros((20, 30, 3), np.uint8)
    mask[2:6, 2:6], mask[2:6, 6:9], mask[10:14, 10:14] = (
        (255, 0, 0),
        (0, 255, 0),
        (255, 0, 0),
    )  # two of them touch
    png(tmp_path / "hoechst/development_nuclei/images/png/M_1.png", noise(20, 30))
    png(tmp_path / "hoechst/development_nuclei/annotations/M_1_objects.png", mask)
    scans = opened("hoechst", "validation", tmp_path, task="instances")
    assert scans.masks[0].max() == 3
    assert scans.ids == ["M_1"]


@pytest.mark.parametrize("planar", [False, True])
def test_helacytonuc_channels(tmp_path: Path, planar: bool) -> None:
    image = np.zeros((20, 30, 3), np.uint8)
    image[..., 0], image[..., 2] = 10, 30
    image = image.transpose(2, 0, 1) if planar else image
    first = tif(tmp_path / "helacytonuc/test/images/0.tif", image, photometric="rgb")
    copies(first, [f"{i}.tif" for i in range(268)])
    for what, n in (("nuclei", 1), ("cytoplasm", 2)):
        mask = tif(
            tmp_path / f"helacytonuc/test/{what}_masks/0.tif", np.full((20, 30), n, np.uint16)
        )
        copies(mask, [f"{i}.tif" for i in range(268)])
    nuclei = opened("helacytonuc", "test", tmp_path)
    assert nuclei.images.shape == (268, 20, 30)
    assert nuclei.images[0][0, 0] == 30
    assert nuclei.ids[10] == "test/10"
    cells = opened(
        "helacytonuc", "test", tmp_path, objects="cytoplasm", channel="rgb", task="instances"
    )
    assert cells.images.shape == (268, 20, 30, 3)
    assert cells.masks[5].max() == 2
    (first.parent / "100.tif").unlink()
    with pytest.raises(Refused, match=r"267 pictures, there should be 268"):
        opened("helacytonuc", "test", tmp_path)


def test_sbiad895_leaves_out_masks_of_other_pictures(tmp_path: Path) -> None:
    stem = "cell migration R1 - Position 0_XY1562686096_Z0_T00_C1-1-image"
    for what in ("Images", "Masks"):
        first = tif(
            tmp_path / f"sbiad895/Stardist/Training - {what}/{stem}1.tif",
            np.ones((8, 9), np.uint16),
        )
        copies(first, [f"{stem}{i}.tif" for i in (7, 14, 17, *range(100, 141))])
        first = tif(
            tmp_path / f"sbiad895/Stardist/Test - {what}/t1.tif", np.ones((8, 9), np.uint16)
        )
        copies(first, ["t2.tif"])
    train = opened("sbiad895", "train", tmp_path)
    assert len(train) == 43
    assert stem + "17" in train.ids
    assert not {stem + "7", stem + "14"} & set(train.ids)
    assert len(opened("sbiad895", "train", tmp_path, copies=True)) == 45
    assert len(opened("sbiad895", "test", tmp_path)) == 2


def test_sbiad634_takes_the_lists_and_one_channel(tmp_path: Path) -> None:
    kinds = {"Ganglioneuroblastoma": 11, "Neuroblastoma": 18, "normal": 41, "otherspecimen": 10}
    names = [f"{kind}_{i}.tif" for kind, n in kinds.items() for i in range(n)]
    names.remove("Ganglioneuroblastoma_5.tif")
    planes = np.stack([noise(20, 30)] * 3)
    first = tif(tmp_path / "sbiad634/dataset/rawimages/normal_0.tif", noise(20, 30))
    tif(first.parent / "normal_1.tif", planes, photometric="rgb")
    copies(first, names)
    copies(
        tif(tmp_path / "sbiad634/dataset/groundtruth/normal_0.tif", np.ones((20, 30), np.uint16)),
        names,
    )
    train, test = (opened("sbiad634", s, tmp_path) for s in ("train", "test"))
    assert (len(train), len(test)) == (42, 37)
    assert set(train.ids) | set(test.ids) == {n[:-4] for n in names}
    assert {s[:2] for s in train.images.shapes} == {(20, 30)}
    assert train.images.shape == (42, 20, 30)


def test_go_nuclear_masks_are_turned_and_cut(tmp_path: Path) -> None:
    for name in ("1135", "1136", "1137"):
        at = tmp_path / f"sbiad1026/Training image dataset_Tiff Files/{name}"
        masks = np.zeros((7, 22, 30), np.uint16)
        masks[:, -1, :] = 5  # the last row of the file is the first of the image
        tif(at / f"{name}_n_H2BtdTomato.tif", noise(6, 20, 31))
        tif(at / f"{name}_n_stain_StarDist_goldGT.tiff", masks)
    train = opened("sbiad1026", "train", tmp_path)
    assert len(train) == 6 + 6 + 5
    assert train.images.shape[1:] == (20, 30)
    assert train.masks[0][0].all()
    assert train.masks[0][1:].sum() == 0
    assert len(opened("sbiad1026", "train", tmp_path, sections=(1, 3))) == 6


def test_selma_and_movies(tmp_path: Path) -> None:
    nifti(
        tmp_path / "sbiad1196/raw/patchvolume_008_0000.nii.gz",
        np.zeros((9, 8, 5), np.float32) + np.arange(5),
    )
    nifti(tmp_path / "sbiad1196/gt/patchvolume_008.nii.gz", np.ones((9, 8, 5), np.uint8))
    scans = opened("sbiad1196", "validation", tmp_path)
    assert scans.images.shape == (5, 8, 9)
    assert scans.images[3].max() == 3
    names = load_component("dataset", "sbiad1410").__globals__["MOVIES"]["train"]
    for name in names:
        frames = 147 if name == "20220812_e1" else 4
        at = tmp_path / f"sbiad1410/cardioblast_nuclei_train/cardioblast_nuclei_{name}"
        tif(at / f"cardioblast_nuclei_{name}.tif", noise(frames, 10, 12))
        tif(
            at / f"cardioblast_nuclei_{name}_mask.tif",
            np.ones((min(frames, 121), 10, 12), np.uint16),
        )
    with pytest.raises(Refused, match=r"cardioblast_nuclei_test"):
        opened("sbiad1410", "test", tmp_path)
    movies = opened("sbiad1410", "train", tmp_path)
    assert len(movies) == 9 * 4 + 121
    assert len(set(movies.groups)) == 10


def test_flywing_both_releases(tmp_path: Path) -> None:
    for part, (keys, counts) in {
        "train": (("train", "val"), (1428, 252)),
        "test": (("test",), (42,)),
    }.items():
        at = tmp_path / f"flywing/Flywing_n0/{part}"
        at.mkdir(parents=True)
        sizes = dict(zip(keys, counts, strict=True))
        arrays = {
            f"{side}_{k}": np.ones((n, 8, 8), np.uint8) for side in "XY" for k, n in sizes.items()
        }
        np.savez_compressed(at / f"{part}_data.npz", **arrays)  # type: ignore[arg-type]
    parts = {s: opened("flywing", s, tmp_path) for s in ("train", "validation", "test")}
    assert [len(p) for p in parts.values()] == [1428, 252, 42]
    assert len(set(parts["test"].volumes)) == 42
    (tmp_path / "flywing/GT/test").mkdir(parents=True)
    for name in ("per03", "pro03"):
        with h5py.File(tmp_path / f"flywing/GT/test/{name}.h5", "w") as file:
            file["volumes/raw"] = noise(4, 8, 9)
            file["volumes/labels/cells_with_ignore"] = np.tile(
                np.arange(-1, 8, dtype=np.int64), (4, 8, 1)
            )
    movies = opened("flywing", "test", tmp_path, release="movies", task="instances")
    assert len(movies) == 8
    assert movies.ignore == -1
    assert movies.masks[0][0].tolist() == list(range(-1, 8))
    semantic = opened("flywing", "test", tmp_path, release="movies")
    assert semantic.masks[0][0].tolist() == [255, 0, *[1] * 7]
    assert semantic.ignore == 255


def test_plants(tmp_path: Path) -> None:
    (tmp_path / "ovules/validation").mkdir(parents=True)
    with h5py.File(tmp_path / "ovules/validation/N_420_ds2x.h5", "w") as file:
        file["raw"] = noise(3, 8, 9).astype(np.uint16)
        file["label_with_ignore"] = np.full((3, 8, 9), -1, np.int64)
        file["label"] = np.ones((3, 8, 9), np.uint16)
    assert (opened("ovules", "validation", tmp_path).masks[0] == 255).all()
    assert opened("ovules", "validation", tmp_path, masks="label").ignore is None
    for name in ("0hrs_plant1", "12hrs_plant1", "16hrs_plant1", "12hrs_plant2"):
        at = tmp_path / "pnas/PNAS" / name.split("_")[1]
        tif(at / f"processed_tiffs/{name}_trim-acylYFP.tif", noise(5, 8, 9))
        tif(
            at / f"segmentation_tiffs/{name}_trim-acylYFP_hmin_2.tif", np.ones((5, 8, 9), np.uint16)
        )
    assert opened("pnas", "test", tmp_path).ids[0] == "12hrs_plant1_trim-acylYFP/0000"
    train = opened("pnas", "train", tmp_path)
    assert len(train) == 10
    assert set(train.groups) == {"plant1", "plant2"}
    assert train.volumes[0] != train.volumes[-1]


def test_ms_cct_draws_its_polygons(tmp_path: Path) -> None:
    image = np.full((40, 60, 3), 250, np.uint8)
    image[5:35, 5:55] = 120
    names = [f"scc_{n:02d}_nz20.tif" for n in (3, 9, 25, 26, 37)]
    for name in names:
        tif(tmp_path / f"ms_cct/{name}", image, photometric="rgb")
    shape = {"Dermis": [10, 10, 30, 10, 30, 30, 10, 30], "SCC": [12, 12, 20, 12, 20, 20, 12, 20]}
    table = {
        "images": [{"id": i, "file_name": name} for i, name in enumerate(names)],
        "categories": [{"id": 4, "name": "Dermis"}, {"id": 9, "name": "SCC"}],
        "annotations": [
            {"image_id": 0, "category_id": 4, "segmentation": [shape["Dermis"]]},
            {"image_id": 0, "category_id": 9, "segmentation": shape["SCC"]},
        ],
    }
    (tmp_path / "ms_cct/scc.json").write_text(json.dumps(table))
    scans = opened("ms_cct", "validation", tmp_path, scanner="nz20")
    assert scans.groups == ["scc_03", "scc_09", "scc_25", "scc_26", "scc_37"]
    assert scans.images.shape == (5, 40, 60, 3)
    mask = scans.masks[0]
    assert (mask[2, 2], mask[7, 7], mask[25, 25], mask[15, 15]) == (0, 255, 1, 2)
    with pytest.raises(Refused, match=r"scc_01_cs2.tif"):
        opened("ms_cct", "train", tmp_path)
    (tmp_path / "ms_cct/scc.json").write_text("[]")
    with pytest.raises(Refused, match=r"not the annotation table"):
        opened("ms_cct", "validation", tmp_path, scanner="nz20")


def test_bbbc041_crops(tmp_path: Path) -> None:
    png(tmp_path / "bbbc041/malaria/images/a.png", noise(50, 60, 3))
    box = {"minimum": {"r": 10, "c": 20}, "maximum": {"r": 18, "c": 27}}
    entry = {
        "image": {"pathname": "/images/a.png"},
        "objects": [{"bounding_box": box, "category": "ring"}],
    }
    (tmp_path / "bbbc041/malaria/training.json").write_text(json.dumps([entry]))
    (tmp_path / "bbbc041/malaria/test.json").write_text("[]")
    (crop,) = bbbc041_crops(tmp_path, ("ring",), 1)
    np.testing.assert_array_equal(crop, noise(50, 60, 3)[10:18, 20:27])
    with pytest.raises(Refused, match=r"holds 0 cells of leukocyte; it knows ring"):
        bbbc041_crops(tmp_path, ("leukocyte",), 3)


def test_fets_partitions_patients_and_regions(tmp_path: Path) -> None:
    lines = ["Partition_ID,Subject_ID"]
    seg = np.zeros((240, 240, 155), np.uint8)
    seg[0, 0, :4] = 0, 1, 2, 4
    at = tmp_path / "fets2021/MICCAI_FeTS2021_TrainingData"
    for n in range(1, 8):
        name = f"FeTS21_Training_{n:03d}"
        lines.append(f"{13 if n < 7 else 14},{name}")
        nifti(at / f"{name}/{name}_flair.nii", seg * 10)
        nifti(at / f"{name}/{name}_seg.nii", seg)
    (at / "partitioning_2.csv").write_text("\n".join(lines))
    parts = {
        s: opened("fets2021", s, tmp_path, partition=13) for s in ("train", "validation", "test")
    }
    patients = [set(p.groups) for p in parts.values()]
    assert sum(map(len, patients)) == 6
    assert all(patients)
    assert not patients[0] & patients[2]
    whole = opened("fets2021", "all", tmp_path, partition=14, sections=(0, 4))
    assert [int(m[0, 0]) for m in whole.masks] == [0, 1, 2, 3]
    assert whole.images.shape == (4, 240, 240)
    assert opened("fets2021", "all", tmp_path, partition=14, task="tumour").masks[3].max() == 1
    with pytest.raises(Refused, match=r"there is no partition 5; it has 13, 14"):
        opened("fets2021", "all", tmp_path, partition=5)
    with pytest.raises(Refused, match=r"FeTS21_Training_.*_t1.nii.gz or"):
        opened("fets2021", "all", tmp_path, modality="t1")


def test_iseg_tissues(tmp_path: Path) -> None:
    label = np.zeros((144, 192, 256, 1), np.uint8)
    label[0, 0, :4, 0] = 0, 10, 150, 250
    for n in (8, 9, 10):
        for what in ("T1", "T2", "label"):
            nifti(
                tmp_path / f"iseg2019/iSeg-2019-Training/subject-{n}-{what}.img",
                label,
                nibabel.Spm2AnalyzeImage,
            )
    test = opened("iseg2019", "test", tmp_path, modality="T2")
    assert test.images.shape == (512, 192, 144)
    assert test.classes == ("background", "csf", "gm", "wm")
    assert [int(m[0, 0]) for m in test.masks.pick(range(4))] == [0, 1, 2, 3]
    white = opened("iseg2019", "validation", tmp_path, task="wm")
    assert [int(m[0, 0]) for m in white.masks.pick(range(4))] == [0, 0, 0, 1]
    assert white.classes == ("background", "wm")


def test_mnms_vendors_phases_and_slices(tmp_path: Path) -> None:
    at = tmp_path / "mnms/OpenDataset"
    lines = ["\ufeff,External code,VendorName,Vendor,Centre,ED,ES"]
    for i, (code, vendor) in enumerate((("A1B2", "A"), ("C3D4", "B"), ("E5F6", "A"))):
        lines.append(f"{i},{code},x,{vendor},1,0,2")
        cine = np.zeros((10, 12 + i, 3, 4), np.int16) + np.arange(4, dtype=np.int16) * 100
        cine[0] = 0
        nifti(at / f"Training/Labeled/{code}/{code}_sa.nii.gz", cine)
        mask = np.zeros(cine.shape, np.uint8)
        mask[0, 0, 0, 2] = 3
        nifti(at / f"Training/Labeled/{code}/{code}_sa_gt.nii.gz", mask)
    (at / "211230_M&Ms_Dataset_information_diagnosis_opendataset.csv").write_text(
        "\n".join(lines), encoding="utf-8"
    )
    train = opened("mnms", "train", tmp_path)
    assert len(train) == 2 * 2 * 3
    assert set(train.groups) == {"A1B2", "E5F6"}
    assert train.volumes[3] == "A1B2-ES"
    assert train.images.dtype == np.uint8
    assert train.images[3].max() == 255
    assert train.images[0].max() == 0
    assert train.masks[3].max() == 3
    assert train.masks[0].max() == 0
    assert train.images[0].shape == (12, 10)
    assert len(opened("mnms", "train", tmp_path, vendor=None, patients=1)) == 6
    with pytest.raises(Refused, match=r"no subject of vendor C"):
        opened("mnms", "train", tmp_path, vendor="C")
    with pytest.raises(
        Refused, match=r"only 1 subjects of vendor B, centre any are here; 16 were asked for"
    ):
        opened("mnms", "train", tmp_path, vendor="B", patients=16)


def test_check_reports_what_is_wrong(tmp_path: Path) -> None:
    report = check("dsb2018", tmp_path)
    assert not report.is_usable
    assert len(report.problems) == 1
    assert "is not here" in report.problems[0]
    for part in ("train", "test"):
        tif(tmp_path / f"dsb2018/{part}/images/a.tif", noise(20, 30))
        tif(tmp_path / f"dsb2018/{part}/masks/a.tif", np.zeros((20, 30), np.uint16))
    report = check("dsb2018", tmp_path)
    assert report.splits == {"train": 1, "test": 1}
    assert not report.is_usable
    assert "every mask is empty" in report.problems[0]
    with pytest.raises(Refused, match=r"did you mean 'dsb2018'"):
        check("dsb2108", tmp_path)


def test_the_contact_sheet_shows_objects_colours_and_ignored_pixels(tmp_path: Path) -> None:
    for name in ("i", "m"):
        (tmp_path / name).mkdir()
    np.save(tmp_path / "i.npy", np.zeros((3, 20, 30), np.uint16) + 500)
    mask = np.zeros((3, 20, 30), np.int32)
    mask[:, :5], mask[:, 10:15, :10], mask[:, 10:15, 20:] = -1, 1, 2
    np.save(tmp_path / "m.npy", mask)
    pair = {"images": f"{tmp_path}/i.npy", "masks": f"{tmp_path}/m.npy"}
    scans = opened("volume", "all", tmp_path, **pair, labels="instances", ignore=-1)
    sheet = np.asarray(contact_sheet(scans, width=30, columns=1))
    colours = {tuple(c) for c in sheet.reshape(-1, 3).tolist()}
    assert (127, 0, 127) in colours
    assert (230, 159, 0) in colours
    assert (86, 180, 233) in colours
    assert contact_sheet(opened("volume", "all", tmp_path, images=f"{tmp_path}/i.npy")).height > 60
