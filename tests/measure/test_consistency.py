"""Consistency of two predictions: the invariants of paper 001, and every score against one that
counts pixel by pixel.
"""

import math
from itertools import combinations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from harness.measure.consistency import (
    Labels,
    Prediction,
    effective_invariance,
    nhd,
    predictions,
    probability_of,
    v_rand,
    v_rand_crank,
)
from harness.measure.objects import ObjectFinder
from harness.measure.overlap import labels_of
from tests.made.unlabelled import BrightIsForeground, clouds

CASES = range(12)


def random_logits(case: int, channels: int = 1) -> Tensor:
    """Logits of an image, clouds of a few pixels rather than noise; some have little foreground."""
    rng = torch.Generator().manual_seed(case)
    coarse = torch.randn(1, channels, 6, 6, generator=rng)
    coarse = coarse - 0.3 * (case % 3)
    fine = F.interpolate(coarse, scale_factor=3, mode="bilinear")
    return 3 * fine


def prediction(logits: Tensor) -> Prediction:
    labels = labels_of(logits)
    probabilities = probability_of(logits, labels)
    return Prediction(labels[0].to(torch.uint8), probabilities[0])


def two_predictions(case: int, channels: int = 1) -> tuple[Prediction, Prediction]:
    clean = random_logits(case, channels)
    change = random_logits(case + 100, channels)
    return prediction(clean), prediction(clean + change / 2)


def random_instances(case: int) -> tuple[Labels, Labels]:
    rng = np.random.default_rng(case)
    blocks = rng.integers(0, 4, (4, 4))
    first = np.kron(blocks, np.ones((3, 3), int))
    stays = rng.random(first.shape) < 0.8
    labels = rng.integers(0, 5, first.shape)
    return first, np.where(stays, first, labels)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_the_same_prediction_is_wholly_consistent(case: int, channels: int) -> None:
    clean, _ = two_predictions(case, channels)
    assert nhd(clean, clean) == 1
    instances = clean.labels.numpy()
    assert v_rand(instances, instances) == 1
    # by Eq. 4 EI of equal predictions is their confidence, which is 1 for certain ones alone
    confidence = clean.probability[clean.labels > 0].double().mean()
    assert effective_invariance(clean, clean) == pytest.approx(float(confidence))
    certain = Prediction(clean.labels, torch.ones_like(clean.probability))
    assert effective_invariance(certain, certain) == 1


@pytest.mark.parametrize("case", CASES)
def test_nhd_is_the_intersection_over_union(case: int) -> None:
    clean, perturbed = two_predictions(case)
    first = clean.labels.bool()
    second = perturbed.labels.bool()
    intersection = int((first & second).sum())
    union = int((first | second).sum())
    expected = intersection / union
    assert nhd(clean, perturbed) == pytest.approx(expected)
    assert nhd(clean, perturbed) == nhd(perturbed, clean)
    assert 0 < expected < 1


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("channels", [1, 2, 4])
def test_ei_is_at_most_nhd(case: int, channels: int) -> None:
    clean, perturbed = two_predictions(case, channels)
    soft = effective_invariance(clean, perturbed)
    assert soft <= nhd(clean, perturbed) + 1e-12
    assert soft == pytest.approx(effective_invariance(perturbed, clean))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("channels", [1, 3])
def test_nhd_and_ei_pixel_by_pixel(case: int, channels: int) -> None:
    clean, perturbed = two_predictions(case, channels)
    same, soft, union = 0, 0.0, 0
    pixels = zip(
        clean.labels.flatten().tolist(),
        perturbed.labels.flatten().tolist(),
        clean.probability.flatten().tolist(),
        perturbed.probability.flatten().tolist(),
        strict=True,
    )
    for label, perturbed_label, p, perturbed_p in pixels:
        if label == perturbed_label == 0:
            continue
        union += 1
        if label == perturbed_label:
            same += 1
            soft += math.sqrt(p * perturbed_p)
    assert nhd(clean, perturbed) == pytest.approx(same / union)
    assert effective_invariance(clean, perturbed) == pytest.approx(soft / union)


def test_one_sigmoid_and_two_softmax_channels_say_the_same() -> None:
    logits = random_logits(0)
    two_channels = torch.cat([torch.zeros_like(logits), logits], dim=1)
    sigmoid, softmax = prediction(logits), prediction(two_channels)
    assert torch.equal(sigmoid.labels, softmax.labels)
    assert torch.allclose(sigmoid.probability, softmax.probability, atol=1e-6)
    assert float(sigmoid.probability.min()) >= 0.5


def rand_by_pairs(first: Labels, second: Labels, alpha: float) -> float:
    """Eq. 6 by ordered pairs of pixels, each pixel with itself among them: how many have one label
    in both, over the weighted mean of how many have one label in either.
    """
    inside = (first > 0) | (second > 0)
    pixels = np.stack([first[inside], second[inside]], axis=1).tolist()
    together = in_first = in_second = 0
    for a in pixels:
        for b in pixels:
            together += a == b
            in_first += a[0] == b[0]
            in_second += a[1] == b[1]
    return together / (alpha * in_second + (1 - alpha) * in_first)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("alpha", [0.0, 0.5, 0.8])
def test_v_rand_counts_pairs_of_pixels(case: int, alpha: float) -> None:
    first, second = random_instances(case)
    expected = rand_by_pairs(first, second, alpha)
    assert v_rand(first, second, alpha) == pytest.approx(expected)
    assert 0 < expected < 1


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("score", [v_rand, v_rand_crank])
def test_v_rand_asks_for_no_name_of_an_instance(case: int, score: object) -> None:
    assert callable(score)
    first, second = random_instances(case)
    names = np.random.default_rng(case).permutation(9) + 3
    new_names = np.array([0, *names])
    expected = pytest.approx(score(first, second))
    assert score(first, new_names[second]) == expected
    assert score(new_names[first], second) == expected


def test_half_and_half_makes_v_rand_symmetric() -> None:
    first, second = random_instances(3)
    assert v_rand(first, second) == pytest.approx(v_rand(second, first))
    assert v_rand(first, second, 0.2) != pytest.approx(v_rand(second, first, 0.2))


def crank_by_pairs(clean: Labels, perturbed: Labels) -> float:
    """The harmonic mean of precision and recall over unordered pairs of two different pixels,
    without the borders of clean instances; a background pixel is a segment of its own.
    """
    height, width = clean.shape
    pixels = []
    for row in range(height):
        for column in range(width):
            around = [clean[row, column]]
            for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                if 0 <= row + down < height and 0 <= column + right < width:
                    around.append(clean[row + down, column + right])
            labels = clean[row, column], perturbed[row, column]
            if max(around) == min(around) and max(labels) > 0:
                pixels.append(labels)
    together = in_clean = in_perturbed = 0
    for a, b in combinations(pixels, 2):
        together += a == b and min(a) > 0
        in_clean += a[0] == b[0] > 0
        in_perturbed += a[1] == b[1] > 0
    precision, recall = together / in_perturbed, together / in_clean
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("case", CASES)
def test_the_variant_of_the_authors_code(case: int) -> None:
    clean, perturbed = random_instances(case)
    expected = crank_by_pairs(clean, perturbed)
    assert v_rand_crank(clean, perturbed) == pytest.approx(expected)
    assert v_rand_crank(clean, clean) == pytest.approx(1)


def test_the_two_variants_of_v_rand_differ() -> None:
    clean, perturbed = random_instances(0)
    assert abs(v_rand_crank(clean, perturbed) - v_rand(clean, perturbed)) > 1e-3


def test_where_nothing_is_foreground_nothing_is_compared() -> None:
    empty = Prediction(torch.zeros(4, 4, dtype=torch.uint8), torch.ones(4, 4))
    full = Prediction(torch.ones(4, 4, dtype=torch.uint8), torch.ones(4, 4))
    for score in (nhd, effective_invariance):
        assert math.isnan(score(empty, empty))
        assert score(empty, full) == 0
    for rand in (v_rand, v_rand_crank):
        assert math.isnan(rand(empty.labels.numpy(), empty.labels.numpy()))


def test_instances_are_found_as_the_probe_of_instances_finds_them() -> None:
    images = clouds(3)
    net = BrightIsForeground(0.55)
    find = ObjectFinder(smallest=20)
    for index, answer in predictions(net, images, 0.5, find):
        logits = net(images.pixels[index, None])
        assert answer.objects is not None
        assert np.array_equal(answer.objects, find(logits))
        assert answer.objects.max() > 0
