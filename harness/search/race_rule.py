"""How points race: nested seeds, and how many of them on each rung."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RaceRule:
    """How points race: the nested seeds, how many of them on each rung, and the directions."""

    seeds: tuple[int, ...]
    rungs: tuple[int, ...]
    maximise: tuple[bool, ...] = (True,)

    def __post_init__(self) -> None:
        """Refuses rungs that no challenger could climb."""
        if not self.rungs or self.rungs[0] < 1:
            raise ValueError("a race needs a rung of at least one seed")
        if list(self.rungs) != sorted(set(self.rungs)):
            raise ValueError(f"rungs {self.rungs}: each needs more seeds than the one before")
        if len(set(self.seeds)) < self.rungs[-1]:
            count = len(set(self.seeds))
            raise ValueError(f"the last rung has {self.rungs[-1]} seeds, but there are {count}")


def is_as_good(maximise: Sequence[bool], means: Sequence[float], than: Sequence[float]) -> bool:
    """Whether means are at least as good as others in every objective."""
    for is_highest, mean, other_mean in zip(maximise, means, than, strict=True):
        is_worse = mean < other_mean if is_highest else mean > other_mean
        if is_worse:
            return False
    return True


def dominates(maximise: Sequence[bool], means: Sequence[float], than: Sequence[float]) -> bool:
    """Whether means are as good as others in every objective, and better in one."""
    are_other_means = tuple(means) != tuple(than)
    return are_other_means and is_as_good(maximise, means, than)


def doubling_rule(seeds: Sequence[int], maximise: Sequence[bool] = (True,)) -> RaceRule:
    """Returns the race over nested seeds: one, two, four and so on, and at last all of them."""
    rungs: list[int] = []
    rung = 1
    while rung < len(seeds):
        rungs.append(rung)
        rung *= 2
    rungs.append(len(seeds))
    return RaceRule(tuple(seeds), tuple(rungs), tuple(maximise))


def fixed_rule(seeds: Sequence[int], maximise: Sequence[bool] = (True,)) -> RaceRule:
    """Returns the rule without a race: every point gets all seeds."""
    only_rung = len(seeds)
    return RaceRule(
        seeds=tuple(seeds),
        rungs=(only_rung,),
        maximise=tuple(maximise),
    )
