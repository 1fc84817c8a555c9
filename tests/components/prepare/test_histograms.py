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


def with_padding(images: Grey, columns: int = 5) -> Grey:
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
    levels = np.unique(image).tolist()
    counts = [int((image == level).sum()) for level in levels]
    if levels[0] == 0 and levels[:3] == [0, 1, 2]:
        counts[0] = zeros_by_regression(counts[1], counts[2])
    elif levels[0] == 0:
        counts[0] = 1 if levels == [0] else 0
    target_total = sum(histogram)
    target_quantiles: list[float] = []
    for level in range(255):
        at_most = sum(histogram[: level + 1])
        target_quantiles.append(at_most / target_total)
    result = np.zeros(image.shape)
    total = sum(counts)
    for position, level in enumerate(levels):
        at_most = sum(counts[: position + 1])
        quantile = at_most / total
        new_level = np.interp(quantile, target_quantiles, range(255))
        result[image == level] = 0 if level == 0 else new_level
    return result


def volume_of(images: Grey) -> Unlabelled:
    return unlabelled_volume(torch.from_numpy(images))


def matched_levels(name: str, images: Grey, reference: Grey) -> NDArray[np.float32]:
    """Returns what a component makes of images where the other domain is the reference."""
    change = function_of("prepare", name)
    domain = volume_of(reference)
    domains = Domains(domain, None, domain)
    return change(volume_of(images), domains).numpy()[:, 0]


IMAGES = tissue(120, 0)
REFERENCE = tissue(70, 1)
BLACK = np.zeros((1, 8, 8), np.uint8)
CASES = {
    "padding on both sides": (with_padding(IMAGES), with_padding(REFERENCE)),
    "padding in the image": (with_padding(tissue(120, 2)), tissue(70, 3)),
    "zeros without ones": (
        with_padding(np.maximum(tissue(120, 4), 9)),
        with_padding(tissue(150, 5)),
    ),
    "no zeros": (np.maximum(tissue(120, 6), 1), with_padding(tissue(90, 7))),
    "black": (BLACK, tissue(90, 8)),
    "more ones than twos and zeros": (tissue(20, 9), tissue(25, 10)),
    "bright": (tissue(120, 11), tissue(230, 12)),
}


@pytest.mark.parametrize("name", ["match_target", "match_source"])
@pytest.mark.parametrize("case", CASES)
def test_it_is_the_slow_reference_to_the_bit(case: str, name: str) -> None:
    images, reference = CASES[case]
    changed = matched_levels(name, images, reference)
    for image, result in zip(images, changed, strict=True):
        expected = (slow_matching(image, reference) / 255).astype(np.float32)
        assert np.array_equal(result, expected)
        assert not result[image == 0].any()  # zeros stay zeros


@pytest.mark.parametrize("name", ["match_target_plain", "match_source_plain"])
@pytest.mark.parametrize("case", CASES)
def test_the_plain_one_is_that_of_scikit_image(case: str, name: str) -> None:
    images, reference = CASES[case]
    changed = matched_levels(name, images, reference)
    everything = reference.reshape(-1, reference.shape[-1])
    for image, result in zip(images, changed, strict=True):
        expected = match_histograms(image, everything) / 255
        assert np.array_equal(result, expected.astype(np.float32))


def mean_move(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Returns how far the tissue's pixels lie apart on average, in grey levels of 255."""
    distance = np.abs(first - second)
    tissue_alone = distance[:, :, 9:]
    return 255 * float(tissue_alone.mean())


def test_padding_makes_the_two_differ_and_its_share_does_not_matter() -> None:
    little = with_padding(IMAGES, 1)
    much = with_padding(IMAGES, 9)
    corrected = matched_levels("match_target", much, REFERENCE)
    plain = matched_levels("match_target_plain", much, REFERENCE)
    assert mean_move(corrected, plain) > 4
    corrected_with_little = matched_levels("match_target", little, REFERENCE)
    assert mean_move(corrected, corrected_with_little) < 2
    plain_with_little = matched_levels("match_target_plain", little, REFERENCE)
    assert mean_move(plain, plain_with_little) > 4


def test_a_second_matching_moves_nothing_by_more_than_it_rounds() -> None:
    images = with_padding(np.maximum(IMAGES, 3))
    reference = tissue(90, 1, images=40)
    first = matched_levels("match_target", images, reference)
    rounded = np.rint(255 * first).astype(np.uint8)
    second = matched_levels("match_target", rounded, reference)
    assert mean_move(second, rounded / 255) < 0.5


def test_further_images_count_as_the_targets_do() -> None:
    second = tissue(190, 2)
    domains = Domains(volume_of(IMAGES), None, volume_of(REFERENCE))
    changed = match_target(volume_of(IMAGES), domains, further=volume_of(second))
    together = np.concatenate([REFERENCE, second])
    expected = matched_levels("match_target", IMAGES, together)
    assert np.array_equal(changed[:, 0], expected)


def test_a_black_target_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="whose histogram is to be matched are all black"):
        matched_levels("match_target", IMAGES, BLACK)


def test_sixteen_bits_and_floats_are_matched_in_256_levels() -> None:
    change = function_of("prepare", "match_source")
    domains = Domains(volume_of(REFERENCE))
    expected = change(volume_of(IMAGES), domains)
    wide = IMAGES.astype(np.int32) * 257
    stored = torch.from_numpy(wide).to(torch.int16)
    assert torch.equal(change(unlabelled_volume(stored), domains), expected)
    floats = unlabelled_volume(unit(torch.from_numpy(IMAGES)))
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
    goal = mean_level(source)
    assert abs(mean_level(before) - goal) > 0.05
    assert abs(mean_level(after) - goal) < 0.02
