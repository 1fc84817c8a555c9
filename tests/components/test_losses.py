"""Losses by hand, of networks with one output channel and with two."""

import math

import pytest
import torch

from harness.components.losses import bce, bce_dice, ce, ce_dice, dice

LOGITS = torch.tensor([[[[0.0, 2.0], [-1.0, 4.0]]]])
TWO_CHANNELS = torch.cat([torch.zeros_like(LOGITS), LOGITS], dim=1)
MASKS = torch.tensor([[[0, 1], [1, 255]]])


def expected_losses() -> tuple[float, float]:
    """Returns the cross-entropy and one minus the soft Dice of the three pixels that count."""
    p = torch.sigmoid(LOGITS.double())[0, 0]
    negative, first, second = p[0, 0], p[0, 1], p[1, 0]
    entropy = -(math.log(1 - negative) + math.log(first) + math.log(second)) / 3
    overlap = float(first + second)
    size = float(negative + first + second) + 2
    soft_dice = (2 * overlap + 1) / (size + 1)
    return entropy, 1 - soft_dice


def test_losses_of_one_channel_by_hand() -> None:
    entropy, soft = expected_losses()
    assert float(bce(LOGITS, MASKS, 255)) == pytest.approx(entropy, rel=1e-5)
    assert float(ce(LOGITS, MASKS, 255)) == pytest.approx(entropy, rel=1e-5)
    assert float(dice(LOGITS, MASKS, 255)) == pytest.approx(soft, rel=1e-5)
    expected = (entropy + soft) / 2
    assert float(bce_dice(LOGITS, MASKS, 255)) == pytest.approx(expected, rel=1e-5)


def test_losses_of_two_channels_by_hand() -> None:
    entropy, soft = expected_losses()
    assert float(ce(TWO_CHANNELS, MASKS, 255)) == pytest.approx(entropy, rel=1e-5)
    assert float(dice(TWO_CHANNELS, MASKS, 255)) == pytest.approx(soft, rel=1e-5)
    loss = ce_dice(TWO_CHANNELS, MASKS, 255, weight=0.25)
    assert float(loss) == pytest.approx(0.75 * entropy + 0.25 * soft, rel=1e-5)


def test_two_channels_tell_foreground_of_whatever_class_from_background() -> None:
    several = torch.tensor([[[0, 3], [2, 255]]])
    for loss in (bce, ce, dice):
        expected = float(loss(TWO_CHANNELS, MASKS, 255))
        assert float(loss(TWO_CHANNELS, several, 255)) == expected
