"""What networks say of their own certainty, against sums over pixels."""

import math

import pytest
import torch
from torch import Tensor, nn

from harness.data.images import Labelled
from harness.measure.confidence import (
    Opinion,
    mean_over,
    opinions,
    soft_dice_confidence,
    source_confidence,
)
from tests.made.unlabelled import BrightIsForeground, clouds


class Classes(nn.Module):
    """A network of three classes, which are three ranges of grey."""

    def __init__(self) -> None:
        super().__init__()
        self.levels = nn.Parameter(torch.tensor([0.0, 0.5, 1.0])[:, None, None])

    def forward(self, images: Tensor) -> Tensor:
        return -30 * (images - self.levels).square()


def labelled_clouds(level: float = 0.5) -> Labelled:
    """Returns clouds whose foreground is what is brighter than a grey level."""
    images = clouds()
    masks = (images.pixels[:, 0] > level).to(torch.uint8)
    return Labelled(images, masks, ("background", "foreground"), ignore=255)


def first_opinion(net: nn.Module) -> Opinion:
    _, opinion = next(opinions(net, clouds()))
    return opinion


@pytest.mark.parametrize("net", [BrightIsForeground(0.5), Classes()], ids=["sigmoid", "softmax"])
def test_confidence_and_entropy_pixel_by_pixel(net: nn.Module) -> None:
    opinion = first_opinion(net)
    classes = len(opinion.probabilities)
    pixels = opinion.probabilities.flatten(1).T.tolist()
    confidence = opinion.confidence.flatten().tolist()
    certainty = opinion.certainty.flatten().tolist()
    for number in range(0, len(pixels), 37):
        p = pixels[number]
        assert sum(p) == pytest.approx(1)
        assert confidence[number] == pytest.approx(max(p))
        entropy = -sum(share * math.log(share) for share in p)
        assert certainty[number] == pytest.approx(1 - entropy / math.log(classes))
    assert min(certainty) >= 0
    assert max(certainty) <= 1


def test_soft_dice_confidence_by_a_loop() -> None:
    opinion = first_opinion(Classes())
    scores = []
    for label in (1, 2):
        numerator = denominator = 0.0
        p = opinion.probabilities[label].flatten().tolist()
        y = (opinion.labels == label).flatten().tolist()
        for probability, is_predicted in zip(p, y, strict=True):
            numerator += 2 * probability * is_predicted
            denominator += probability + is_predicted
        scores.append(numerator / denominator)
    assert soft_dice_confidence(opinion) == pytest.approx(sum(scores) / 2)


def test_a_certain_prediction_expects_a_dice_of_1_and_none_at_all_0() -> None:
    certain = first_opinion(BrightIsForeground(0.5, slope=1e9))
    assert soft_dice_confidence(certain) == pytest.approx(1)
    assert soft_dice_confidence(first_opinion(BrightIsForeground(2.0))) == 0


def test_only_the_predicted_foreground_is_looked_at_where_it_is_wanted() -> None:
    opinion = first_opinion(BrightIsForeground(0.6))
    foreground = opinion.looked_at("foreground")
    assert torch.equal(foreground, opinion.labels > 0)
    expected = opinion.confidence[opinion.labels > 0].mean()
    assert mean_over(opinion.confidence, foreground) == pytest.approx(float(expected))
    assert math.isnan(mean_over(opinion.confidence, torch.zeros_like(foreground)))


@pytest.mark.parametrize("level", [0.4, 0.55, 0.7])
def test_as_many_source_pixels_lie_above_the_threshold_as_are_right(level: float) -> None:
    source = labelled_clouds(0.5)
    of_source = source_confidence(BrightIsForeground(level), source, "all")
    predicted = source.images.pixels[:, 0] > level
    right = float((predicted == source.masks.bool()).float().mean())
    assert of_source.accuracy == pytest.approx(right)
    above = (of_source.confidences > of_source.confidence_of_right).double().mean()
    assert float(above) == pytest.approx(right, abs=1e-3)


def test_ignored_pixels_of_the_source_do_not_count() -> None:
    source = labelled_clouds(0.5)
    wrong = (source.images.pixels[:, 0] > 0.55) != source.masks.bool()
    source.masks[wrong] = 255
    of_source = source_confidence(BrightIsForeground(0.55), source, "all")
    assert of_source.accuracy == 1
    assert len(of_source.confidences) == int((~wrong).sum())


def test_a_network_that_predicts_nothing_of_the_source_is_told() -> None:
    with pytest.raises(ValueError, match="no pixel of the source for foreground"):
        source_confidence(BrightIsForeground(2.0), labelled_clouds(), "foreground")
