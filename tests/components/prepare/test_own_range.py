"""Grey levels scaled by a data set's own pixels: of the source, and of a test set without masks."""

import numpy as np
import pytest
import torch

from harness.components.prepare.own_range import own_percentiles, own_range
from harness.data.domains import on_device
from harness.data.images import Domains, Labelled, Unlabelled
from harness.data.scans import Scans

CPU = torch.device("cpu")


def pictures(low: int, high: int, *, seed: int = 0) -> Unlabelled:
    """Two pictures of different sizes without masks, with grey levels from `low` to `high`."""
    rng = np.random.default_rng(seed)
    wide = rng.integers(low, high + 1, (20, 30))
    tall = rng.integers(low, high + 1, (25, 16))
    wide[0, 0] = low
    wide[0, 1] = high
    arrays = [wide.astype(np.uint8), tall.astype(np.uint8)]
    names = ["a", "b"]
    scans = Scans(arrays, None, names, names)
    return on_device(scans, 1, CPU).images


def with_masks(images: Unlabelled) -> Labelled:
    masks = torch.zeros(len(images), *images.size, dtype=torch.uint8)
    return Labelled(images, masks, ("background", "cell"))


def source_only() -> Domains:
    return Domains(with_masks(pictures(10, 250)))


def true_pixels(images: Unlabelled, changed: torch.Tensor) -> torch.Tensor:
    """The changed pixels of the images, without what fills smaller ones up."""
    return images.with_pixels(lambda _: changed).all_pixels


def test_each_set_is_scaled_by_its_own_lowest_and_highest_level() -> None:
    domains = source_only()
    dark = pictures(90, 130, seed=1)
    for images in (domains.source.images, dark):
        changed = own_range(images, domains)
        pixels = true_pixels(images, changed)
        assert float(pixels.min()) == pytest.approx(-1, abs=1e-6)
        assert float(pixels.max()) == pytest.approx(1, abs=1e-6)


def test_own_percentiles_are_those_of_numpy_without_the_filling() -> None:
    images = pictures(90, 130, seed=1)
    first = images.image(0).numpy()
    second = images.image(1).numpy()
    levels = np.append(first, second)
    bottom, top = np.percentile(levels, (5, 98))
    scaled = own_percentiles(images, source_only())
    expected = (first - bottom) / (top - bottom)
    of_first = scaled[0, :, :20, :30].numpy()
    assert np.allclose(of_first, expected, atol=1e-4)


def test_most_clips_only_from_above() -> None:
    domains = source_only()
    images = domains.source.images
    changed = own_percentiles(images, domains, low=40, high=60, most=2.0)
    clipped = true_pixels(images, changed)
    assert float(clipped.max()) == 2
    assert float(clipped.min()) < -1


def test_a_validation_part_is_scaled_as_its_source() -> None:
    source = pictures(0, 200)
    validation = pictures(50, 100, seed=2)
    domains = Domains(with_masks(source), with_masks(validation))
    as_source = own_range(validation, domains)
    elsewhere = pictures(50, 100, seed=2)
    by_itself = own_range(elsewhere, domains)
    highest = true_pixels(validation, as_source).max()
    assert float(highest) == pytest.approx(0, abs=1e-6)
    highest = true_pixels(elsewhere, by_itself).max()
    assert float(highest) == pytest.approx(1, abs=1e-6)
