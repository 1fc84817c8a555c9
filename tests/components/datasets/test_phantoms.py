"""Procedural data sets: the same every time, different between splits and styles, and what they say they are."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from harness.components.datasets.phantoms.brains import brains
from harness.components.datasets.phantoms.em import EM, phantom
from harness.components.datasets.phantoms.fibres import fibres
from harness.components.datasets.phantoms.malaria import malaria
from harness.components.datasets.phantoms.nuclei import cells, nuclei
from harness.components.datasets.phantoms.scanners import SCANNERS, scanners
from harness.components.datasets.photos import photos
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.spec.catalogue import catalogue

HOME = Path("nowhere")
EM_STYLES = get_args(EM)
SMALL: list[tuple[Callable[..., Scans], dict[str, Any]]] = [
    *((phantom, {"style": style, "slices": 6, "size": 64}) for style in EM_STYLES),
    *(
        (fibres, {"style": style, "slices": 6, "size": 96})
        for style in ("glass", "carbon", "laminate")
    ),
    *(
        (nuclei, {"style": style, "images": 2, "size": 96})
        for style in ("culture", "tissue", "lobed")
    ),
    *(
        (cells, {"style": style, "images": 2, "size": 96})
        for style in ("epithelium", "ovule", "culture")
    ),
    (malaria, {"images": 2, "size": 96}),
    (scanners, {"images": 4, "size": 96}),
    (brains, {"subjects": 2, "slices": 4, "size": 64}),
]


def name(value: object) -> str:
    return (
        value.__name__
        if callable(value)
        else "-".join(map(str, value.values()))
        if isinstance(value, dict)
        else ""
    )


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * (a & b).sum() / max(1, a.sum() + b.sum()))


@pytest.mark.parametrize(("make", "options"), SMALL, ids=name)
def test_every_phantom_is_sound(make: Callable[..., Scans], options: dict[str, Any]) -> None:
    found = make("train", HOME, **options)
    assert isinstance(found.images, np.ndarray)
    assert isinstance(found.masks, np.ndarray)
    assert found.images.dtype == np.uint8
    assert (
        found.images.shape[:3]
        == found.masks.shape
        == (len(found), options["size"], options["size"])
    )
    assert len(set(found.ids)) == len(found.volumes) == len(found)
    assert np.issubdtype(found.masks.dtype, np.integer)
    assert set(np.unique(found.masks)) == set(range(len(found.classes)))
    assert found.images.std() > 5


@pytest.mark.parametrize(("make", "options"), SMALL, ids=name)
def test_the_same_arguments_give_the_same_bytes_and_splits_share_nothing(
    make: Callable[..., Scans], options: dict[str, Any]
) -> None:
    first, again = make("train", HOME, **options), make("train", Path("elsewhere"), **options)
    assert np.array_equal(first.images, again.images)
    assert np.array_equal(first.masks, again.masks)
    seeds = [make(split, HOME, **options) for split in ("validation", "test")] + [
        make("train", HOME, **options, seed=1)
    ]
    seen = [{image.tobytes() for image in found.images} for found in (first, *seeds)]
    assert (
        len(set.union(*seen)) == sum(map(len, seen)) == sum(len(found) for found in (first, *seeds))
    )


@pytest.mark.parametrize(
    "make", [phantom, fibres, nuclei, cells, malaria, scanners, brains, photos], ids=name
)
def test_the_catalogue_knows_it_and_it_refuses_other_splits(make: Callable[..., Scans]) -> None:
    component = catalogue("dataset")[make.__name__]
    assert component.facts.made is True
    assert component.sentence.endswith(".")
    with pytest.raises(Refused, match="has no split 'all'"):
        make("all", HOME)


def test_the_tasks_of_one_tissue_agree() -> None:
    tasks = {
        t: phantom("train", HOME, task=t, slices=4, size=96)
        for t in ("membranes", "neurites", "instances")
    }
    assert all(np.array_equal(t.images, tasks["neurites"].images) for t in tasks.values())
    assert np.array_equal(tasks["membranes"].masks, 1 - np.asarray(tasks["neurites"].masks))
    assert np.array_equal(
        np.asarray(tasks["instances"].masks) > 0, np.asarray(tasks["neurites"].masks) > 0
    )
    assert tasks["instances"].classes == ()
    assert len(np.unique(tasks["instances"].masks)) > 10


@pytest.mark.parametrize("task", ["mitochondria", "membranes"])
def test_neighbouring_slices_show_the_same_bodies(task: Any) -> None:
    masks = (
        np.asarray(phantom("train", HOME, style="lucchi", task=task, slices=24, size=96).masks) > 0
    )
    near = np.mean([dice(a, b) for a, b in pairwise(masks)])
    far = np.mean([dice(a, b) for a, b in zip(masks, masks[12:], strict=False)])
    assert near > 0.6
    assert near > far + 0.15


def test_sections_of_thick_slices_differ_more() -> None:
    def kept(style: Any) -> float:
        masks = (
            np.asarray(
                phantom("train", HOME, style=style, task="membranes", slices=10, size=128).masks
            )
            > 0
        )
        return float(np.mean([dice(a, b) for a, b in pairwise(masks)]))

    assert kept("lucchi") > kept("snemi") > kept("vnc")


def test_only_kasthuri_is_padded_with_black() -> None:
    found = phantom("train", HOME, style="kasthuri", slices=4, size=128)
    images, masks = np.asarray(found.images), np.asarray(found.masks)
    outside = images == 0
    assert all(0.05 < one.mean() < 0.5 for one in outside)
    assert not masks[outside].any()
    assert (
        all(edge.any() for edge in (outside[:, 0], outside[:, -1])) or outside[:, :, [0, -1]].any()
    )
    others = [
        np.asarray(phantom("train", HOME, style=s, slices=2, size=96).images)
        for s in ("lucchi", "mitoem_r")
    ]
    assert all((one == 0).mean() < 0.001 for one in others)


def test_styles_of_microscopy_differ_as_the_real_sets_do() -> None:
    found = {
        s: np.asarray(phantom("train", HOME, style=s, slices=4, size=128).images, float)
        for s in EM_STYLES
    }
    mean = {s: images[images > 0].mean() for s, images in found.items()}
    spread = {s: images[images > 0].std() for s, images in found.items()}
    assert mean["mitoem_h"] < mean["snemi"] < mean["mitoem_r"]
    assert spread["vnc"] > spread["snemi"] > spread["mitoem_h"]
    rough = {s: np.abs(np.diff(images, axis=2)).mean() for s, images in found.items()}
    assert rough["lucchi"] < rough["mitoem_r"] < rough["snemi"]


def test_a_body_stays_inside_its_neurite() -> None:
    bodies = np.asarray(phantom("train", HOME, slices=4, size=128).masks) > 0
    membrane = np.asarray(phantom("train", HOME, task="membranes", slices=4, size=128).masks) > 0
    assert not (bodies & membrane).any()


def test_more_pictures_leave_the_first_as_they_are() -> None:
    for make in (nuclei, cells, malaria, scanners):
        few, more = (make("test", HOME, images=n, size=64) for n in (2, 3))
        assert np.array_equal(few.images[:1], more.images[:1])


@pytest.mark.parametrize(
    ("make", "style"), [(nuclei, "tissue"), (cells, "culture"), (cells, "epithelium")]
)
def test_instances_and_classes_agree(make: Callable[..., Scans], style: str) -> None:
    one = make("train", HOME, style=style, task="instances", images=1, size=128)
    other = make("train", HOME, style=style, images=1, size=128, bits=16)
    ids = np.asarray(one.masks)
    assert np.array_equal(ids > 0, np.asarray(other.masks) > 0)
    assert set(np.unique(ids)) == set(range(ids.max() + 1))
    assert ids.max() > 5
    assert other.images[0].dtype == np.uint16
    assert other.images[0].max() > 5000


def test_smears_hold_few_and_many_cells_in_turn() -> None:
    found = malaria("train", HOME, images=8, size=128)
    share = np.asarray(found.masks).mean((1, 2))
    assert [i.rsplit("-")[-1] for i in found.ids] == ["low", "high"] * 4
    assert share[::2].max() < share[1::2].max()
    assert share[::2].mean() < 0.6 * share[1::2].mean()
    assert len(malaria("test", HOME, images=8, size=32)) == 2


def test_scanners_show_the_same_tissue_in_other_colours() -> None:
    looks = {s: scanners("test", HOME, scanner=s, images=2, size=128) for s in SCANNERS}  # type: ignore[arg-type]
    first = looks["cs2"]
    colours = {s: np.asarray(found.images, float).mean((0, 1, 2)) for s, found in looks.items()}
    for s, found in looks.items():
        assert np.array_equal(found.masks, first.masks)
        grey = [np.asarray(f.images, float)[0].mean(-1).ravel() for f in (first, found)]
        assert np.corrcoef(*grey)[0, 1] > 0.85
        others = [np.abs(colours[s] - colours[o]).max() for o in SCANNERS if o != s]
        assert min(others) > 3


def test_brains_lie_on_one_another() -> None:
    shown = {
        m: brains("train", HOME, modality=m, subjects=2, slices=4, size=96)
        for m in ("t1", "t2", "flair")
    }  # type: ignore[arg-type]
    masks = np.asarray(shown["t1"].masks)
    assert all(np.array_equal(found.masks, masks) for found in shown.values())
    tone = {
        m: [np.asarray(f.images)[masks == k].mean() for k in (1, 2, 3)] for m, f in shown.items()
    }
    assert tone["t1"] == sorted(tone["t1"])
    assert tone["t2"] == sorted(tone["t2"], reverse=True)
    assert tone["flair"][1] > tone["flair"][2] > tone["flair"][0]
    other = np.asarray(brains("train", HOME, centre="b", subjects=2, slices=4, size=96).masks)
    for one, two in ((masks[:4], masks[4:]), (masks[:4], other[:4])):
        assert not np.array_equal(one, two)
        assert dice(one > 0, two > 0) > 0.9
        assert dice(one == 3, two == 3) > 0.7
    white = brains("train", HOME, task="wm", subjects=2, slices=4, size=96)
    assert np.array_equal(white.masks, masks == 3)
    assert list(white.groups or ()) == list(white.volumes)


def test_photographs_are_cut_in_strips() -> None:
    parts = [photos(split, HOME) for split in ("train", "validation", "test")]
    assert all(found.masks is None and len(found) >= 8 for found in parts)
    assert parts[0].ids == parts[1].ids == parts[2].ids == list(parts[0].classes)
    for strips in zip(*(found.images for found in parts), strict=True):
        whole = np.concatenate([np.asarray(s) for s in strips])
        assert whole.dtype == np.uint8
        assert whole.ndim == 3
        assert whole.shape[2] == 3
        assert len(strips[0]) > 0.69 * len(whole)
        assert min(map(len, strips)) >= 40
