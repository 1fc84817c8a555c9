"""Histogram matching against a slow reference written from the paper's text, and against
scikit-image's.
"""

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage.exposure import match_histograms

from harness.components.prepare.histograms import match_target
from harness.data.domains import open_images
from harness.data.images import Domains, Unlabelled, unit
from harness.measure.setup import open_test_set
from harness.store import Home
from tests.made.fits import CPU, small_trial
from tests.made.networks import function_of
from tests.made.slices import unlabelled_volume

Grey = NDArray[np.uint8]  # (n, h, w)


def tissue(mean: float, seed: int, images: int = 3) -> Grey:
    """Returns images of grey noise that reaches down to zero here and there."""
    rng = np.random.default_rng(seed)
    values = rng.normal(mean, 45, (images, 24, 20))
    return values.clip(0, 255).astype(np.uint8)


def padded(images: Grey, columns: int = 5) -> Grey:
    """Returns images whose first columns lie outside the tissue."""
    images = images.copy()
    images[:, :, :columns] = 0
    return images


def zeros_by_regression(count_of_ones: int, count_of_twos: int) -> int:
    """Fits a line to the counts of grey levels 1 and 2, and evaluates it at 0, never below."""
    slope = (count_of_twos - count_of_ones) / (2 - 1)
    return max(0, int(count_of_ones - slope * 1))


def slow_matching(image: NDArray[np.uint8], target: Grey) -> NDArray[np.float64]:
    """Matches one image pixel by pixel, as section 3.2 and the authors' notes say."""
    histogram = [0] * 255
    for level in target.ravel().tolist():
        histogram[min(level, 254)] += 1  # the last bin is closed
    histogram[0] = zeros_by_regression(histogram[1], histogram[2])
    levels = sorted(set(image.ravel().tolist()))
    counts = [int((image == level).sum()) for level in levels]
    if levels[0] == 0 and levels[:3] == [0, 1, 2]:
        counts[0] = zeros_by_regression(counts[1], counts[2])
    elif levels[0] == 0:
        counts[0] = 1 if levels == [0] else 0
    target_quantiles = [sum(histogram[: k + 1]) / sum(histogram) for k in range(255)]
    result = np.zeros(image.shape)
    for position, level in enumerate(levels):
        quantile = sum(counts[: position + 1]) / sum(counts)
        new_level = np.interp(quantile, target_quantiles, range(255))
        result[image == level] = 0 if level == 0 else new_level
    return result


def volume_of(images: Grey) -> Unlabelled:
    return unlabelled_volume(torch.from_numpy(images))


def matched(name: str, images: Grey, reference: Grey) -> NDArray[np.float32]:
    """Returns what a component makes of images where the other domain is the reference."""
    change = function_of("prepare", name)
    other = volume_of(reference)
    domains = Domains(other, None, other)
    return change(volume_of(images), domains).numpy()[:, 0]


CASES = {
    "padding on both sides": (padded(tissue(120, 0)), padded(tissue(70, 1))),
    "padding in the image": (padded(tissue(120, 2)), tissue(70, 3)),
    "zeros without ones": (padded(np.maximum(tissue(120, 4), 9)), padded(tissue(150, 5))),
    "no zeros": (np.maximum(tissue(120, 6), 1), padded(tissue(90, 7))),
    "black": (np.zeros((1, 8, 8), np.uint8), tissue(90, 8)),
    "more ones than twos and zeros": (tissue(20, 9), tissue(25, 10)),
    "bright": (tissue(120, 11), tissue(230, 12)),
}


@pytest.mark.parametrize("name", ["match_target", "match_source"])
@pytest.mark.parametrize("case", CASES)
def test_it_is_the_slow_reference_to_the_bit(case: str, name: str) -> None:
    images, reference = CASES[case]
    changed = matched(name, images, reference)
    for image, result in zip(images, changed, strict=True):
        expected = (slow_matching(image, reference) / 255).astype(np.float32)
        assert np.array_equal(result, expected)
        assert not result[image == 0].any()  # zeros stay zeros


@pytest.mark.parametrize("name", ["match_target_plain", "match_source_plain"])
@pytest.mark.parametrize("case", CASES)
def test_the_plain_one_is_that_of_scikit_image(case: str, name: str) -> None:
    images, reference = CASES[case]
    changed = matched(name, images, reference)
    everything = reference.reshape(-1, reference.shape[-1])
    for image, result in zip(images, changed, strict=True):
        expected = match_histograms(image, everything) / 255
        assert np.array_equal(result, expected.astype(np.float32))


def test_padding_makes_the_two_differ_and_its_share_does_not_matter() -> None:
    images, reference = tissue(120, 0), tissue(70, 1)
    little, much = padded(images, 1), padded(images, 9)
    mine = matched("match_target", much, reference)
    plain = matched("match_target_plain", much, reference)
    inside = np.s_[:, :, 9:]
    assert np.abs(255 * (mine - plain)[inside]).mean() > 4
    drift = matched("match_target", little, reference)[inside] - mine[inside]
    assert np.abs(255 * drift).mean() < 2
    drift = matched("match_target_plain", little, reference)[inside] - plain[inside]
    assert np.abs(255 * drift).mean() > 4


def test_a_second_matching_moves_nothing_by_more_than_it_rounds() -> None:
    images, reference = padded(np.maximum(tissue(120, 0), 3)), tissue(90, 1, images=40)
    first = matched("match_target", images, reference)
    rounded = np.rint(255 * first).astype(np.uint8)
    second = matched("match_target", rounded, reference)
    present = rounded > 0
    assert np.abs(255 * second - rounded)[present].mean() < 0.5


def test_further_images_count_as_the_targets_do() -> None:
    images, first, second = tissue(120, 0), tissue(70, 1), tissue(190, 2)
    domains = Domains(volume_of(images), None, volume_of(first))
    changed = match_target(volume_of(images), domains, further=volume_of(second))
    both = np.concatenate([first, second])
    assert np.array_equal(changed.numpy()[:, 0], matched("match_target", images, both))


def test_a_black_target_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="whose histogram is to be matched are all black"):
        matched("match_target", tissue(120, 0), np.zeros((1, 8, 8), np.uint8))


def test_sixteen_bits_and_floats_are_matched_in_256_levels() -> None:
    images, reference = tissue(120, 0), tissue(70, 1)
    sixteen = torch.from_numpy(images.astype(np.int32) * 257)
    change = function_of("prepare", "match_source")
    domains = Domains(volume_of(reference))
    expected = change(volume_of(images), domains)
    stored = unlabelled_volume(sixteen.to(torch.int16))
    assert torch.equal(change(stored, domains), expected)
    floats = volume_of(images).with_pixels(lambda stack: unit(stack.pixels))
    assert torch.equal(change(floats, domains), expected)


VNC = {"name": "phantom", "style": "vnc", "slices": 4, "size": 48}


def mean_level(images: Any) -> float:
    return float(unit(images.images.pixels).mean())


def test_the_papers_second_reading_changes_test_images_and_no_fit(home: Home) -> None:
    """The baseline is reused: 4.4."""
    baseline = small_trial(test_on=VNC)
    rematched = small_trial(test_on=VNC, prepare=["match_source"])
    assert rematched.fit.key == baseline.fit.key
    source = open_images(baseline.fit.train_on, 3, home, CPU)
    before = open_images(baseline.test_on, 3, home, CPU)
    after = open_test_set(rematched, home, CPU)
    assert abs(mean_level(before) - mean_level(source)) > 0.05
    assert abs(mean_level(after) - mean_level(source)) < 0.02
