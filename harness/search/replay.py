"""The race of a search as its recorded points left it, judged again from their scores."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.search.point import Point
from harness.search.race import Outcome, Race, enter, next_jobs, tell, withdraw
from harness.search.race_rule import RaceRule
from harness.study.search import Search


@dataclass
class Replay:
    """A race, and what it has decided of its points."""

    race: Race
    outcomes: dict[int, Outcome] = field(default_factory=dict)  # by the number of the point
    overtaken: dict[int, int] = field(default_factory=dict)  # an incumbent, and who came after it

    def enter(self, number: int) -> None:
        """Lets a point into the race."""
        self.race = enter(self.race, number)

    def tell(self, number: int, seed: int, values: tuple[float, ...]) -> list[Outcome]:
        """Notes a score; returns whose race it has ended."""
        step = tell(self.race, number, seed, values)
        self.race = step.race
        return self._note_outcomes(step.outcomes, step.overtaken)

    def withdraw(self, number: int) -> list[Outcome]:
        """Takes a point out that cannot go on; returns whose race that has ended."""
        step = withdraw(self.race, number)
        self.race = step.race
        return self._note_outcomes(step.outcomes, step.overtaken)

    def _note_outcomes(
        self, outcomes: Iterable[Outcome], overtaken: Iterable[int]
    ) -> list[Outcome]:
        """Remembers what the race has decided, and who came after whom."""
        ended = list(outcomes)
        for outcome in ended:
            self.outcomes[outcome.point] = outcome
        for number in overtaken:
            for outcome in ended:
                if outcome.state == "incumbent":
                    self.overtaken[number] = outcome.point
        return ended

    @property
    def incumbents(self) -> list[int]:
        """The best point so far; with several objectives those that no other dominates."""
        return [racer.point for racer in self.race.incumbents]


def race_rule(search: Search) -> RaceRule:
    """The seeds of a search and its rungs."""
    seeds = tuple(range(search.seeds.largest))
    return RaceRule(seeds, search.seeds.counts, search.directions)


def replay(search: Search, points: Iterable[Point]) -> Replay:
    """The race after these points, in the order in which they were asked for."""
    state = Replay(Race(race_rule(search)))
    for point in points:
        if not is_raced(point):
            continue
        state.enter(point.number)
        for seed, values in point.scores:
            if (point.number, seed) in next_jobs(state.race):
                state.tell(point.number, seed, values)
        is_open = any(racer.point == point.number for racer in state.race.challengers)
        if is_open and point.end is not None:
            state.withdraw(point.number)
    return state


def is_raced(point: Point) -> bool:
    """Whether a point takes part in the race: it is possible, new, and did not fail."""
    return point.end not in ("infeasible", "failed") and point.known_as is None


def reason_of(outcome: Outcome) -> str:
    """What is said of a point whose race has ended."""
    seeds = "1 seed" if outcome.seeds == 1 else f"{outcome.seeds} seeds"
    if outcome.beaten_by is None:
        return f"the best so far, after {seeds}"
    return f"below point {outcome.beaten_by} after {seeds}"
