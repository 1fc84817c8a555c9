"""What must vanish for a network that treats its slices alike."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from harness.train.first_conv import first_conv
from tests.made.slices import (
    attribution_table,
    labelled_volume,
    network,
    pictures,
    unlabelled_volume,
    with_equal_slices,
)

RESNETS = ["unet", "deeplabv3plus", "segformer"]
GRADIENTS: list[Any] = [
    "gradient",
    {"name": "gradient", "points": 20},
    {"name": "foreground", "mask": "true"},
]


def largest_values(table: pd.DataFrame) -> pd.Series:
    """Returns the largest value of each metric."""
    largest: pd.Series = table.groupby("metric")["value"].max()
    return largest


@pytest.mark.parametrize("arch", RESNETS)
@pytest.mark.parametrize("alike", [False, True])
def test_a_uniform_first_convolution_is_symmetric_before_training(arch: str, alike: bool) -> None:
    net = with_equal_slices(network(arch)) if alike else network(arch)
    images = pictures(3, 64, 64)
    is_bright = pictures(3, 64, 64) > 0.7
    test = labelled_volume(images, is_bright.long())
    table = attribution_table(net, test, *GRADIENTS)
    largest = largest_values(table)
    assert (largest[["swd", "fwd", "pooled_swd", "pooled_fwd"]] < 1e-6).all() == alike
    assert (largest["swap"] < 1e-9) == alike
    if alike:
        shares = table[table.metric == "share"]["value"].to_numpy()
        assert shares == pytest.approx(1 / 3)


@pytest.mark.parametrize("tied", ["none", "mirrored", "all"])
@pytest.mark.parametrize("arch", ["unet", "tiny_unet"])
def test_a_tied_first_convolution_is_symmetric_after_training(arch: str, tied: str) -> None:
    net = network(arch, tied=tied)
    images = pictures(2, 3, 32, 32)
    masks = (pictures(2, 1, 32, 32) > 0.5).double()
    optimiser = torch.optim.Adam(net.train().parameters(), 1e-2)
    for _ in range(3):
        optimiser.zero_grad()
        nn.functional.binary_cross_entropy_with_logits(net(images), masks).backward()
        optimiser.step()
    test = unlabelled_volume(pictures(4, 64, 64))
    largest = largest_values(attribution_table(net.eval(), test))
    assert (largest["swd"] < 1e-6) == (tied != "none")
    assert (largest["fwd"] < 1e-6) == (tied == "all")
    assert (largest["swap"] < 1e-9) == (tied != "none")


MAPS: list[Any] = [
    "gradient",
    {"name": "gradient", "points": 20},
    "foreground",
    {"name": "integrated_gradients", "steps": 3},
    {"name": "occlusion", "window": 32},
    "gradcam",
    "gradcam_plus_plus",
]


def mean_by_map(table: pd.DataFrame, metric: str) -> pd.Series:
    means: pd.Series = table[table.metric == metric].groupby("map")["value"].mean()
    return means


def mean_shares(table: pd.DataFrame) -> pd.DataFrame:
    """Returns a row for each map and a column for each slice."""
    shares = table[table.metric == "share"].groupby(["map", "channel"])["value"].mean()
    columns: pd.DataFrame = shares.unstack()
    return columns


def test_what_is_mirrored_in_every_part_is_as_asymmetric_as_before() -> None:
    net = network()
    pixels = pictures(4, 64, 64)
    before = attribution_table(net, unlabelled_volume(pixels), *MAPS)
    with torch.no_grad():
        weight = first_conv(net).weight
        weight.copy_(weight.flip(1))
    after = attribution_table(net, unlabelled_volume(pixels.flip(0)), *MAPS)
    assert (mean_by_map(before, "swd") > 0).all()
    for metric in ("swd", "fwd"):
        assert np.allclose(mean_by_map(before, metric), mean_by_map(after, metric), rtol=1e-5)
    mirrored = mean_shares(after)[[1, 0, -1]]
    assert np.allclose(mean_shares(before), mirrored, rtol=1e-5)
