"""What a verdict says of all arms of a stratum at once: a test, and the ranks behind it."""

from collections.abc import Iterator, Sequence

from harness.judge.arms import Layout, Levels, arm_names
from harness.judge.contrasts import arms_of
from harness.judge.many_arms import blocks, omnibus
from harness.judge.measured import Measured
from harness.judge.verdicts import Ranking
from harness.stats.result import Result
from harness.study.comparison import Comparison


def tests_of_all_arms(
    comparison: Comparison,
    plan: Layout,
    measured: Measured,
) -> list[tuple[Levels, Result]]:
    """What can be said of three or more arms at once, in each stratum."""
    if comparison.kind != "groups":
        return []
    results = []
    for stratum in measured.strata:
        arms = arms_of(plan, measured, stratum)
        result = omnibus(comparison, measured, stratum, arms)
        if result is not None:
            results.append((stratum, result))
    return results


def rankings(
    comparison: Comparison,
    plan: Layout,
    measured: Measured,
    tests: Sequence[tuple[Levels, Result]],
) -> Iterator[Ranking]:
    """The arms by their mean ranks, where Friedman's test has compared all of them."""
    for stratum, result in tests:
        arms = arms_of(plan, measured, stratum)
        tables = blocks(comparison, measured, stratum, arms)
        if result.test != "friedman" or tables is None:
            continue
        names = arm_names(comparison, arms, plan.names)
        yield Ranking(
            stratum,
            names=tuple(map(names.__getitem__, arms)),
            table=tuple(tuple(map(float, values)) for values in tables),
            result=result,
        )
