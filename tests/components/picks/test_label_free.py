"""Picks that need no labels of the target, on small predictions that can be counted by hand."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from harness.components.picks import solidity as solidity_module
from harness.components.picks.area_ratio import area_ratio
from harness.components.picks.confidence import entropy, soft_dice_confidence
from harness.components.picks.oracle import oracle
from harness.components.picks.solidity import mean_solidity, solidity
from harness.components.picks.source_validation import source_validation
from harness.data.images import Domains, Labelled
from tests.made.slices import labelled_volume, unlabelled_volume

SURE = 40.0  # a logit whose sigmoid is 1


class Copies(nn.Module):
    """A network that predicts foreground where the middle slice is bright, and how surely."""

    def __init__(self, logit: float = SURE) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.logit = logit

    def forward(self, images: Tensor) -> Tensor:
        is_bright = images[:, 1:2] > 0.5
        sign = torch.where(is_bright, 1.0, -1.0)
        return self.logit * sign


def square(top: int, left: int, side: int = 4) -> Tensor:
    """Returns a mask with one square."""
    mask = torch.zeros(16, 16, dtype=torch.uint8)
    rows = slice(top, top + side)
    columns = slice(left, left + side)
    mask[rows, columns] = 1
    return mask


def corner(top: int, left: int) -> Tensor:
    """Returns an L of 12 pixels whose hull has 14: a square of 4 x 4 without a quarter of it."""
    quarter = square(top, left, side=2)
    return square(top, left) - quarter


EMPTY = torch.zeros(16, 16, dtype=torch.uint8)


def volume(*masks: Tensor) -> Labelled:
    """Returns slices that are bright where their masks say foreground."""
    stack = torch.stack(masks)
    return labelled_volume(255 * stack, stack)


def solidity_of(*masks: Tensor, **options: Any) -> float:
    settings = {"objects": "volume", "above": 10, "mean": "objects", **options}
    labelled = volume(*masks)
    foregrounds = enumerate(labelled.masks > 0)
    return mean_solidity(foregrounds, labelled.images, **settings)


def score_by(
    pick: Any, source: Labelled, images: Any, logit: float = SURE, **options: Any
) -> float:
    """Returns what a pick says of the network that copies, with a source and a target's images."""
    net = Copies(logit)
    data = Domains(source)
    score: float = pick(net, data, images=images, **options)
    return score


def hull_of_corner() -> float:
    """Returns the share of its hull that the L fills; its hull lacks the pixel at the corner."""
    return solidity_of(corner(4, 4))


def test_a_square_fills_its_hull_and_an_l_does_not() -> None:
    assert solidity_of(square(3, 3)) == 1
    assert 12 / 16 < hull_of_corner() <= 12 / 13


def test_objects_of_ten_pixels_or_fewer_do_not_count() -> None:
    tiny = square(0, 0, side=2)
    bar = torch.zeros(16, 16, dtype=torch.uint8)
    bar[0, :10] = 1
    assert math.isnan(solidity_of(tiny))
    assert math.isnan(solidity_of(bar))
    bar[0, 10] = 1
    assert solidity_of(bar) == 1
    assert solidity_of(tiny, above=3) == 1
    assert solidity_of(corner(8, 8) | tiny) == hull_of_corner()


def test_an_object_of_a_volume_may_be_two_pieces_in_a_slice() -> None:
    two_pieces = square(2, 0) | square(2, 10)
    bridge = torch.zeros(16, 16, dtype=torch.uint8)
    bridge[2:6] = 1
    as_objects = solidity_of(two_pieces, bridge, objects="volume")
    assert as_objects == pytest.approx((32 / 56 + 1) / 2)  # the hull of both spans 14 columns
    assert solidity_of(two_pieces, bridge, objects="slice") == 1


def test_a_mean_is_of_all_objects_or_of_the_means_of_slices() -> None:
    two_squares = square(0, 0) | square(10, 10)
    share = hull_of_corner()
    by_objects = solidity_of(two_squares, corner(4, 4), objects="slice")
    assert by_objects == pytest.approx((2 + share) / 3)
    by_slices = solidity_of(two_squares, corner(4, 4), objects="slice", mean="slices")
    assert by_slices == pytest.approx((1 + share) / 2)


def test_the_pick_prefers_what_is_as_solid_as_the_sources_labels() -> None:
    source = volume(corner(4, 4), corner(8, 2))
    solid = volume(square(0, 0), square(5, 5)).images
    like_source = volume(corner(2, 2)).images
    assert score_by(solidity, source, like_source) == 0
    score = score_by(solidity, source, solid)
    assert score == pytest.approx(-(1 - hull_of_corner()))
    nothing = volume(EMPTY).images
    assert score_by(solidity, source, nothing) == -1  # worse than any difference
    tiny = volume(square(0, 0, side=2))
    with pytest.raises(ValueError, match="no object of the source has more than 10 pixels"):
        score_by(solidity, tiny, solid)


def test_the_sources_labels_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    source = volume(corner(4, 4))
    other_source = volume(square(4, 4))
    images = volume(square(1, 1)).images
    first = score_by(solidity, source, images)
    assert score_by(solidity, other_source, images) == 0 != first
    monkeypatch.setattr(solidity_module, "true_foregrounds", None)
    assert score_by(solidity, source, images) == first
    with pytest.raises(TypeError):  # other options expect another value
        score_by(solidity, source, images, above=3)


def test_ignored_pixels_of_the_source_are_no_objects() -> None:
    mask = corner(4, 4)
    mask[0:2, 8:16] = 255
    source = labelled_volume(EMPTY[None], mask[None], 255)
    images = volume(corner(4, 4)).images
    assert score_by(solidity, source, images) == 0
    assert score_by(area_ratio, source, images) == 0


def test_area_ratio_compares_shares_of_foreground() -> None:
    source = volume(square(0, 0), square(5, 5))  # 32 of 512
    images = volume(square(0, 0, side=8)).images  # 64 of 256
    score = score_by(area_ratio, source, images)
    assert score == pytest.approx(-(0.25 - 0.0625))


@pytest.mark.parametrize("pick", [solidity, area_ratio])
def test_a_source_without_masks_is_refused_in_a_sentence(pick: Any) -> None:
    images = unlabelled_volume(EMPTY[None])
    with pytest.raises(ValueError, match=r"fit\.train_on has no masks"):
        pick(Copies(), Domains(images), images=images)


def test_entropy_is_that_of_a_coin_and_of_certainty() -> None:
    source = volume(square(0, 0))
    images = source.images
    of_a_coin = score_by(entropy, source, images, 0.0)
    assert of_a_coin == pytest.approx(-math.log(2))
    of_certainty = score_by(entropy, source, images)
    assert of_certainty == pytest.approx(0, abs=1e-6)
    p = 1 / (1 + math.exp(-1.5))
    expected = p * math.log(p) + (1 - p) * math.log(1 - p)
    score = score_by(entropy, source, images, 1.5)
    assert score == pytest.approx(expected)


def test_soft_dice_confidence_is_that_of_its_definition() -> None:
    source = volume(square(0, 0))
    images = source.images
    p = 1 / (1 + math.exp(-2.0))
    probabilities = np.full((16, 16), 1 - p)
    probabilities[:4, :4] = p
    predicted = probabilities > 0.5
    overlap = 2 * (probabilities * predicted).sum()
    expected = overlap / (probabilities.sum() + predicted.sum())
    assert score_by(soft_dice_confidence, source, images, 2.0) == pytest.approx(expected)
    nothing = volume(EMPTY).images
    assert score_by(soft_dice_confidence, source, nothing, 2.0) == 0


def test_the_oracle_scores_by_the_masks_that_it_is_given() -> None:
    first = square(0, 0)
    masks = torch.stack([first, square(4, 4), EMPTY])
    bright = torch.stack([first, square(4, 6), EMPTY])  # the second by half beside it
    images = labelled_volume(255 * bright, masks)
    by_iou = score_by(oracle, images, images)
    assert by_iou == pytest.approx((1 + 8 / 24) / 2)
    by_dice = score_by(oracle, images, images, score="dice")
    assert by_dice == pytest.approx((1 + 16 / 32) / 2)
    assert by_dice == source_validation(Copies(), Domains(images, images))
    with pytest.raises(ValueError, match="its images have no masks"):
        score_by(oracle, images, images.images)
