"""Losses by hand, of networks with one output channel and with two."""

import math

import pytest
import torch
from torch import Tensor

from harness.components.losses import (
    bce,
    bce_dice,
    ce,
    ce_dice,
    ce_generalised_dice,
    dice,
    generalised_dice,
)

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


def expected_generalised_dice() -> float:
    """Returns one minus Sudre's Dice of the three pixels that count: one background, two
    objects.
    """
    objects = [sigmoid(0.0), sigmoid(2.0), sigmoid(-1.0)]
    grounds = [1 - score for score in objects]
    hits_of_objects = objects[1] + objects[2]
    weight_of_objects = 1 / 2**2  # two pixels; that of the one of background is 1
    overlap = grounds[0] + weight_of_objects * hits_of_objects
    total = sum(grounds) + 1
    total += weight_of_objects * (sum(objects) + 2)
    return 1 - 2 * overlap / total


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


def test_generalised_dice_by_hand() -> None:
    expected = expected_generalised_dice()
    entropy, _ = expected_losses()
    assert is_close(generalised_dice(LOGITS, MASKS, 255), expected)
    assert is_close(generalised_dice(TWO_CHANNELS, MASKS, 255), expected)
    loss = ce_generalised_dice(TWO_CHANNELS, MASKS, 255, weight=0.25)
    assert is_close(loss, 0.75 * entropy + 0.25 * expected)


def test_generalised_dice_counts_a_pixel_as_often_as_it_weighs() -> None:
    twice = torch.cat([LOGITS, LOGITS])
    labels = torch.cat([MASKS, MASKS])
    weights = torch.full(MASKS.shape, 2.0)
    expected = generalised_dice(twice, labels, 255)
    assert is_close(generalised_dice(LOGITS, MASKS, 255, weights), float(expected))


def test_generalised_dice_of_a_batch_without_objects_is_finite_and_learns() -> None:
    logits = LOGITS.clone().requires_grad_()
    loss = generalised_dice(logits, torch.zeros_like(MASKS), None)
    loss.backward()
    assert 0 < float(loss.detach()) < 1
    assert logits.grad is not None
    assert bool((logits.grad > 0).all())  # every pixel should become less of an object
