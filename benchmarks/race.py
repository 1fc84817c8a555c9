"""How good the picked point is by a race over seeds, by fixed seeds and by Optuna's pruner.

Candidates are drawn at random: their true quality is normal with deviation 1, and a training adds
noise of its seed. Each strategy may spend 60 trainings, sees the same candidates and the same
noise, and picks one candidate. What counts is the true quality of the pick.

`python -m benchmarks.race` prints the tables of docs/race.md in some minutes on one core.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from benchmarks.text_table import print_heading, print_row
from harness.search.race import Race, enter, next_jobs, tell
from harness.search.race_rule import RaceRule, doubling_rule, fixed_rule
from harness.stats.result import Array

SEEDS = 8
DEVIATIONS = (0.5, 1.0, 2.0)  # of seeds, where that between candidates is 1
BUDGETS = (30, 60, 200)
SHARES = (0.0, 0.2, 0.5, 0.8)  # of the seeds' variance that is the same for all candidates


@dataclass(frozen=True)
class World:
    """Candidates with their true quality, and the score of each with each seed."""

    quality: Array  # (candidates,)
    scores: Array  # (candidates, seeds)
    budget: int


def draw_world(number: int, budget: int, deviation: float, shared: float = 0.0) -> World:
    """Draws as many candidates as could be trained; `shared` of the noise hangs on the seed."""
    rng = np.random.default_rng([number, budget])
    quality = rng.normal(size=budget)
    of_seeds = rng.normal(size=SEEDS)
    own = rng.normal(size=(budget, SEEDS))
    noise = np.sqrt(shared) * of_seeds + np.sqrt(1 - shared) * own
    return World(quality, quality[:, None] + deviation * noise, budget)


Strategy = Callable[[World], int]  # the candidate that it picks


def pick_by_rule(world: World, rule: RaceRule) -> int:
    """Runs the race of harness on one slot."""
    race = Race(rule)
    point = 0
    for _ in range(world.budget):
        if not next_jobs(race):
            race = enter(race, point)
            point += 1
        job = next_jobs(race)[0]
        race = tell(race, *job, (float(world.scores[job]),)).race
    return race.incumbents[0].point


@dataclass(frozen=True)
class Variant:
    """A race by another rule than that of harness; as it stands here it is that of harness."""

    rungs: tuple[int, ...] = (1, 2, 4, 8)
    same_seeds: bool = False  # means are compared over the challenger's seeds alone
    to_the_last: bool = False  # a challenger must reach the last rung
    first_to_the_last: bool = False  # and so must the first incumbent


def pick_by_variant(world: World, variant: Variant) -> int:
    """Runs a race by a variant of the rule, as plainly as it can be written."""
    incumbent = 0
    seeds_of_incumbent = variant.rungs[-1] if variant.first_to_the_last else variant.rungs[0]
    spent = seeds_of_incumbent
    for point in range(1, world.budget):
        rung = 0
        for rung in variant.rungs:
            if spent + rung > world.budget:
                return incumbent
            mean = world.scores[point, :rung].mean()
            if mean < _mean_of_incumbent(world, variant, incumbent, seeds_of_incumbent, rung):
                break
            is_past = rung > seeds_of_incumbent and not variant.to_the_last
            if is_past or rung == variant.rungs[-1]:
                incumbent = point
                seeds_of_incumbent = rung
                break
        spent += rung
    return incumbent


def _mean_of_incumbent(
    world: World, variant: Variant, incumbent: int, seeds: int, rung: int
) -> float:
    """The mean that a challenger on a rung is compared with."""
    compared = min(seeds, rung) if variant.same_seeds else seeds
    return float(world.scores[incumbent, :compared].mean())


def pick_by_wilcoxon(world: World) -> int:
    """Lets Optuna's WilcoxonPruner stop candidates, each of which may have all eight seeds.

    As its documentation has it, a pruned candidate is told with the mean of its scores.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", pruner=optuna.pruners.WilcoxonPruner())
    spent = 0
    while spent < world.budget:
        trial = study.ask()
        scores: list[float] = []
        for seed in range(min(SEEDS, world.budget - spent)):
            scores.append(float(world.scores[trial.number, seed]))
            trial.report(scores[-1], seed)
            spent += 1
            if trial.should_prune():
                break
        study.tell(trial, float(np.mean(scores)))
    return study.best_trial.number


@dataclass(frozen=True)
class Row:
    """A strategy with its name, and over how many worlds it is averaged."""

    name: str
    strategy: Strategy
    worlds: int


def print_strategy(row: Row, budget: int, shared: float = 0.0) -> None:
    """Prints the mean true quality of the picks with its standard error, for each deviation."""
    cells = []
    for deviation in DEVIATIONS:
        picks = []
        for number in range(row.worlds):
            world = draw_world(number, budget, deviation, shared)
            picks.append(world.quality[row.strategy(world)])
        error = np.std(picks, ddof=1) / np.sqrt(len(picks))
        cells.append(f"{np.mean(picks):.2f} ±{error:.2f}")
    print_row(row.name, cells)


def print_deviations(text: str) -> None:
    print_heading(text)
    print_row("deviation of seeds", [f"{deviation:g}" for deviation in DEVIATIONS])


def compare_strategies(worlds: int) -> None:
    """Prints the race beside fixed seeds and Optuna's pruner."""
    rule = doubling_rule(range(SEEDS))
    print_deviations("True quality of the pick, 60 trainings")
    for name, strategy in {
        "race over 1, 2, 4, 8 seeds": partial(pick_by_rule, rule=rule),
        "three fixed seeds": partial(pick_by_rule, rule=fixed_rule(range(3))),
        "one seed": partial(pick_by_rule, rule=fixed_rule(range(1))),
    }.items():
        print_strategy(Row(name, strategy, worlds), 60)
    print_strategy(Row("Optuna's WilcoxonPruner", pick_by_wilcoxon, max(20, worlds // 5)), 60)


def compare_variants(worlds: int) -> None:
    """Prints what each choice of the rule is worth."""
    usual = Variant()
    variants = {
        "as harness races": usual,
        "same seeds compared": replace(usual, same_seeds=True),
        "to the last rung": replace(usual, to_the_last=True),
        "and so the first incumbent": replace(usual, to_the_last=True, first_to_the_last=True),
        "rungs 1, 2, 4": replace(usual, rungs=(1, 2, 4)),
        "rungs 1, 3, 8": replace(usual, rungs=(1, 3, 8)),
    }
    for budget in BUDGETS:
        print_deviations(f"Variants of the rule, {budget} trainings")
        for name, variant in variants.items():
            strategy = partial(pick_by_variant, variant=variant)
            print_strategy(Row(name, strategy, worlds), budget)
    for shared in SHARES[1:]:
        print_deviations(f"60 trainings, {shared:.0%} of the seeds' variance shared by all points")
        for name in ("as harness races", "same seeds compared"):
            strategy = partial(pick_by_variant, variant=variants[name])
            print_strategy(Row(name, strategy, worlds), 60, shared)


def main() -> None:
    """Prints every table; --quick takes a tenth of the worlds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="200 worlds rather than 2,000")
    parser.add_argument("--worlds", type=int, help="how many worlds a strategy is averaged over")
    arguments = parser.parse_args()
    worlds = arguments.worlds or (200 if arguments.quick else 2000)
    start = time.perf_counter()
    compare_strategies(worlds)
    compare_variants(worlds)
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main()
