"""The probe of instances: one, two and three outputs, ignored pixels, incomplete annotation."""

from collections.abc import Iterable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.components.probes.instances import instances
from harness.data.domains import on_device
from harness.data.images import Labelled
from harness.data.scans import Scans
from harness.measure.rows import Row
from tests.made.fits import CPU
from tests.made.scores import FixedLogits

SQUARES = ((2, 2), (2, 18), (18, 2))


def masks_of_squares(count: int = 3) -> NDArray[np.int32]:
    """One image with so many squares of 10 x 10."""
    masks = np.zeros((1, 32, 32), np.int32)
    for number, (row, column) in enumerate(SQUARES[:count], 5):
        masks[0, row : row + 10, column : column + 10] = number
    return masks


def squares_set(
    masks: NDArray[np.int32], ignore: int | None = None, classes: tuple[str, ...] = ()
) -> Labelled:
    scans = Scans(np.zeros(masks.shape, np.uint8), masks, ["a"], ["a"], classes=classes)
    images = on_device(scans, 1, CPU)
    assert isinstance(images, Labelled)
    return Labelled(images.images, images.masks, classes, ignore)


def values(rows: Iterable[Row]) -> dict[str, float]:
    return {row.metric: row.value for row in rows}


def foreground_logits(masks: NDArray[np.int32]) -> Tensor:
    is_foreground = torch.from_numpy(masks > 0)
    logits = 9 * is_foreground.float() - 4.5
    return logits[:, None]


@pytest.mark.parametrize("outputs", [1, 2, 3])
def test_a_right_answer_scores_one_whatever_the_outputs(outputs: int) -> None:
    masks = masks_of_squares()
    logits = foreground_logits(masks)
    if outputs == 2:
        logits = torch.cat([-logits, logits], dim=1)
    if outputs == 3:
        logits = torch.cat([-logits, logits, torch.full_like(logits, -9)], dim=1)
    scores = values(instances(FixedLogits(logits), squares_set(masks)))
    assert scores == {
        "average_precision": 1,
        "average_precision_50": 1,
        "instance_f1": 1,
        "adapted_rand": 1,
        "true_instances": 3,
        "predicted_instances": 3,
    }


def test_a_missed_and_an_invented_object_count_once_each() -> None:
    predicted = masks_of_squares()
    truth = np.where(predicted == 5, 0, predicted)
    truth[0, 20:30, 20:30] = 9
    scores = values(instances(FixedLogits(foreground_logits(predicted)), squares_set(truth)))
    assert scores["average_precision"] == pytest.approx(2 / 4)
    assert scores["instance_f1"] == pytest.approx(4 / 6)


def test_small_objects_are_no_answer() -> None:
    masks = masks_of_squares()
    net = FixedLogits(foreground_logits(masks))
    assert values(instances(net, squares_set(masks), smallest=101))["predicted_instances"] == 0
    assert values(instances(net, squares_set(masks), smallest=100))["predicted_instances"] == 3


def test_incomplete_annotation_costs_no_object_that_nobody_drew() -> None:
    net = FixedLogits(foreground_logits(masks_of_squares(3)))
    annotated = squares_set(masks_of_squares(1))
    assert values(instances(net, annotated))["average_precision"] == pytest.approx(1 / 3)
    assert values(instances(net, annotated, incomplete=True))["average_precision"] == 1


def test_ignored_pixels_count_nowhere() -> None:
    masks = masks_of_squares(3)
    net = FixedLogits(foreground_logits(masks))
    masks[masks == 6] = -1
    scores = values(instances(net, squares_set(masks, ignore=-1)))
    assert scores["average_precision"] == 1
    assert scores["true_instances"] == 2


def test_a_watershed_parts_squares_that_three_outputs_join() -> None:
    masks = np.zeros((1, 32, 32), np.int32)
    masks[0, 4:28, 4:16] = 1
    masks[0, 4:28, 16:28] = 2
    is_boundary = np.zeros(masks.shape, bool)
    is_boundary[0, 4:28, 14:18] = True
    labels = np.where(is_boundary, 2, masks > 0)
    logits = 9 * torch.nn.functional.one_hot(torch.from_numpy(labels), 3).movedim(-1, 1).float()
    test = squares_set(masks)
    grown = values(instances(FixedLogits(logits), test, separate="watershed"))
    pieces = values(instances(FixedLogits(logits), test))
    assert grown["adapted_rand"] > 0.9
    assert grown["average_precision"] > pieces["average_precision"]


def test_masks_of_classes_are_refused() -> None:
    masks = masks_of_squares()
    with pytest.raises(ValueError, match="task: instances"):
        list(
            instances(FixedLogits(foreground_logits(masks)), squares_set(masks, classes=("a", "b")))
        )
