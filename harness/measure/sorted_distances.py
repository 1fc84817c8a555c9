"""Distances of channels that are sorted once, on the device where the maps are.

They are those of `distances`: sorting is what a card does fifty times as fast, and it serves every
pair of channels and every distance.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.measure.distances import (
    BINS,
    bhattacharyya_of_shares,
    condensed_sorted,
    jensen_shannon_of_shares,
)

Shares = NDArray[np.float64]


def sort_channels(maps: Tensor) -> Tensor:
    """Returns the values of each channel (channels, n) in ascending order."""
    values = maps.detach().flatten(1)
    if values.is_cuda:
        return values.sort(dim=1).values
    ordered = np.sort(values.numpy(), axis=1)  # several times as fast as torch on a processor
    return torch.from_numpy(ordered)


def wasserstein(x: Tensor, y: Tensor) -> float:
    """Wasserstein-1 of two sorted samples of one size."""
    distances = (x - y).abs()
    if distances.is_cuda:
        return float(distances.mean(dtype=torch.float64))
    return float(distances.numpy().mean(dtype=np.float64))


def jensen_shannon(x: Tensor, y: Tensor, bins: int = BINS) -> float:
    """The Jensen-Shannon divergence of the histograms of two sorted samples in nats."""
    p, q = _histograms(x, y, bins)
    return jensen_shannon_of_shares(p, q)


def bhattacharyya(x: Tensor, y: Tensor, bins: int = BINS) -> float:
    """-ln of the histograms' overlap of two sorted samples."""
    p, q = _histograms(x, y, bins)
    return bhattacharyya_of_shares(p, q, x.numel() + y.numel())


SORTED_DISTANCES: dict[str, Callable[[Tensor, Tensor], float]] = {
    "wasserstein": wasserstein,
    "jensen_shannon": jensen_shannon,
    "bhattacharyya": bhattacharyya,
}


def condensed_channels(ordered: Tensor, count: int) -> NDArray[np.floating]:
    """Returns so many means of equal shares of the sorted values of each channel."""
    if not ordered.is_cuda:
        return np.stack([condensed_sorted(channel, count) for channel in ordered.numpy()])
    size = ordered.shape[1]
    edges = np.linspace(0, size, min(count, size) + 1).astype(int)
    sums = ordered.double().cumsum(dim=1)
    sums = torch.nn.functional.pad(sums, (1, 0))
    sums_at_edges = sums[:, torch.from_numpy(edges).to(ordered.device)]
    means = sums_at_edges.diff(dim=1).cpu().numpy() / np.diff(edges)
    return means.astype(ordered.cpu().numpy().dtype)


def _histograms(x: Tensor, y: Tensor, bins: int) -> tuple[Shares, Shares]:
    """The shares of the values in each bin of the joint range; a range of nothing is one bin."""
    ends = torch.stack([x[0], x[-1], y[0], y[-1]]).cpu().numpy()
    low = ends.min()
    high = ends.max()
    if not low < high:
        return np.ones(1), np.ones(1)
    edges = np.histogram_bin_edges(ends, bins, (low, high))
    edges_on_device = torch.from_numpy(edges).to(x)
    return _shares(x, edges_on_device), _shares(y, edges_on_device)


def _shares(ordered: Tensor, edges: Tensor) -> Shares:
    """The share of sorted values between each two edges, the last bin closed."""
    before = torch.searchsorted(ordered, edges)
    before[-1] = ordered.numel()
    counts = before.diff().cpu().numpy()
    return counts / ordered.numel()
