"""Whole images through a network."""

import torch
from torch import nn

from harness.measure.forward import padded_forward


def test_an_image_of_any_size_goes_through_and_comes_back_in_its_size() -> None:
    net = nn.Conv2d(1, 2, 3, padding=1)
    batch = torch.rand(2, 1, 37, 50)
    logits = padded_forward(net, batch)
    assert logits.shape == (2, 2, 37, 50)
    inner = (slice(None), slice(None), slice(1, 36), slice(1, 49))
    assert torch.allclose(logits[inner], net(batch)[inner], atol=1e-6)
