"""Objects found in a foreground: connected pieces, watersheds, a minimum size."""

import numpy as np
from numpy.typing import NDArray

from harness.measure import instances, objects

Mask = NDArray[np.int32]


def test_pieces_touch_by_edges_and_small_ones_fall_out() -> None:
    foreground = np.zeros((6, 6), bool)
    foreground[:3, :3] = True
    foreground[3, 3] = True
    foreground[5, 5] = True
    assert objects.connected_objects(foreground).max() == 3
    large = objects.connected_objects(foreground, smallest=9)
    assert large.max() == 1
    assert int(large.sum()) == 9
    assert objects.connected_objects(foreground, smallest=10).max() == 0


def two_discs() -> tuple[NDArray[np.bool_], Mask]:
    """Two discs that overlap a little, and which of them each pixel is nearer to."""
    rows, columns = np.mgrid[:32, :48]
    down = rows - 16
    left = np.hypot(down, columns - 15)
    right = np.hypot(down, columns - 33)
    nearest = np.minimum(left, right)
    foreground = nearest < 10
    is_right = right < left
    truth = np.where(foreground, 1 + is_right, 0)
    return foreground, truth.astype(np.int32)


def test_a_watershed_cuts_discs_that_touch() -> None:
    foreground, truth = two_discs()
    assert objects.connected_objects(foreground).max() == 1
    separated = objects.separated_objects(foreground, apart=6)
    overlaps = instances.ious(instances.shared_pixels(truth, separated))
    assert separated.max() == 2
    assert instances.average_precision(overlaps, 0.9) == 1


def test_seeds_grow_over_the_foreground_up_to_the_ridge() -> None:
    foreground, truth = two_discs()
    columns = np.mgrid[:32, :48][1]
    distance = abs(columns - 24)
    inside = foreground & (distance > 4)
    relief = np.exp(-(distance**2) / 8)
    grown = objects.grown_objects(inside, foreground, relief)
    is_grown = grown > 0
    assert (is_grown == foreground).all()
    overlaps = instances.ious(instances.shared_pixels(truth, grown))
    assert instances.average_precision(overlaps, 0.9) == 1


def test_objects_far_from_every_annotation_are_left_out() -> None:
    truth = np.zeros((5, 9), np.int32)
    truth[1:4, 1:4] = 7
    predicted = np.zeros((5, 9), np.int32)
    predicted[1:4, 2:5] = 3
    predicted[1:4, 6:8] = 4
    touching = objects.touching_objects(truth, predicted)
    assert touching.max() == 1
    expected = predicted == 3
    assert ((touching > 0) == expected).all()
