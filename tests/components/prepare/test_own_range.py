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
    arrays = []
    for height, width in ((20, 30), (25, 16)):
        arrays.append(rng.integers(low, high + 1, (height, width)).astype(np.uint8))
    arrays[0][0, :2] = (low, high)
    return on_device(Scans(arrays, None, ["a", "b"], ["a", "b"]), 1, CPU).images


def labelled(images: Unlabelled) -> Labelled:
    masks = torch.zeros(len(images), *images.size, dtype=torch.uint8)
    return Labelled(images, masks, ("background", "cell"))


def true_pixels(images: Unlabelled, changed: torch.Tensor) -> torch.Tensor:
    return images.with_pixels(lambda _: changed).all_pixels


def test_each_set_is_scaled_by_its_own_lowest_and_highest_level() -> None:
    domains = Domains(labelled(pictures(10, 250)))
    for images in (domains.source.images, pictures(90, 130, seed=1)):
        pixels = true_pixels(images, own_range(images, domains))
        assert float(pixels.min()) == pytest.approx(-1, abs=1e-6)
        assert float(pixels.max()) == pytest.approx(1, abs=1e-6)


def test_own_percentiles_are_those_of_numpy_without_the_filling() -> None:
    domains = Domains(labelled(pictures(10, 250)))
    images = pictures(90, 130, seed=1)
    levels = torch.cat([images.image(0).flatten(), images.image(1).flatten()]).numpy()
    bottom, top = np.percentile(levels, (5, 98))
    scaled = own_percentiles(images, domains)[0, :, :20, :30]
    expected = (images.image(0).numpy() - bottom) / (top - bottom)
    assert np.allclose(scaled.numpy(), expected, atol=1e-4)


def test_most_clips_only_from_above() -> None:
    domains = Domains(labelled(pictures(0, 255)))
    images = domains.source.images
    clipped = true_pixels(images, own_percentiles(images, domains, low=40, high=60, most=2.0))
    assert float(clipped.max()) == 2
    assert float(clipped.min()) < -1


def test_a_validation_part_is_scaled_as_its_source() -> None:
    source = pictures(0, 200)
    validation = pictures(50, 100, seed=2)
    domains = Domains(labelled(source), labelled(validation))
    as_source = own_range(validation, domains)
    by_itself = own_range(pictures(50, 100, seed=2), domains)
    assert float(as_source[0, 0, :20, :30].max()) == pytest.approx(0, abs=1e-6)
    assert float(by_itself[0, 0, :20, :30].max()) == pytest.approx(1, abs=1e-6)
