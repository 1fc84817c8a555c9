"""The share of variance between clusters against published tables and its own definition."""

import numpy as np
import pytest

from harness.stats import clusters

RNG = np.random.default_rng(3)


def test_icc_by_shrout_and_fleiss() -> None:
    # Shrout and Fleiss (1979), table 2: six targets by four judges; ICC(1,1) = .17, bounds -.13
    # and .72.
    ratings = [
        [9.0, 2, 5, 8],
        [6.0, 1, 3, 2],
        [8.0, 4, 6, 8],
        [7.0, 1, 2, 6],
        [10.0, 5, 6, 9],
        [6.0, 2, 4, 7],
    ]
    targets = np.repeat(np.arange(6.0), 4)
    icc = clusters.icc1(np.ravel(ratings), targets)
    assert icc.value == pytest.approx(0.1657, abs=5e-5)
    assert icc.low == pytest.approx(-0.1329, abs=5e-4)
    assert icc.high == pytest.approx(0.7226, abs=5e-4)


def test_icc_recovers_the_share_between_unequal_clusters() -> None:
    sizes = RNG.integers(2, 9, 400)
    clusters_of_values = np.repeat(np.arange(400), sizes)
    between = np.sqrt(0.3) * RNG.normal(size=400)
    within = np.sqrt(0.7) * RNG.normal(size=clusters_of_values.size)
    values = between[clusters_of_values] + within
    icc = clusters.icc1(values, clusters_of_values.astype(float))
    assert icc.value == pytest.approx(0.3, abs=0.05)
    assert icc.low < 0.3 < icc.high


def test_values_that_agree_within_clusters_are_worth_their_clusters() -> None:
    labels = np.repeat(np.arange(3.0), 50)
    assert clusters.effective_n(labels, labels) == 3.0
    assert clusters.icc1(labels, labels).value == 1.0


def test_independent_values_are_worth_their_number() -> None:
    labels = np.repeat(np.arange(3.0), 50)
    same_in_each_cluster = np.tile(np.arange(50.0), 3)
    assert clusters.effective_n(same_in_each_cluster, labels) == 150.0
    alone = np.arange(3.0)
    assert clusters.effective_n(alone, alone) == 3.0
