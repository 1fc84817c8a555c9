"""Tiles of another data set, and another data set in another size."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.components.datasets.tiles import tiles
from harness.data.identity import identity_of
from harness.data.open_dataset import open_anew, open_inner
from harness.data.refused import Refused
from harness.data.scans import Masks, Scans
from harness.run.fingerprints import with_fingerprints
from harness.spec.values import Part
from harness.store import Home
from harness.study.load import load_study
from tests.made.networks import part_of

PHANTOM = {"name": "phantom", "slices": 2, "size": 96}


def scans_of(raw: dict[str, Any], home: Path) -> Scans:
    return open_anew(part_of("dataset", {**raw, "split": "test"}), Home(home))


def masks_of(scans: Scans) -> Masks:
    assert scans.masks is not None
    return scans.masks


def phantom(home: Path, split: str = "test") -> Scans:
    return open_inner(part_of("dataset", PHANTOM), split, home)


def test_tiles_lie_on_a_grid_and_end_at_the_edges(tmp_path: Path) -> None:
    raw = {"name": "tiles", "of": PHANTOM, "size": 40, "stride": 32, "halo": 0, "nonempty": "all"}
    scans = scans_of(raw, tmp_path)
    starts = ("0000", "0032", "0056")
    expected = []
    for top, left in itertools.product(starts, starts):
        expected.append(f"test-000/{top}-{left}")
    assert list(scans.ids)[:9] == expected
    assert len(scans.images) == 18
    whole = phantom(tmp_path)
    sixth = whole.images[0][32:72, 56:96]
    assert np.array_equal(scans.images[5], sixth)
    last = masks_of(whole)[1][56:96, 56:96]
    assert np.array_equal(masks_of(scans)[17], last)
    assert set(scans.groups or []) == {"lucchi-test-0"}


def test_a_halo_is_context_that_no_mask_scores(tmp_path: Path) -> None:
    raw = {"name": "tiles", "of": PHANTOM, "size": 48, "stride": 48, "halo": 8, "nonempty": "all"}
    scans = scans_of(raw, tmp_path)
    whole = phantom(tmp_path)
    corner = scans.images[3]
    assert corner.shape == (64, 64)
    context = whole.images[0][40:, 40:]
    mirrored = context[-2:-10:-1]
    assert np.array_equal(corner[:56, :56], context)
    assert np.array_equal(corner[56:, :56], mirrored)
    assert scans.ignore == 255
    mask = masks_of(scans)[3]
    inner = mask[8:-8, 8:-8]
    assert np.array_equal(inner, masks_of(whole)[0][48:, 48:])
    ignored = mask == 255
    scored = 48 * 48
    assert int(ignored.sum()) == 64 * 64 - scored


def test_the_halo_of_instances_is_no_object(tmp_path: Path) -> None:
    nuclei = {"name": "nuclei", "task": "instances", "images": 1, "size": 64}
    scans = scans_of({"name": "tiles", "of": nuclei, "size": 32, "halo": 4}, tmp_path)
    assert scans.ignore == -1
    upper_halo = masks_of(scans)[0][:4]
    assert set(np.unique(upper_halo)) == {-1}


@pytest.mark.parametrize("least", [0.05, 0.15])
def test_tiles_without_foreground_can_be_left_out_by_their_masks(
    least: float, tmp_path: Path
) -> None:
    raw = {"name": "tiles", "of": PHANTOM, "size": 32, "stride": 32, "halo": 0}
    every = scans_of({**raw, "nonempty": "all"}, tmp_path)
    filtered = scans_of({**raw, "nonempty": "masks", "least": least}, tmp_path)
    expected = []
    for name, mask in zip(every.ids, masks_of(every), strict=True):
        if (mask == 1).mean() >= least:
            expected.append(name)
    assert 0 < len(expected) < len(every.ids)
    assert list(filtered.ids) == expected


def test_black_tiles_are_left_out_without_a_look_at_masks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    images = rng.integers(50, 200, (1, 64, 64)).astype(np.uint8)
    images[0, :32, :32] = 7
    scans = Scans(images, None, ["a"], ["a"])
    monkeypatch.setattr("harness.components.datasets.tiles.open_inner", lambda *_: scans)
    of = Part("dataset", "phantom", {})
    left = tiles("test", tmp_path, of=of, size=32, stride=32, halo=0)
    assert list(left.ids) == ["a/0000-0032", "a/0032-0000", "a/0032-0032"]
    with pytest.raises(Refused, match="needs masks"):
        tiles("test", tmp_path, of=of, size=32, nonempty="masks")
    with pytest.raises(Refused, match="smaller than a tile"):
        tiles("test", tmp_path, of=of, size=65)


def test_the_key_of_tiles_is_their_content(tmp_path: Path) -> None:
    home = Home(tmp_path)
    raw = {"name": "tiles", "of": PHANTOM, "size": 48, "halo": 0}
    fingerprints = []
    for stride in (48, 48, 24):
        part = part_of("dataset", {**raw, "stride": stride, "split": "test"})
        fingerprints.append(identity_of(part, home).fingerprint)
    assert fingerprints[0] == fingerprints[1]
    assert fingerprints[0] != fingerprints[2]


@pytest.mark.parametrize("by", ["scale", "crop"])
def test_another_size_brings_images_and_masks_along(by: str, tmp_path: Path) -> None:
    raw = {"name": "resized", "of": PHANTOM, "height": 48, "width": 64, "by": by}
    scans = scans_of(raw, tmp_path)
    whole = phantom(tmp_path)
    assert scans.images[0].shape == (48, 64)
    assert scans.images[0].dtype == np.uint8
    mask = masks_of(scans)[1]
    whole_mask = masks_of(whole)[1]
    assert set(np.unique(mask).tolist()) <= {0, 1}
    if by == "crop":
        assert np.array_equal(scans.images[1], whole.images[1][24:72, 16:80])
        assert np.array_equal(mask, whole_mask[24:72, 16:80])
    else:
        assert mask.mean() == pytest.approx(whole_mask.mean(), abs=0.02)


def test_a_crop_larger_than_the_image_is_refused(tmp_path: Path) -> None:
    raw = {"name": "resized", "of": PHANTOM, "height": 97, "width": 64, "by": "crop"}
    with pytest.raises(Refused, match="97 x 64"):
        list(scans_of(raw, tmp_path).images)


def test_a_study_reads_the_tiles_and_not_what_they_are_cut_from(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 256, (4, 48, 48)).astype(np.uint8)
    np.save(tmp_path / "stack.npy", stack)
    np.save(tmp_path / "masks.npy", stack > 128)
    files = f"images: {tmp_path}/stack.npy, masks: {tmp_path}/masks.npy"
    splits = "splits: {train: [0, 2], validation: [2, 4]}"  # none to test on
    tiled = f"{{name: tiles, of: {{name: volume, {files}, {splits}}}, size: 32, halo: 0}}"
    text = f"grid:\n  fit.batch: [2]\nbase: {{fit: {{train_on: {tiled}}}, test_on: phantom}}\n"
    file = tmp_path / "study.yaml"
    file.write_text("name: tiled\nquestion: Is it read?\n" + text)
    study = with_fingerprints(load_study(file), Home(tmp_path))
    (cell,) = study.cells
    part = cell.trial.fit.train_on
    assert part.options["fingerprint"]
    assert part.options["of"].options["fingerprint"] is None
