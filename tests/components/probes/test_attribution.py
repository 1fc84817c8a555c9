"""The rows of attribution by hand, and what is undefined, ignored or refused."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.components.probes.attribution import joint
from harness.data.images import Unlabelled
from harness.measure.distances import condensed_sorted, full, symmetric, wasserstein
from harness.measure.trial import measure
from harness.spec.parse import read_trial
from harness.store import Home
from harness.train.loop import fit
from tests.made.slices import (
    attribution_table,
    labelled_volume,
    network,
    pictures,
    saliency,
    unlabelled_volume,
    values_of,
)

Maps = NDArray[np.floating[Any]]
TRUE_FOREGROUND = {"name": "foreground", "mask": "true"}


def two_stacks(pixels: Tensor) -> Tensor:
    """Returns the first and the last stack of four slices; beyond an end the end slice is
    repeated.
    """
    return torch.stack([pixels[[0, 0, 1]], pixels[[2, 3, 3]]])


@pytest.fixture(scope="module")
def net() -> nn.Module:
    return network()


@pytest.fixture(scope="module")
def pixels() -> Tensor:
    return pictures(4, 64, 64)


@pytest.fixture(scope="module")
def maps(net: nn.Module, pixels: Tensor) -> Maps:
    """The gradient of the two stacks."""
    explain = saliency("gradient")
    gradient: Maps = explain(net, two_stacks(pixels), None).numpy()
    return gradient


@pytest.fixture(scope="module")
def scaled_maps(maps: Maps) -> list[Maps]:
    """The same from 0 to 255 over the slices of each stack."""
    scaled = []
    for image in maps:
        low = image.min()
        high = image.max()
        scaled.append((image - low) / (high - low) * 255)
    return scaled


@pytest.fixture(scope="module")
def table(net: nn.Module, pixels: Tensor) -> pd.DataFrame:
    return attribution_table(net, unlabelled_volume(pixels), images=2)


def test_distances_of_an_image_by_hand(table: pd.DataFrame, scaled_maps: list[Maps]) -> None:
    rows = table[table.metric == "swd"]
    assert rows["image"].tolist() == ["z0", "z3"]
    assert set(rows["map"]) == {"gradient"}
    swd = [wasserstein(below, above) for below, _, above in scaled_maps]
    assert values_of(table, "swd") == pytest.approx(swd, rel=1e-6)
    fwd = []
    for below, middle, above in scaled_maps:
        neighbours = wasserstein(below, middle) + wasserstein(middle, above)
        fwd.append((wasserstein(below, above) + neighbours) / 3)
    assert values_of(table, "fwd") == pytest.approx(fwd, rel=1e-6)


def test_pooled_distances_by_hand(table: pd.DataFrame, scaled_maps: list[Maps]) -> None:
    channels = list(np.stack(scaled_maps, axis=1))
    (swd,) = values_of(table, "pooled_swd")
    assert swd == pytest.approx(symmetric(wasserstein, channels), rel=0.02)
    (fwd,) = values_of(table, "pooled_fwd")
    assert fwd == pytest.approx(full(wasserstein, channels), rel=0.02)


def test_shares_by_hand(table: pd.DataFrame, maps: Maps) -> None:
    rows = table[table.metric == "share"]
    shares = rows.pivot_table(index="image", columns="channel", values="value")
    channels: list[int] = shares.columns.to_numpy().tolist()
    assert channels == [-1, 0, 1]
    sums = maps.sum(axis=(2, 3))
    expected = sums / sums.sum(axis=1, keepdims=True)
    assert shares.to_numpy() == pytest.approx(expected, rel=1e-6)


def test_swaps_by_hand(table: pd.DataFrame, net: nn.Module, pixels: Tensor) -> None:
    stacks = two_stacks(pixels)
    forwards = net(stacks).sigmoid()
    backwards = net(stacks.flip(1)).sigmoid()
    changes = (forwards - backwards).abs()
    expected = changes.mean(dim=(1, 2, 3)).tolist()
    assert values_of(table, "swap") == pytest.approx(expected)


def test_raw_distances_by_hand(net: nn.Module, pixels: Tensor, maps: Maps) -> None:
    raw_table = attribution_table(net, unlabelled_volume(pixels), images=2, scale="raw")
    expected = [wasserstein(below, above) for below, _, above in maps]
    assert values_of(raw_table, "swd") == pytest.approx(expected)


def test_joint_scaling_keeps_the_channels_apart() -> None:
    maps = torch.tensor([[[1.0, 2.0]], [[2.0, 3.0]], [[5.0, 11.0]]])
    expected = [0, 25.5, 25.5, 51, 102, 255]
    assert joint(maps).flatten().tolist() == pytest.approx(expected)
    constant = torch.full((3, 2, 2), 7.0)
    assert not joint(constant).any()


def test_pooling_keeps_the_distribution_in_little() -> None:
    values = np.random.default_rng(0).exponential(20, 30_000)
    ordered = np.sort(values)
    sample = condensed_sorted(ordered, 1024)
    assert sample.size == 1024
    assert sample.mean() == pytest.approx(values.mean(), rel=1e-3)
    assert condensed_sorted(ordered[:10], 1024) == pytest.approx(ordered[:10])


def test_a_map_without_saliency_is_undefined_and_not_symmetric() -> None:
    empty = torch.zeros(3, 32, 32, dtype=torch.uint8)
    test = labelled_volume(pictures(3, 32, 32), empty)
    table = attribution_table(network(), test, TRUE_FOREGROUND)
    assert table[table.metric != "swap"]["value"].isna().all()
    assert set(table["metric"]) == {"swd", "fwd", "pooled_swd", "pooled_fwd", "share", "swap"}


def test_what_is_ignored_is_no_foreground() -> None:
    pixels = pictures(3, 32, 32)
    masks = torch.full((3, 32, 32), 255, dtype=torch.uint8)
    table = attribution_table(network(), labelled_volume(pixels, masks), TRUE_FOREGROUND)
    assert np.isfinite(values_of(table, "swd")).all()
    ignoring = labelled_volume(pixels, masks, ignore=255)
    table = attribution_table(network(), ignoring, TRUE_FOREGROUND)
    assert np.isnan(values_of(table, "swd")).all()


@pytest.mark.parametrize(("slices", "planes"), [(1, 1), (1, 3), (3, 3)])
def test_a_stack_without_neighbours_is_refused(slices: int, planes: int) -> None:
    alone = torch.zeros(1, dtype=torch.long)
    pixels = torch.rand(1, planes, 32, 32)
    images = Unlabelled(pixels, ["a"], ["a"], alone, alone, slices=slices)
    message = f"odd stack of at least 3 .* sees {slices} slices? of {planes} plane"
    with pytest.raises(ValueError, match=message):
        attribution_table(network(), images)


DISTANCES = ["wasserstein", "jensen_shannon", "bhattacharyya"]
MAPS = ["gradient", {"name": "gradcam", "label": "mine"}, {"name": "gradient", "points": 9}]


@pytest.mark.parametrize("slices", [3, 5])
def test_a_trial_is_measured_with_several_maps(home: Home, slices: int) -> None:
    problems: list[Any] = []
    raw = {
        "fit": {
            "train_on": {"name": "phantom", "slices": 3, "size": 48},
            "net": {"arch": "tiny_unet", "slices": slices, "width": 2},
            "method": {"name": "supervised", "epochs": 1},
            "patch": 32,
            "batch": 2,
            "steps": 2,
        },
        "probes": [{"name": "attribution", "maps": MAPS, "distances": DISTANCES}],
    }
    trial = read_trial(raw, problems)
    assert trial is not None, problems
    fit(trial.fit, [trial.pick], home, torch.device("cpu"))
    folder = measure(trial, home, torch.device("cpu"))
    rows = pd.read_parquet(folder / "rows.parquet")
    swd = rows[rows.metric == "swd"]
    assert len(swd) == 3 * 3 * 3
    assert set(swd["map"]) == {"gradient", "mine", "gradient(points=9)"}
    assert set(swd["distance"]) == set(DISTANCES)
    reach = slices // 2
    shares = rows[rows.metric == "share"]
    assert set(shares["channel"]) == set(range(-reach, reach + 1))
    figures = folder / "figures"
    assert len(list(figures.glob("channels-*.png"))) == 3
    overviews = [path.name for path in figures.glob("saliency-*.png")]
    assert overviews == ["saliency-test-000.png"]
