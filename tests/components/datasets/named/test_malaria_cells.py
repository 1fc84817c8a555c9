"""The annotated cells of BBBC041, cut along their boxes."""

import json
from pathlib import Path

import numpy as np
import pytest

from harness.components.datasets.named.malaria_cells import bbbc041_crops
from harness.components.datasets.phantoms.malaria_crops import cut_templates
from harness.data.open_dataset import open_split
from harness.data.refused import Refused
from harness.run.fingerprints import with_fingerprints
from harness.spec.values import Part
from harness.store import Home
from harness.study.document import Mistakes
from harness.study.load import load_study
from tests.components.datasets.named.files import noise, write_png


def test_bbbc041_crops(tmp_path: Path) -> None:
    folder = tmp_path / "bbbc041/malaria"
    picture = noise(50, 60, 3)
    write_png(folder / "images/a.png", picture)
    box = {"minimum": {"r": 10, "c": 20}, "maximum": {"r": 18, "c": 27}}
    cell = {"bounding_box": box, "category": "ring"}
    entry = {"image": {"pathname": "/images/a.png"}, "objects": [cell]}
    (folder / "training.json").write_text(json.dumps([entry]))
    (folder / "test.json").write_text("[]")
    (crop,) = bbbc041_crops(tmp_path, ("ring",), 1)
    np.testing.assert_array_equal(crop.pixels, picture[10:18, 20:27])
    with pytest.raises(Refused, match=r"holds 0 cells of leukocyte; it knows ring"):
        bbbc041_crops(tmp_path, ("leukocyte",), 3)


STUDY = """
base:
  fit: {train_on: {name: malaria, templates: bbbc041, images: 4, size: 128}}
"""
CORNERS = ((5, 5), (5, 305), (305, 5), (5, 155), (155, 5), (305, 305))
CATEGORIES = ("ring", "ring", "trophozoite", "leukocyte", "difficult", "difficult")


def write_smear(home: Home, seed: int) -> None:
    """A picture with three cells and three artefacts, as BBBC041 lays them out."""
    picture = 200 + noise(400, 400, 3, seed=seed) // 8
    objects = []
    for (top, left), category in zip(CORNERS, CATEGORIES, strict=True):
        corners = {
            "minimum": {"r": top, "c": left},
            "maximum": {"r": top + 90, "c": left + 90},
        }
        picture[top + 10 : top + 80, left + 10 : left + 80] //= 4
        objects.append({"bounding_box": corners, "category": category})
    folder = home.data / "bbbc041/malaria"
    write_png(folder / "images/a.png", picture)
    entry = {"image": {"pathname": "/images/a.png"}, "objects": objects}
    (folder / "training.json").write_text(json.dumps([entry]))
    (folder / "test.json").write_text("[]")


def train_on(home: Home, file: Path) -> Part:
    """The training set of the one trial of a study, with its fingerprint."""
    study = with_fingerprints(load_study(file), home)
    return study.cells[0].trial.fit.train_on


def test_pictures_of_cut_templates_are_their_bytes(tmp_path: Path) -> None:
    home = Home(tmp_path)
    file = tmp_path / "study.yaml"
    file.write_text(STUDY)
    with pytest.raises(Mistakes, match="harness data fetch bbbc041"):
        with_fingerprints(load_study(file), home)
    write_smear(home, seed=0)
    part = train_on(home, file)
    scans = open_split(part, home)
    assert home.store("phantoms").find(part.key) is not None
    assert np.shape(scans.images) == (4, 128, 128, 3)
    write_smear(home, seed=1)
    second = train_on(home, file)
    assert second.key != part.key
    assert not np.array_equal(open_split(second, home).images, scans.images)
    write_smear(home, seed=0)
    assert train_on(home, file).key == part.key


def test_all_templates_can_be_cut_from_one_picture(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_smear(home, seed=0)
    templates, files = cut_templates(home.data, 0, one_picture=True)
    assert len(templates.cells) == 3
    assert len(templates.artefacts) == 3
    assert [file.name for file in files] == ["a.png", "training.json"]
    file = home.data / "bbbc041/malaria/training.json"
    (entry,) = json.loads(file.read_text())
    fewer = {**entry, "objects": entry["objects"][:4]}
    file.write_text(json.dumps([fewer]))
    templates, _ = cut_templates(home.data, 0, one_picture=True)
    assert len(templates.artefacts) == 1  # a picture has no more than it has
    file.write_text(json.dumps([{**entry, "objects": entry["objects"][:3]}]))
    with pytest.raises(Refused, match="has an artefact too; say `one_picture: false`"):
        cut_templates(home.data, 0, one_picture=True)


def test_cells_are_cut_from_the_categories_that_are_named(tmp_path: Path) -> None:
    home = Home(tmp_path)
    write_smear(home, seed=0)
    everything, _ = cut_templates(home.data, 3)
    parasites, _ = cut_templates(home.data, 3, ("ring", "trophozoite"))
    assert len(parasites.cells) == len(everything.cells) == 3
    with pytest.raises(Refused, match="no picture has three annotated cells of ring"):
        cut_templates(home.data, 3, ("ring",))
