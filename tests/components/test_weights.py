"""What pixels weigh, by hand; and a fit that is trained with weights."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from harness.components.losses import bce, bce_dice, ce, ce_dice, dice, focal
from harness.components.weights.class_weight import class_weight
from harness.components.weights.uniform import uniform
from harness.store import Home
from harness.train import loop
from tests.made.fits import CPU, same_weights, small_fit, weights_of
from tests.made.slices import labelled_volume

PIXELS = [
    [0.0, 2.0],
    [-1.0, 4.0],
]
LOGITS = torch.tensor([[PIXELS]])
LABELS = [
    [0, 1],
    [1, 255],
]
MASKS = torch.tensor([LABELS])
WEIGHTS_OF_PIXELS = [
    [2.0, 0.5],
    [3.0, 7.0],
]
WEIGHTS = torch.tensor([WEIGHTS_OF_PIXELS])
BLIND = nn.Identity()  # these weights do not ask the network
LOSSES = (bce, ce, focal, dice, bce_dice, ce_dice)


def sigmoid(logit: float) -> float:
    return 1 / (1 + math.exp(-logit))


@pytest.mark.parametrize("loss", LOSSES)
def test_weights_of_one_are_no_weights(loss: Callable[..., Tensor]) -> None:
    rng = torch.Generator().manual_seed(0)
    masks = torch.randint(0, 2, (3, 8, 8), generator=rng)
    for channels in (1, 2):
        logits = torch.randn(3, channels, 8, 8, generator=rng)
        plain = loss(logits, masks, None)
        ones = torch.ones(3, 8, 8)
        heavy = masks + 0.5
        assert torch.allclose(loss(logits, masks, None, ones), plain)
        assert not torch.allclose(loss(logits, masks, None, heavy), plain)


def is_close(loss: Tensor, expected: float) -> bool:
    return float(loss) == pytest.approx(expected, rel=1e-5)


def test_weighted_losses_by_hand() -> None:
    negative = sigmoid(0.0)
    first = sigmoid(2.0)
    second = sigmoid(-1.0)
    likelihoods = [1 - negative, first, second]
    weights = [2.0, 0.5, 3.0]
    entropy = 0.0
    doubtful = 0.0
    for likelihood, weight in zip(likelihoods, weights, strict=True):
        share = weight * math.log(likelihood) / 3
        entropy -= share
        doubtful -= share * (1 - likelihood) ** 2
    assert is_close(bce(LOGITS, MASKS, 255, WEIGHTS), entropy)
    assert is_close(ce(LOGITS, MASKS, 255, WEIGHTS), entropy)
    assert is_close(focal(LOGITS, MASKS, 255, WEIGHTS), doubtful)
    overlap = 0.5 * first + 3 * second
    size = 2 * negative + overlap + 0.5 + 3
    smooth_overlap = 2 * overlap + 1
    soft = 1 - smooth_overlap / (size + 1)
    assert is_close(dice(LOGITS, MASKS, 255, WEIGHTS), soft)


def test_focal_without_gamma_is_cross_entropy() -> None:
    expected = float(ce(LOGITS, MASKS, 255))
    assert float(focal(LOGITS, MASKS, 255, gamma=0.0)) == pytest.approx(expected, rel=1e-5)
    assert float(focal(LOGITS, MASKS, 255)) < expected


def test_each_class_weighs_as_much_as_any_other() -> None:
    pixels = torch.zeros(2, 10, 10)
    masks = torch.zeros(2, 10, 10, dtype=torch.uint8)
    masks[0, 0, :5] = 1
    masks[1, 9, :] = 255
    source = labelled_volume(pixels, masks, ignore=255)
    weights = class_weight(source, BLIND)
    of_object = weights[masks == 1]
    of_background = weights[masks == 0]
    assert is_close(of_object[0], 190 / 10)
    assert is_close(of_background[0], 190 / 370)
    assert is_close(of_object.sum(), 95)
    assert is_close(of_background.sum(), 95)
    assert is_close(weights.sum(), 190)  # pixels that do not count weigh nothing
    softer = class_weight(source, BLIND, power=0.5)
    ratio = softer[masks == 1][0] / softer[masks == 0][0]
    assert is_close(ratio, math.sqrt(185 / 5))
    assert is_close(softer.sum(), 190)
    ones = torch.ones(2, 10, 10)
    assert torch.equal(uniform(source, BLIND), ones)


def test_one_class_alone_has_weights_of_one() -> None:
    pixels = torch.zeros(1, 4, 4)
    masks = torch.zeros(1, 4, 4, dtype=torch.uint8)
    weights = class_weight(labelled_volume(pixels, masks), BLIND)
    ones = torch.ones(1, 4, 4)
    assert torch.equal(weights, ones)


def test_a_fit_with_weights_is_another_fit_and_one_without_has_the_old_key(home: Home) -> None:
    method = {"name": "supervised", "epochs": 1, "lr": 1e-3, "loss": "bce"}
    plain = small_fit(method=method)
    assert small_fit(method={**method, "weight": None}).key == plain.key
    fits = {"none": plain}
    for name in ("uniform", "class_weight"):
        fits[name] = small_fit(method={**method, "weight": name})
    assert len({fit.key for fit in fits.values()}) == 3
    weights = {}
    for name, fit in fits.items():
        loop.fit(fit, [], home, CPU)
        weights[name] = weights_of(fit, home)
    assert same_weights(weights["none"], weights["uniform"])
    assert not same_weights(weights["none"], weights["class_weight"])
