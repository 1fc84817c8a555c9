"""What is done to images before a network: as in training, by the set's own range, never undone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch

from harness.apply.normalise import Normalise, normalise
from harness.apply.open_images import Reading, open_own_images
from harness.apply.own_images import OwnImages
from harness.apply.reference import Reference
from harness.components.prepare.own_range import own_range
from harness.data.images import Domains, Unlabelled
from harness.data.later import Later
from tests.made.own_models import images_of


def stack_of(folder: Path, count: int = 4) -> OwnImages:
    """Images of which each has a range of its own."""
    for number, image in enumerate(images_of(count)):
        darker = image // (number + 1)
        tifffile.imwrite(folder / f"{number}.tif", darker)
    pattern = str(folder / "*.tif")
    return open_own_images([pattern], Reading())


def test_a_set_is_scaled_by_the_range_of_all_its_images(tmp_path: Path) -> None:
    images = stack_of(tmp_path)
    reference = Reference(images)
    all_levels = np.stack([plane.pixels for plane in images.planes])
    low, high = int(all_levels.min()), int(all_levels.max())
    for plane in images.planes:
        alone = plane.open()
        domains = Domains(alone)
        joined = reference.beside(alone)
        scaled = own_range(joined, domains)[: len(alone.pixels)]
        expected = 2 * (plane.pixels.astype(float) - low) / (high - low) - 1
        assert np.allclose(scaled[0, 0].numpy(), expected, atol=1e-5)


def test_the_sample_is_another_where_the_images_are(tmp_path: Path) -> None:
    images = stack_of(tmp_path)
    fewer = OwnImages(images.files[:2])
    assert Reference(images).digest == Reference(images).digest
    assert Reference(images).digest != Reference(fewer).digest


@pytest.mark.parametrize("way", list(Normalise))
def test_a_scaling_by_the_image_does_not_undo_a_perturbation(
    tmp_path: Path, way: Normalise
) -> None:
    """A network must see the shift; a scaling that looked at the shifted image would hide it."""
    image = stack_of(tmp_path).planes[0].open()
    shifted = replace(image, pixels=image.pixels.float() / 255 + 0.2, unperturbed=Later(image))
    plain = normalise(image, way).pixels
    seen = normalise(shifted, way).pixels
    gaps = seen - plain
    assert float(gaps.min()) > 0.1
    assert float(gaps.max() - gaps.min()) < 1e-2


@pytest.mark.parametrize(
    ("way", "low", "high"),
    [(Normalise.minmax, 0, 1), (Normalise.symmetric, -1, 1), (Normalise.none, 3, 203)],
)
def test_a_range_becomes_what_the_way_says(way: Normalise, low: float, high: float) -> None:
    levels = [[3, 203], [100, 50]]
    pixels = torch.tensor([[levels]], dtype=torch.uint8)
    rows = torch.tensor([0])
    images = Unlabelled(pixels, ["a"], ["a"], rows, rows)
    scaled = normalise(images, way).pixels
    assert float(scaled.min()) == pytest.approx(low)
    assert float(scaled.max()) == pytest.approx(high)


def test_a_network_of_stacks_gets_the_neighbours_of_a_plane(tmp_path: Path) -> None:
    volume = images_of(5)
    tifffile.imwrite(tmp_path / "volume.tif", volume)
    pattern = str(tmp_path / "volume.tif")
    planes = open_own_images([pattern], Reading()).planes
    neighbours = {0: [0, 0, 1], 2: [1, 2, 3], 4: [3, 4, 4]}
    first = torch.tensor([0])
    for index, rows in neighbours.items():
        stack = planes[index].open(slices=3).whole(first)
        expected = volume[rows].astype(np.float32) / 255
        assert np.allclose(stack[0].numpy(), expected)


def test_windows_cover_a_large_image_once(tmp_path: Path) -> None:
    image = np.arange(50 * 70, dtype=np.uint16).reshape(50, 70)
    tifffile.imwrite(tmp_path / "large.tif", image)
    whole = open_own_images([str(tmp_path / "large.tif")], Reading())
    windows = whole.in_windows(32).planes
    levels: list[int] = []
    for plane in windows:
        pixels = plane.pixels
        assert max(pixels.shape) <= 32
        levels += pixels.ravel().tolist()
    assert sorted(levels) == list(range(50 * 70))
    names = {plane.name for plane in windows}
    assert len(names) == len(windows)
