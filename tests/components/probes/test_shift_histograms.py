"""Distances of histograms: against the paper's equations done slowly, scipy, and in batches."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import Tensor

from harness.measure.histograms import Span, count_values, hellinger, wasserstein, widen
from tests.made.shifts import slow_hellinger


def span_of(*batches: Tensor) -> Span:
    span: Span | None = None
    for values in batches:
        span = widen(span, values)
    assert span is not None
    return span


def distance(x: Tensor, y: Tensor, bins: int = 100) -> Tensor:
    span = span_of(x, y)
    counts_of_x = count_values(x, span, bins)
    counts_of_y = count_values(y, span, bins)
    return hellinger(counts_of_x, counts_of_y)


def earth_movers_distance(x: Tensor, y: Tensor, bins: int) -> Tensor:
    span = span_of(x, y)
    counts_of_x = count_values(x, span, bins)
    counts_of_y = count_values(y, span, bins)
    return wasserstein(counts_of_x, counts_of_y, span)


def normal(seed: int, *shape: int) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=rng)


@pytest.mark.parametrize("bins", [1, 10, 37, 100])
def test_hellinger_is_the_papers_equations(bins: int) -> None:
    widths = torch.tensor([[1.0], [2.0], [0.3]])
    x = normal(0, 3, 80)
    y = normal(1, 3, 60) * widths + 0.5
    expected = []
    for first, second in zip(x.double(), y.double(), strict=True):
        slowly = slow_hellinger(first.numpy(), second.numpy(), bins)
        expected.append(slowly)
    distances = distance(x, y, bins)
    assert distances.tolist() == pytest.approx(expected, abs=1e-7)


def test_hellinger_is_symmetric_0_on_the_same_and_1_on_what_shares_nothing() -> None:
    x = normal(0, 5, 300)
    y = normal(1, 5, 200) + 1
    distances = distance(x, y)
    assert torch.equal(distances, distance(y, x))
    assert bool((distances > 0).all())
    assert bool((distances < 1).all())
    assert distance(x, x).tolist() == [0] * 5
    shuffled = x[:, torch.randperm(300)]
    assert distance(x, shuffled).tolist() == [0] * 5
    positive = x.abs()
    negative = -positive - 5
    apart = distance(positive, negative)
    assert apart.tolist() == pytest.approx([1] * 5, abs=1e-12)


def test_channels_that_are_constant_or_no_numbers() -> None:
    channels = [
        ([0.0, 0.0], [0.0, 0.0], 0),
        ([3.0, 3.0], [3.0, 3.0], 0),
        ([3.0, 3.0], [4.0, 4.0], 1),
        ([1.0, math.inf], [1.0, 2.0], math.nan),
        ([1.0, math.nan], [1.0, 2.0], math.nan),
    ]
    x, y, expected = zip(*channels, strict=True)
    distances = distance(torch.tensor(x), torch.tensor(y))
    assert distances.tolist() == pytest.approx(list(expected), nan_ok=True)


def test_the_largest_value_is_counted() -> None:
    x = torch.arange(9.0)[None]
    counts = count_values(x, span_of(x), 8)
    assert counts.tolist() == [[1, 1, 1, 1, 1, 1, 1, 2]]


@pytest.mark.parametrize(
    ("bins", "expected"),
    [
        (10, 0.089),
        (50, 0.154),
        (100, 0.246),
        (200, 0.320),
    ],
)
def test_the_bias_of_the_estimator(bins: int, expected: float) -> None:
    """Two samples of the same normal distribution, 500 each: the more bins, the farther apart."""
    x = normal(2, 200, 500)
    y = normal(3, 200, 500)
    mean = float(distance(x, y, bins).mean())
    assert mean == pytest.approx(expected, abs=0.04)


def test_wasserstein_is_scipys_up_to_a_bin() -> None:
    x = normal(0, 4, 700)
    y = normal(1, 4, 500) * 1.5 + 0.4
    distances = earth_movers_distance(x, y, 400).numpy()
    expected = []
    for first, second in zip(x.numpy(), y.numpy(), strict=True):
        expected.append(stats.wasserstein_distance(first, second))
    span = span_of(x, y)
    widest = float((span.high - span.low).max())
    assert np.abs(distances - expected).max() < widest / 400


def test_wasserstein_is_the_way_that_a_sample_was_moved() -> None:
    x = normal(0, 4, 700)
    distances = earth_movers_distance(x, x + 3, 1000)
    assert distances.tolist() == pytest.approx([3.0] * 4, abs=0.02)


def test_batches_give_what_all_at_once_gives() -> None:
    x = normal(0, 3, 90)
    y = normal(1, 3, 90)
    at_once = span_of(x, y)
    batches = x.split(7, dim=1)
    in_batches = span_of(*batches, *y.split(13, dim=1))
    assert torch.equal(at_once.low, in_batches.low)
    assert torch.equal(at_once.high, in_batches.high)
    counts = [count_values(batch, in_batches, 20) for batch in batches]
    total = torch.stack(counts).sum(0)
    assert torch.equal(total, count_values(x, at_once, 20))
