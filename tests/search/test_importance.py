"""Which settings mattered: what is worth something is told from what is not, and few are named."""

from dataclasses import replace

import pytest

from harness.search.importance import importances
from tests.made.searched import history, point, race_of_many

pytest.importorskip("optuna")


def test_the_setting_that_is_worth_something_is_told_from_chance() -> None:
    search = race_of_many()
    weights = importances(search)
    first, *others = weights.rows
    assert first.path == "fit.init"
    assert first.share > 0.8
    assert first.low <= first.share <= first.high
    assert first.is_clear
    assert not any(row.is_clear for row in others)
    assert {row.path for row in weights.rows} == {dimension.path for dimension in search.dimensions}
    assert "from 60 points in 4 settings" in weights.note
    assert "uncertain" not in weights.note


def test_the_same_points_have_the_same_importances() -> None:
    search = race_of_many(20)
    assert importances(search) == importances(search)


def test_few_points_are_said_to_be_few() -> None:
    assert "leave the order uncertain" in importances(race_of_many(20)).note
    few = importances(history(point(0, (0.5,)), point(1, (0.6,))))
    assert few.rows == ()
    assert few.note == "2 points have ended, and a list of importances needs 8"


def test_scores_that_do_not_differ_say_nothing() -> None:
    search = history(*(point(number, (0.5,)) for number in range(10)))
    assert importances(search).rows == ()
    assert importances(search).note == "all points have the same score"


def test_a_known_point_has_no_second_vote() -> None:
    search = race_of_many(20)
    repeat = replace(search.points[0], number=99, is_known=True)
    repeated = replace(search, points=(*search.points, repeat))
    assert importances(repeated) == importances(search)
