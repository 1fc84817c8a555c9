"""What a search has come to: the best so far, the front, maps, and the bias of the pick."""

import random
from dataclasses import replace

import pytest

from harness.search.cells import cell_names, cell_of, map_of_two, position
from harness.search.sentences import bias_text, counts_text, headline
from harness.search.summary import (
    BestStep,
    best_points,
    best_so_far,
    biases,
    colour_shares,
    ranked_points,
    thin_out,
)
from harness.study.search import Dimension
from tests.made.searched import DICE, DIMENSIONS, ECE, history, point, race_of_many

INIT, PRUNE, METHOD, WEIGHT = DIMENSIONS


def test_the_best_so_far_follows_the_incumbents() -> None:
    """A point that the budget cut off after a lucky seed is none of them."""
    search = history(
        point(0, (0.5,), before=0),
        point(1, (0.4,), before=1),
        point(2, (0.6,), "incumbent", seeds=4, before=2),
        point(3, (0.9,), "complete", before=6),
    )
    assert best_so_far(search) == [BestStep(1, 0.5, 0), BestStep(6, 0.6, 2)]
    assert [best.number for best in best_points(search)] == [2]
    assert [entry.number for entry in ranked_points(search)] == [2, 3, 0, 1]
    assert "1 incumbent, 1 cut off by the budget, 2 rejected" in counts_text(search)


def test_fixed_seeds_have_no_incumbent_and_their_best_is_the_best_mean() -> None:
    search = history(
        point(0, (0.5,), "complete", seeds=3, before=0),
        point(1, (0.9,), "complete", seeds=3, before=3),
        point(2, None, "failed", before=6),
    )
    assert [step.point for step in best_so_far(search)] == [0, 1]
    assert [best.number for best in best_points(search)] == [1]
    assert headline(search).startswith("point 1 has the best dice, 0.900 over 3 seeds")
    assert counts_text(search) == "3 points: 2 with all seeds, 1 failed"


def test_a_smaller_value_is_better_where_it_is_minimised() -> None:
    search = history(
        point(0, (0.5,), "complete"),
        point(1, (0.9,), "complete"),
        point(2, (0.1,), "complete"),
        objectives=(ECE,),
    )
    assert [step.point for step in best_so_far(search)] == [0, 2]
    assert colour_shares(search) == {0: pytest.approx(0.5), 1: 0.0, 2: 1.0}
    assert "point 2 has the best ece" in headline(search)


def test_several_objectives_have_a_front() -> None:
    values = [(0.5, 0.2), (0.6, 0.3), (0.5, 0.3), (0.4, 0.1)]
    points = [point(number, means, "complete") for number, means in enumerate(values)]
    search = history(*points, objectives=(DICE, ECE))
    assert [best.number for best in best_points(search)] == [0, 1, 3]
    assert headline(search).endswith(": 0, 1 and 3")


def test_a_point_that_was_known_counts_once() -> None:
    first = point(0, (0.5,), "incumbent")
    search = history(first, replace(first, number=1, is_known=True))
    assert [entry.number for entry in ranked_points(search)] == [0]
    assert "1 answered from an equal point" in counts_text(search)


def test_a_level_stands_on_the_scale_of_its_dimension() -> None:
    assert position(INIT, "random") == 0
    assert position(INIT, "contrastive") == 1
    assert position(WEIGHT, "0.1") == pytest.approx(0.5)
    linear = Dimension("fit.batch", "int", low=2, high=10)
    assert position(linear, "4") == pytest.approx(0.25)
    assert position(Dimension("a", "categorical", ("only",)), "only") == 0.5


def test_a_map_has_the_mean_of_each_place_and_no_cell_where_none_was() -> None:
    levels = {"fit.init": "random", "fit.method": "pseudo_labels"}
    search = history(
        point(0, (0.5,), levels={**levels, "fit.method.weight": "0.011"}),
        point(1, (0.7,), levels={**levels, "fit.method.weight": "0.02"}),
        point(2, (0.9,), levels={**levels, "fit.method.weight": "1"}),
        point(3, (0.1,), levels={"fit.init": "contrastive", "fit.method": "supervised"}),
    )
    cells = map_of_two(search, WEIGHT, INIT)
    assert [(cell.across, cell.n) for cell in cells] == [("random", 2), ("random", 1)]
    assert [cell.mean for cell in cells] == pytest.approx([0.6, 0.9])
    assert cells[0].down == cell_names(WEIGHT)[0] == "0.01–0.022"
    assert cells[1].down == cell_names(WEIGHT)[-1] == "0.46–1"


def test_few_whole_numbers_have_a_cell_each() -> None:
    skips = Dimension("fit.net.prune", "int", low=0, high=3)
    assert cell_names(skips) == ["0", "1", "2", "3"]
    assert cell_of(skips, {"fit.net.prune": "2"}) == "2"
    even = Dimension("fit.batch", "int", low=2, high=8, step=2)
    assert cell_names(even) == ["2", "4", "6", "8"]
    many = Dimension("fit.patch", "int", low=16, high=112)
    assert len(cell_names(many)) == 6
    assert cell_of(many, {"fit.patch": "16"}) == cell_names(many)[0]
    assert cell_of(many, {"fit.patch": "112"}) == cell_names(many)[-1]


def test_of_many_points_some_are_drawn_and_the_best_among_them() -> None:
    points = [point(number, (float(number == 37),), "complete") for number in range(100)]
    search = history(*points)
    assert [entry.number for entry in thin_out(search, points, 10)] == [
        *range(0, 31, 10),
        37,
        *range(40, 91, 10),
    ]
    assert thin_out(search, points, 100) == points


def test_the_front_is_that_of_all_pairs() -> None:
    rng = random.Random(2)
    points = []
    for number in range(60):
        means = (rng.randint(0, 6) / 6, rng.randint(0, 6) / 6)
        points.append(point(number, means, "complete"))
    front = []
    for entry in points:
        dice, ece = entry.means or (0.0, 0.0)
        rivals = [rival.means or (0.0, 0.0) for rival in points]
        better = [mean for mean in rivals if mean[0] >= dice and mean[1] <= ece]
        if set(better) == {(dice, ece)}:
            front.append(entry.number)
    search = history(*points, objectives=(DICE, ECE))
    assert [best.number for best in best_points(search)] == front


def test_the_bias_of_the_pick_is_told_in_numbers() -> None:
    search = race_of_many()
    first = biases(search)[0]
    assert first.difference == pytest.approx(-0.03)
    text = bias_text(search)
    assert f"point {first.point} has dice {first.seen:.3f} where the search saw it" in text
    assert f"{first.fresh:.3f} on fresh seeds" in text
    assert "`confirm`" in bias_text(replace(search, confirmed=()))
