"""Distances of channels sorted once are those of the channels, to the last bit on a processor."""

import numpy as np
import pytest
import torch
from scipy.stats import wasserstein_distance

from harness.measure.distances import DISTANCES, condensed_sorted, full, symmetric
from harness.measure.sorted_distances import (
    SORTED_DISTANCES,
    condensed_channels,
    sort_channels,
    wasserstein,
)

rng = np.random.default_rng(7)


def maps_of(dtype: type, channels: int = 5) -> torch.Tensor:
    """Returns maps with long tails, as saliency has, and many equal values."""
    scales = np.arange(1, channels + 1)
    values = rng.exponential(size=(channels, 60, 50))
    values *= scales[:, None, None]
    values[values < 0.2] = 0
    return torch.from_numpy(values.astype(dtype))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(DISTANCES))
def test_each_distance_is_that_of_the_unsorted_channels(name: str, dtype: type) -> None:
    maps = maps_of(dtype)
    channels = list(maps.numpy())
    ordered = list(sort_channels(maps))
    assert set(SORTED_DISTANCES) == set(DISTANCES)
    distance = DISTANCES[name]
    of_sorted = SORTED_DISTANCES[name]
    assert symmetric(of_sorted, ordered) == symmetric(distance, channels)
    assert full(of_sorted, ordered) == full(distance, channels)


@pytest.mark.parametrize("name", list(DISTANCES))
def test_channels_that_are_one_value_have_the_distance_that_they_had(name: str) -> None:
    for values in ([[2.0, 2.0], [2.0, 2.0]], [[2.0, 2.0], [3.0, 3.0]]):
        maps = torch.tensor(values)
        x, y = maps.numpy()
        first, second = sort_channels(maps)
        assert SORTED_DISTANCES[name](first, second) == DISTANCES[name](x, y)


def test_wasserstein_is_scipys_in_double_precision() -> None:
    maps = maps_of(np.float64, channels=2)
    x, y = sort_channels(maps)
    first, second = maps.flatten(1).numpy()
    assert wasserstein(x, y) == pytest.approx(wasserstein_distance(first, second), rel=1e-6)


def test_condensed_channels_are_means_of_equal_shares() -> None:
    ordered = sort_channels(maps_of(np.float64, channels=3))
    condensed = condensed_channels(ordered, 100)
    expected = ordered.view(3, 100, 30).mean(dim=2)
    assert condensed == pytest.approx(expected.numpy())
    assert condensed[0].tolist() == condensed_sorted(ordered[0].numpy(), 100).tolist()
