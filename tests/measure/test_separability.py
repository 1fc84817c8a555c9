"""Scores of features with labels, against their definitions."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from scipy.optimize import minimize
from scipy.stats import multivariate_normal
from torch import Tensor

from harness.measure.separability import (
    RIDGE,
    h_score,
    hyperspherical_energy,
    log_ccfv,
    logme,
    wasserstein,
)

CASES = range(5)


def random_features(case: int, count: int = 60, channels: int = 4) -> Tensor:
    rng = torch.Generator().manual_seed(case)
    mixing = torch.randn(channels, channels, generator=rng, dtype=torch.float64)
    features = torch.randn(count, channels, generator=rng, dtype=torch.float64)
    return features @ mixing + case


@pytest.mark.parametrize("case", CASES)
def test_the_distance_of_two_normal_distributions(case: int) -> None:
    first = random_features(case)
    second = random_features(case + 10, 45)
    of_first = np.cov(first.T.numpy()) + RIDGE * np.eye(4)
    of_second = np.cov(second.T.numpy()) + RIDGE * np.eye(4)
    apart = (first.mean(0) - second.mean(0)).numpy()
    root = sqrtm(of_first @ of_second)
    of_spread = np.trace(of_first + of_second - 2 * root).real
    squared = apart @ apart + of_spread
    distance = wasserstein(first, second)
    assert distance == pytest.approx(np.sqrt(squared))
    assert distance == pytest.approx(wasserstein(second, first))


def test_equal_sets_are_nowhere_apart_and_a_move_is_its_length() -> None:
    features = random_features(1)
    assert wasserstein(features, features) == pytest.approx(0, abs=1e-5)
    move = torch.tensor([3.0, 0.0, 4.0, 0.0], dtype=torch.float64)
    assert wasserstein(features, features + move) == pytest.approx(5)


def test_fewer_examples_than_channels_have_a_distance_too() -> None:
    first = random_features(1, 3, 8)
    second = random_features(2, 2, 8)
    assert wasserstein(first, second) > 0


def test_energy_is_the_mean_inverse_distance_of_pairs() -> None:
    features = list(random_features(2, 6))
    inverses = []
    for number, first in enumerate(features):
        for second in features[:number]:
            distance = ((first - second) ** 2).sum() + 1e-3
            inverses.append(float(distance) ** -0.5)
    assert hyperspherical_energy(features) == pytest.approx(np.mean(inverses))


def test_the_two_readings_of_variety_differ_in_its_sign() -> None:
    assert log_ccfv(4.0, 2.0, "energy") == pytest.approx(np.log(2))
    assert log_ccfv(4.0, 2.0, "inverse") == pytest.approx(np.log(1 / 8))


def classes_of(features: Tensor, noise: float, case: int) -> Tensor:
    """Labels that a direction of the features decides, but for some noise."""
    rng = torch.Generator().manual_seed(case)
    draws = torch.randn(len(features), generator=rng)
    scores = features[:, 0] + noise * draws
    bounds = torch.tensor([0.3, 0.6]).double()
    return torch.bucketize(scores, scores.quantile(bounds))


@pytest.mark.parametrize("case", CASES)
def test_h_score_by_its_definition(case: int) -> None:
    features = random_features(case)
    labels = classes_of(features, 1.0, case)
    means = []
    for label in labels.tolist():
        means.append(features[labels == label].mean(0).numpy())
    within = np.cov(features.T.numpy(), bias=True)
    between = np.cov(np.array(means).T, bias=True)
    expected = np.trace(np.linalg.inv(within) @ between)
    assert h_score(features, labels) == pytest.approx(expected)
    assert 0 < expected < 2  # three classes


def test_h_score_is_the_number_of_classes_less_one_where_they_are_points() -> None:
    points = torch.eye(3, dtype=torch.float64).repeat(5, 1)
    labels = torch.arange(3).repeat(5)
    assert h_score(points, labels) == pytest.approx(2)


def evidence_by_density(logs: np.ndarray, features: Tensor, y: np.ndarray) -> float:
    """The log density of y per example where weights have the precision alpha, noise beta."""
    alpha, beta = np.exp(logs)
    matrix = features.numpy()
    of_weights = matrix @ matrix.T / alpha
    covariance = of_weights + np.eye(len(y)) / beta
    density = multivariate_normal.logpdf(y, cov=covariance)
    return float(density) / len(y)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("count", [30, 5])
def test_logme_is_the_largest_evidence(case: int, count: int) -> None:
    features = random_features(case, count, channels=6)
    labels = torch.arange(count) % 2
    labels[0] = 1
    expected = []
    for label in (0, 1):
        y = (labels == label).double().numpy()
        result = minimize(
            lambda logs, y=y: -evidence_by_density(logs, features, y),
            np.zeros(2),
            method="Nelder-Mead",
            options={"maxiter": 600},
            bounds=[(-25, 25), (-10, 6)],
        )
        expected.append(-result.fun)
    if count == 5:  # more channels than examples explain everything, and evidence has no bound
        assert np.isfinite(logme(features, labels))
        return
    assert logme(features, labels) == pytest.approx(np.mean(expected), abs=1e-3)


@pytest.mark.parametrize("score", [h_score, logme])
def test_features_that_tell_classes_apart_score_higher(score: object) -> None:
    assert callable(score)
    features = random_features(3, 200)
    values = []
    for noise in (0.1, 2.0, 50.0):
        labels = classes_of(features, noise, 0)
        values.append(score(features, labels))
    assert values[0] > values[1] > values[2]
