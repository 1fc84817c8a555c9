"""Whole images through a network."""

import torch
from torch import nn

from harness.measure.forward import logits_of, padded_forward
from tests.made.precision import precision_of_convolutions
from tests.made.slices import pictures, unlabelled_volume


def test_an_image_of_any_size_goes_through_and_comes_back_in_its_size() -> None:
    net = nn.Conv2d(1, 2, 3, padding=1)
    batch = torch.rand(2, 1, 37, 50)
    logits = padded_forward(net, batch)
    assert logits.shape == (2, 2, 37, 50)
    inner = (slice(None), slice(None), slice(1, 36), slice(1, 49))
    assert torch.allclose(logits[inner], net(batch)[inner], atol=1e-6)


def test_logits_are_made_in_true_float32_and_only_they() -> None:
    precisions: list[str] = []
    net = nn.Conv2d(3, 1, 3, padding=1)
    net.register_forward_hook(lambda *arguments: precisions.append(precision_of_convolutions()))
    before = precision_of_convolutions()
    for _ in logits_of(net, unlabelled_volume(pictures(3, 32, 32))):
        assert precision_of_convolutions() == before
    assert precisions == ["ieee"]
