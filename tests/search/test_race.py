"""The race over seeds: who is trained, who is rejected at which seed, and who wins."""

import itertools
import random

import pytest

from harness.search.race import Outcome, Race, enter, next_jobs, tell, withdraw
from harness.search.race_rule import RaceRule, doubling_rule, fixed_rule

SEEDS = tuple(range(8))
Scores = dict[int, list[float]]


def run_race(race: Race, scores: Scores) -> tuple[Race, list[Outcome], list[tuple[int, int]]]:
    """Races points one after another: the end, every outcome, and the trainings in their order."""
    outcomes: list[Outcome] = []
    trainings: list[tuple[int, int]] = []
    for point in scores:
        race = enter(race, point)
        while jobs := next_jobs(race):
            trainings.append(jobs[0])
            number, seed = jobs[0]
            step = tell(race, number, seed, (scores[number][seed],))
            race = step.race
            outcomes += step.outcomes
    return race, outcomes, trainings


def winner(race: Race) -> int:
    (incumbent,) = race.incumbents
    return incumbent.point


def means_of(outcomes: list[Outcome]) -> dict[int, float]:
    """The mean that was told of each point; a point is told once."""
    means: dict[int, float] = {}
    for outcome in outcomes:
        assert outcome.point not in means
        (means[outcome.point],) = outcome.means
    return means


def test_seeds_double_and_end_with_all() -> None:
    assert doubling_rule(SEEDS).rungs == (1, 2, 4, 8)
    assert doubling_rule(range(6)).rungs == (1, 2, 4, 6)
    assert doubling_rule([7]).rungs == (1,)
    assert fixed_rule(range(3)).rungs == (3,)


@pytest.mark.parametrize(
    ("seeds", "rungs", "problem"),
    [
        ((0, 1), (1, 4), "the last rung has 4 seeds, but there are 2"),
        ((0, 0), (1, 2), "but there are 1"),
        ((0, 1), (2, 1), "more seeds than the one before"),
        ((0, 1), (), "at least one seed"),
        ((0, 1), (0, 1), "at least one seed"),
    ],
)
def test_a_rule_that_nobody_could_climb_is_refused(
    seeds: tuple[int, ...], rungs: tuple[int, ...], problem: str
) -> None:
    with pytest.raises(ValueError, match=problem):
        RaceRule(seeds, rungs)


def test_a_poor_challenger_costs_one_training() -> None:
    scores = {0: [0.5] * 8, 1: [0.4] * 8}
    race, outcomes, trainings = run_race(Race(doubling_rule(SEEDS)), scores)
    assert trainings == [(0, 0), (1, 0)]
    assert outcomes == [
        Outcome(0, "incumbent", (0.5,), 1),
        Outcome(1, "rejected", (0.4,), 1, beaten_by=0),
    ]
    assert winner(race) == 0


def test_a_lucky_seed_is_found_out_by_the_next() -> None:
    """What is told is the mean over the seeds at rejection."""
    lucky = [0.9] + [0.0] * 7
    scores = {0: [0.5] * 8, 1: lucky}
    race, outcomes, trainings = run_race(Race(doubling_rule(SEEDS)), scores)
    assert trainings == [(0, 0), (1, 0), (1, 1)]
    assert outcomes[1] == Outcome(1, "rejected", (0.45,), 2, beaten_by=0)
    assert winner(race) == 0


def test_a_new_incumbent_has_more_seeds_than_the_one_before_until_all_are_used() -> None:
    scores = {point: [0.1 * point] * 8 for point in range(6)}
    _, outcomes, _ = run_race(Race(doubling_rule(SEEDS)), scores)
    assert [outcome.seeds for outcome in outcomes] == [1, 2, 4, 8, 8, 8]
    assert {outcome.state for outcome in outcomes} == {"incumbent"}


def test_a_challenger_is_compared_with_all_seeds_of_the_incumbent() -> None:
    """Its first seed is 0.6, the incumbent's first was 0.9, its mean over two 0.5."""
    uneven = [0.9, 0.1] + [0.0] * 6
    scores = {0: [0.3] * 8, 1: uneven, 2: [0.6] * 8}
    race, outcomes, _ = run_race(Race(doubling_rule(SEEDS)), scores)
    assert outcomes[1].means == (0.5,)
    assert outcomes[2] == Outcome(2, "incumbent", (0.6,), 4)
    assert winner(race) == 2


def test_a_point_as_good_as_the_incumbent_goes_on_and_does_not_replace_it() -> None:
    scores = {0: [0.5] * 8, 1: [0.5] * 8}
    race, outcomes, trainings = run_race(Race(doubling_rule(SEEDS)), scores)
    assert trainings == [(0, 0), (1, 0), (1, 1)]
    assert outcomes[1] == Outcome(1, "rejected", (0.5,), 2, beaten_by=0)
    assert winner(race) == 0


def test_a_smaller_mean_wins_where_it_is_minimised() -> None:
    rule = doubling_rule(SEEDS, maximise=[False])
    race, outcomes, _ = run_race(Race(rule), {0: [0.5] * 8, 1: [0.4] * 8, 2: [0.6] * 8})
    assert [outcome.state for outcome in outcomes] == ["incumbent", "incumbent", "rejected"]
    assert winner(race) == 1


def test_fixed_seeds_are_a_race_of_one_rung() -> None:
    scores = {0: [0.5, 0.5, 0.5], 1: [0.9, 0.0, 0.0], 2: [0.1, 0.9, 0.9]}
    race, outcomes, trainings = run_race(Race(fixed_rule(range(3))), scores)
    assert trainings == list(itertools.product(range(3), range(3)))
    assert [outcome.seeds for outcome in outcomes] == [3, 3, 3]
    assert winner(race) == 2


def test_whoever_entered_first_is_judged_first_whatever_the_order_of_scores() -> None:
    """Two slots and more: the same trainings end in any order, and the outcome is the same."""
    draws = random.Random(3)
    scores: Scores = {}
    for point in range(12):
        scores[point] = [draws.gauss(point % 4, 2) for _ in SEEDS]
    alone, outcomes_alone, trainings_alone = run_race(Race(doubling_rule(SEEDS)), scores)
    means_alone = means_of(outcomes_alone)
    assert len(means_alone) == 12
    for order in range(20):
        shuffle = random.Random(order)
        race = Race(doubling_rule(SEEDS))
        for point in scores:
            race = enter(race, point)
        outcomes: list[Outcome] = []
        trainings: list[tuple[int, int]] = []
        while jobs := next_jobs(race):
            point, seed = shuffle.choice(jobs)
            trainings.append((point, seed))
            step = tell(race, point, seed, (scores[point][seed],))
            race = step.race
            outcomes += step.outcomes
        assert winner(race) == winner(alone)
        assert sorted(trainings) == sorted(trainings_alone)
        assert means_of(outcomes) == means_alone


def test_points_behind_the_first_are_trained_on_the_first_rung_alone() -> None:
    race = Race(doubling_rule(SEEDS))
    for point in range(3):
        race = enter(race, point)
    assert next_jobs(race) == ((0, 0), (1, 0), (2, 0))
    race = tell(race, 2, 0, (0.9,)).race
    assert next_jobs(race) == ((0, 0), (1, 0))
    race = tell(race, 0, 0, (0.5,)).race
    race = tell(race, 1, 0, (0.6,)).race
    assert next_jobs(race) == ((1, 1),)


def test_a_point_behind_the_first_may_be_rejected_before_it() -> None:
    race = Race(doubling_rule(SEEDS))
    for point in range(3):
        race = enter(race, point)
    race = tell(race, 0, 0, (0.5,)).race
    race = tell(race, 1, 0, (0.6,)).race
    step = tell(race, 2, 0, (0.4,))
    assert step.outcomes == (Outcome(2, "rejected", (0.4,), 1, beaten_by=0),)
    assert next_jobs(step.race) == ((1, 1),)


def test_a_withdrawn_point_lets_the_next_one_be_judged() -> None:
    race = Race(doubling_rule(SEEDS))
    race = enter(enter(race, 0), 1)
    race = tell(race, 1, 0, (0.5,)).race
    step = withdraw(race, 0)
    assert step.outcomes == (Outcome(1, "incumbent", (0.5,), 1),)
    assert next_jobs(step.race) == ()


def test_several_objectives_keep_a_front() -> None:
    rule = fixed_rule([0], maximise=[True, False])
    race = Race(rule)
    values = {0: (0.5, 0.2), 1: (0.6, 0.3), 2: (0.5, 0.3), 3: (0.7, 0.1), 4: (0.7, 0.1)}
    states: dict[int, str] = {}
    overtaken: list[int] = []
    for point, score in values.items():
        step = tell(enter(race, point), point, 0, score)
        race = step.race
        states.update({outcome.point: outcome.state for outcome in step.outcomes})
        overtaken += step.overtaken
    assert states == {
        0: "incumbent",
        1: "incumbent",
        2: "rejected",
        3: "incumbent",
        4: "rejected",
    }
    assert overtaken == [0, 1]
    assert winner(race) == 3


def test_a_score_that_nobody_waits_for_is_refused() -> None:
    race = enter(Race(doubling_rule(SEEDS)), 0)
    with pytest.raises(ValueError, match="does not wait for this score"):
        tell(race, 0, 1, (0.5,))
    with pytest.raises(ValueError, match="no score of 1 numbers"):
        tell(race, 0, 0, (float("nan"),))
    with pytest.raises(ValueError, match="no score of 1 numbers"):
        tell(race, 0, 0, (0.5, 0.6))
    with pytest.raises(ValueError, match="in the race already"):
        enter(race, 0)


def test_a_race_of_many_points_stays_small() -> None:
    race = Race(doubling_rule(SEEDS))
    for point in range(2000):
        step = tell(enter(race, point), point, 0, (-point,))
        race = step.race
    assert race.challengers == ()
    assert len(race.incumbents) == 1
