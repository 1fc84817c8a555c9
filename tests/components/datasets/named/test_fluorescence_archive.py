"""Single pictures of nuclei from the BioImage Archive, on small pictures under their true names."""

from pathlib import Path

import numpy as np

from tests.components.datasets.named.files import link_copies, noise, open_split, write_tif

COUNTS_634 = {
    "Ganglioneuroblastoma": 11,
    "Neuroblastoma": 18,
    "normal": 41,
    "otherspecimen": 10,
}


def test_sbiad895_leaves_out_masks_of_other_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "sbiad895/Stardist"
    stem = "cell migration R1 - Position 0_XY1562686096_Z0_T00_C1-1-image"
    numbers = (7, 14, 17, *range(100, 141))
    names = [f"{stem}{number}.tif" for number in numbers]
    picture = np.ones((8, 9), np.uint16)
    for content in ("Images", "Masks"):
        train_folder = folder / f"Training - {content}"
        first = write_tif(train_folder / f"{stem}1.tif", picture)
        link_copies(first, names)
        test_folder = folder / f"Test - {content}"
        first = write_tif(test_folder / "t1.tif", picture)
        link_copies(first, ["t2.tif"])
    train = open_split("sbiad895", "train", tmp_path)
    assert len(train) == 43
    assert stem + "17" in train.ids
    assert stem + "7" not in train.ids
    assert stem + "14" not in train.ids
    with_copies = open_split("sbiad895", "train", tmp_path, copies=True)
    assert len(with_copies) == 45
    test = open_split("sbiad895", "test", tmp_path)
    assert len(test) == 2


def test_sbiad634_takes_the_lists_and_one_channel(tmp_path: Path) -> None:
    folder = tmp_path / "sbiad634/dataset"
    stems = []
    for kind, count in COUNTS_634.items():
        for number in range(count):
            stems.append(f"{kind}_{number}")
    stems.remove("Ganglioneuroblastoma_5")
    names = [f"{stem}.tif" for stem in stems]
    grey = noise(20, 30)
    image = write_tif(folder / "rawimages/normal_0.tif", grey)
    planes = np.stack([grey, grey, grey])
    write_tif(folder / "rawimages/normal_1.tif", planes, photometric="rgb")
    link_copies(image, names)
    objects = np.ones((20, 30), np.uint16)
    mask = write_tif(folder / "groundtruth/normal_0.tif", objects)
    link_copies(mask, names)
    train = open_split("sbiad634", "train", tmp_path)
    test = open_split("sbiad634", "test", tmp_path)
    assert len(train) == 42
    assert len(test) == 37
    assert {*train.ids, *test.ids} == set(stems)
    sizes = {shape[:2] for shape in train.images.shapes}
    assert sizes == {(20, 30)}
    assert train.images.shape == (42, 20, 30)
