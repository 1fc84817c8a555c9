"""Confusion counts and scores by hand."""

import math

import pytest
import torch
from torch import nn

from harness.measure import overlap


def test_scores_by_hand() -> None:
    truth = torch.tensor([1, 1, 0, 0, 1, 0, 0, 255])
    is_predicted = torch.tensor([1, 1, 1, 0, 0, 0, 0, 1])
    logits = 18.0 * is_predicted
    logits = logits - 9
    logits = logits.view(1, 1, 2, 4)
    truth = truth.view(1, 2, 4)
    (confusion,) = overlap.counts(logits, truth, 255)
    tp = 2
    fp = 1
    fn = 1
    tn = 3
    assert confusion.matrix.tolist() == [
        [tn, fp],
        [fn, tp],
    ]
    dice = 2 * tp / (2 * tp + fp + fn)
    assert overlap.dice(confusion) == pytest.approx(dice)
    foreground = tp / (tp + fp + fn)
    background = tn / (tn + fp + fn)
    assert overlap.foreground_iou(confusion) == pytest.approx(foreground)
    mean_iou = (foreground + background) / 2
    assert overlap.iou(confusion) == pytest.approx(mean_iou)
    precision = tp / (tp + fp)
    assert overlap.precision(confusion) == pytest.approx(precision)
    recall = tp / (tp + fn)
    assert overlap.recall(confusion) == pytest.approx(recall)
    accuracy = (tp + tn) / 7
    assert overlap.accuracy(confusion) == pytest.approx(accuracy)


def test_an_image_without_foreground_is_undefined_and_not_perfect() -> None:
    logits = torch.full((1, 1, 4, 4), -9.0)
    truth = torch.zeros(1, 4, 4, dtype=torch.long)
    (confusion,) = overlap.counts(logits, truth, None)
    assert math.isnan(overlap.dice(confusion))
    assert overlap.accuracy(confusion) == 1.0


def test_an_image_that_is_ignored_altogether_has_no_accuracy() -> None:
    truth = torch.full((1, 4, 4), 255)
    logits = torch.zeros(1, 1, 4, 4)
    (confusion,) = overlap.counts(logits, truth, 255)
    assert math.isnan(overlap.accuracy(confusion))


def test_several_classes_are_averaged_over_those_that_occur() -> None:
    truth = torch.tensor([[[1, 1, 2, 0]]])
    labels = torch.tensor([[[1, 0, 2, 0]]])
    logits = nn.functional.one_hot(labels, 4).movedim(-1, 1)
    logits = logits.float()
    (confusion,) = overlap.counts(logits, truth, None)
    first = 2 / 3
    second = 1
    mean = (first + second) / 2
    assert overlap.dice(confusion) == pytest.approx(mean)


ANSWERED = (
    (1, 255, [0, 1, 1, 255]),
    (2, 255, [0, 1, 1, 255]),
    (2, None, [0, 1, 1, 1]),
    (3, 255, [0, 1, 2, 255]),
)


@pytest.mark.parametrize(("channels", "ignore", "expected"), ANSWERED)
def test_one_or_two_channels_answer_foreground_or_not(
    channels: int,
    ignore: int | None,
    expected: list[int],
) -> None:
    masks = torch.tensor([[[0, 1, 2, 255]]])
    logits = torch.zeros(1, channels, 1, 4)
    labels = overlap.answered_labels(logits, masks, ignore)
    assert labels.flatten().tolist() == expected


def test_every_image_of_a_batch_has_its_own_counts() -> None:
    torch.manual_seed(0)
    logits = torch.randn(4, 3, 8, 8)
    masks = torch.randint(0, 3, (4, 8, 8))
    masks[1, :4] = 255
    together = overlap.counts(logits, masks, 255)
    labels = logits.argmax(dim=1)
    for i, confusion in enumerate(together):
        for truth in range(3):
            of_class = masks[i] == truth
            for label in range(3):
                pixels = int((of_class & (labels[i] == label)).sum())
                assert int(confusion.matrix[truth, label]) == pixels


def test_a_label_that_the_network_cannot_give_is_refused() -> None:
    masks = torch.tensor([[[0, 1, 2, 3]]])
    with pytest.raises(ValueError, match="none of the network's 3 classes"):
        overlap.counts(torch.zeros(1, 3, 1, 4), masks, None)
