"""Procedural data sets are the same every time, differ between splits and are what they say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.components.datasets.phantoms.brains import brains
from harness.components.datasets.phantoms.em import phantom
from harness.components.datasets.phantoms.fibres import fibres
from harness.components.datasets.phantoms.malaria import malaria
from harness.components.datasets.phantoms.nuclei import cells, nuclei
from harness.components.datasets.phantoms.scanners import scanners
from harness.components.datasets.photos import photos
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.spec.catalogue import catalogue

HOME = Path("nowhere")
Options = dict[str, Any]
Draw = Callable[..., Scans]
SMALL: list[tuple[Draw, Options]] = [
    (phantom, {"style": "lucchi", "slices": 6, "size": 64}),
    (phantom, {"style": "kasthuri", "slices": 6, "size": 64}),
    (phantom, {"style": "vnc", "slices": 6, "size": 64}),
    (phantom, {"style": "snemi", "slices": 6, "size": 64}),
    (phantom, {"style": "mitoem_h", "slices": 6, "size": 64}),
    (phantom, {"style": "mitoem_r", "slices": 6, "size": 64}),
    (fibres, {"style": "glass", "slices": 6, "size": 96}),
    (fibres, {"style": "carbon", "slices": 6, "size": 96}),
    (fibres, {"style": "laminate", "slices": 6, "size": 96}),
    (nuclei, {"style": "culture", "images": 2, "size": 96}),
    (nuclei, {"style": "tissue", "images": 2, "size": 96}),
    (nuclei, {"style": "lobed", "images": 2, "size": 96}),
    (cells, {"style": "epithelium", "images": 2, "size": 96}),
    (cells, {"style": "ovule", "images": 2, "size": 96}),
    (cells, {"style": "culture", "images": 2, "size": 96}),
    (malaria, {"images": 2, "size": 96}),
    (scanners, {"images": 4, "size": 96}),
    (brains, {"subjects": 2, "slices": 4, "size": 64}),
]


def parameter_name(value: object) -> str:
    """Returns how a parameter of a test is written in its name."""
    if isinstance(value, dict):
        return "-".join(str(option) for option in value.values())
    return getattr(value, "__name__", "")


@pytest.mark.parametrize(("draw", "options"), SMALL, ids=parameter_name)
def test_every_phantom_is_sound(draw: Draw, options: Options) -> None:
    scans = draw("train", HOME, **options)
    assert isinstance(scans.images, np.ndarray)
    assert isinstance(scans.masks, np.ndarray)
    assert scans.images.dtype == np.uint8
    shape = (len(scans), options["size"], options["size"])
    assert scans.images.shape[:3] == shape
    assert scans.masks.shape == shape
    assert len(set(scans.ids)) == len(scans)
    assert len(scans.volumes) == len(scans)
    assert np.issubdtype(scans.masks.dtype, np.integer)
    labels = np.unique(scans.masks).tolist()
    assert labels == list(range(len(scans.classes)))
    assert scans.images.std() > 5


@pytest.mark.parametrize(("draw", "options"), SMALL, ids=parameter_name)
def test_the_same_arguments_give_the_same_bytes(draw: Draw, options: Options) -> None:
    first = draw("train", HOME, **options)
    second = draw("train", Path("elsewhere"), **options)
    assert np.array_equal(first.images, second.images)
    masks = np.asarray(first.masks)
    assert np.array_equal(masks, np.asarray(second.masks))


@pytest.mark.parametrize(("draw", "options"), SMALL, ids=parameter_name)
def test_splits_and_seeds_share_no_image(draw: Draw, options: Options) -> None:
    draws = [
        draw("train", HOME, **options),
        draw("validation", HOME, **options),
        draw("test", HOME, **options),
        draw("train", HOME, **options, seed=1),
    ]
    images: list[bytes] = []
    for scans in draws:
        images.extend(np.asarray(image).tobytes() for image in scans.images)
    assert len(images) == sum(len(scans) for scans in draws)
    assert len(set(images)) == len(images)


@pytest.mark.parametrize(
    "draw",
    [phantom, fibres, nuclei, cells, malaria, scanners, brains, photos],
    ids=parameter_name,
)
def test_the_catalogue_knows_it_and_it_refuses_other_splits(draw: Draw) -> None:
    component = catalogue("dataset")[draw.__name__]
    assert component.facts.drawn is (draw is not photos)
    assert component.sentence.endswith(".")
    with pytest.raises(Refused, match="has no split 'all'"):
        draw("all", HOME)


@pytest.mark.parametrize("draw", [nuclei, cells, malaria, scanners], ids=parameter_name)
def test_a_larger_set_begins_like_a_smaller_set(draw: Draw) -> None:
    of_two = draw("test", HOME, images=2, size=64)
    of_three = draw("test", HOME, images=3, size=64)
    begin_of_two = of_two.images[:1]
    begin_of_three = of_three.images[:1]
    assert np.array_equal(begin_of_two, begin_of_three)
