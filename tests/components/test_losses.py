"""Losses by hand, of networks with one output channel and with two."""

import math

import pytest
import torch
from torch import Tensor

from harness.components.losses import bce, bce_dice, ce, ce_dice, dice

PIXELS = [
    [0.0, 2.0],
    [-1.0, 4.0],
]
LOGITS = torch.tensor([[PIXELS]])
BACKGROUND = torch.zeros_like(LOGITS)
TWO_CHANNELS = torch.cat([BACKGROUND, LOGITS], dim=1)
LABELS = [
    [0, 1],
    [1, 255],
]
MASKS = torch.tensor([LABELS])


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


def expected_losses() -> tuple[float, float]:
    """Returns the cross-entropy and one minus the soft Dice of the three pixels that count."""
    negative = sigmoid(0.0)
    first = sigmoid(2.0)
    second = sigmoid(-1.0)
    likelihoods = [1 - negative, first, second]
    logarithms = [math.log(likelihood) for likelihood in likelihoods]
    entropy = -sum(logarithms) / 3
    overlap = first + second
    size = negative + first + second + 2
    soft_dice = (2 * overlap + 1) / (size + 1)
    return entropy, 1 - soft_dice


def is_close(loss: Tensor, expected: float) -> bool:
    return float(loss) == pytest.approx(expected, rel=1e-5)


def test_losses_of_one_channel_by_hand() -> None:
    entropy, soft = expected_losses()
    assert is_close(bce(LOGITS, MASKS, 255), entropy)
    assert is_close(ce(LOGITS, MASKS, 255), entropy)
    assert is_close(dice(LOGITS, MASKS, 255), soft)
    expected = (entropy + soft) / 2
    assert is_close(bce_dice(LOGITS, MASKS, 255), expected)


def test_losses_of_two_channels_by_hand() -> None:
    entropy, soft = expected_losses()
    assert is_close(ce(TWO_CHANNELS, MASKS, 255), entropy)
    assert is_close(dice(TWO_CHANNELS, MASKS, 255), soft)
    loss = ce_dice(TWO_CHANNELS, MASKS, 255, weight=0.25)
    expected = 0.75 * entropy + 0.25 * soft
    assert is_close(loss, expected)


def test_two_channels_tell_foreground_of_whatever_class_from_background() -> None:
    labels = [
        [0, 3],
        [2, 255],
    ]
    several = torch.tensor([labels])
    for loss in (bce, ce, dice):
        expected = float(loss(TWO_CHANNELS, MASKS, 255))
        assert float(loss(TWO_CHANNELS, several, 255)) == expected
