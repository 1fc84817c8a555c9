"""Images of several sizes and windows in the middle are measured without their padding."""

import pytest
import torch

from tests.made.slices import (
    attribution_table,
    network,
    pictures,
    unlabelled_volume,
    values_of,
)


def test_images_of_several_sizes_are_measured_without_their_padding() -> None:
    net = network()
    pixels = pictures(2, 64, 64)
    sizes = torch.tensor([[64, 64], [40, 56]])
    table = attribution_table(net, unlabelled_volume(pixels, sizes))
    bare = attribution_table(net, unlabelled_volume(pixels[:, :40, :56]))
    large, small = values_of(table, "swd")
    bare_large, bare_small = values_of(bare, "swd")
    assert small == pytest.approx(bare_small)
    assert large != pytest.approx(bare_large)


def test_a_crop_is_the_window_in_the_middle() -> None:
    net = network()
    pixels = pictures(2, 64, 64)
    middle = attribution_table(net, unlabelled_volume(pixels[:, 16:48, 16:48]))
    crop = attribution_table(net, unlabelled_volume(pixels), crop=32)
    assert values_of(crop, "swd") == pytest.approx(values_of(middle, "swd"))
