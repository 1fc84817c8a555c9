"""The race over seeds as a pure rule: what to train next, and who is out.

A point is trained with nested seeds: the first, then two, four and eight of the same list. The best
point so far is the incumbent. A challenger doubles its seeds until its mean falls below the mean of
the incumbent, and is then rejected; once it has more seeds than the incumbent (or all that there
are) and still the better mean, it becomes the incumbent. So poor points cost one training, and a
lucky seed is found out by the next ones. What a sampler is told is the mean at the end of a point's
race, over however many seeds that was: never a state that says nothing of the value.

Three choices were made by simulation (benchmarks/race.py prints it):

- A challenger of few seeds is compared with the mean over all seeds of the incumbent, the better
  estimate, unless most of the noise is a seed's own and shared by all points.
- The first incumbent has the seeds of the first rung alone. Racing it to the last would spend
  trainings on a point drawn at random.
- A challenger need not reach the last rung while the incumbent has not.

Means are compared in an order that no clock decides: whoever entered first is judged first. With
several slots the points behind it are trained on the first rung meanwhile, which each of them needs
anyway. One that falls below the incumbent may be rejected at once, since a later incumbent is only
better.

With several objectives the incumbents are the front: the points whose means no other dominates.
`fixed` seeds are a race of one rung, so a driver knows no difference.
"""

from dataclasses import dataclass, replace
from math import fsum, isnan
from typing import Literal

from harness.search.race_rule import RaceRule, dominates, is_as_good

Values = tuple[float, ...]  # one for each objective
Job = tuple[int, int]  # the number of a point, and a seed


@dataclass(frozen=True)
class Racer:
    """A point in the race: its scores so far, and the number of seeds that it is to have now."""

    point: int
    rung: int
    scores: tuple[tuple[int, Values], ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether every seed of its rung has a score."""
        return len(self.scores) >= self.rung

    @property
    def means(self) -> Values:
        """The mean over its seeds, for each objective."""
        columns = zip(*(values for _, values in self.scores), strict=True)
        return tuple(fsum(column) / len(column) for column in columns)


@dataclass(frozen=True)
class Race:
    """Who still matters: the challengers in the order of entry, and the incumbents.

    One objective has one incumbent, several have a front. Whoever was rejected is forgotten, so
    that a race of ten thousand points is as small as one of ten.
    """

    rule: RaceRule
    challengers: tuple[Racer, ...] = ()
    incumbents: tuple[Racer, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The end of a point's race, as the sampler is told it."""

    point: int
    state: Literal["incumbent", "rejected"]
    means: Values
    seeds: int
    beaten_by: int | None = None


@dataclass(frozen=True)
class Step:
    """What one score or one withdrawal changes.

    `overtaken` are incumbents until now. They were told to the sampler when they became incumbents.
    """

    race: Race
    outcomes: tuple[Outcome, ...] = ()
    overtaken: tuple[int, ...] = ()


def enter(race: Race, point: int) -> Race:
    """Lets a new point into the race, behind everyone who is there."""
    present = (*race.challengers, *race.incumbents)
    if any(racer.point == point for racer in present):
        raise ValueError(f"point {point} is in the race already")
    racer = Racer(point, race.rule.rungs[0])
    return replace(race, challengers=(*race.challengers, racer))


def next_jobs(race: Race) -> tuple[Job, ...]:
    """Returns the trainings that the race waits for, in the order of their use.

    A driver leaves out what it is running. Where too few are left for its slots, it lets a new
    point in.
    """
    jobs: list[Job] = []
    for racer in race.challengers:
        scored = {seed for seed, _ in racer.scores}
        for seed in race.rule.seeds[: racer.rung]:
            if seed not in scored:
                jobs.append((racer.point, seed))
    return tuple(jobs)


def tell(race: Race, point: int, seed: int, values: Values) -> Step:
    """Notes the score of one training, and judges whoever can be judged now."""
    if len(values) != len(race.rule.maximise) or any(isnan(value) for value in values):
        count = len(race.rule.maximise)
        raise ValueError(f"point {point}, seed {seed}: {values} is no score of {count} numbers")
    if (point, seed) not in next_jobs(race):
        raise ValueError(f"point {point}, seed {seed}: the race does not wait for this score")
    challengers: list[Racer] = []
    for racer in race.challengers:
        if racer.point == point:
            racer = replace(racer, scores=(*racer.scores, (seed, values)))
        challengers.append(racer)
    return _judge(replace(race, challengers=tuple(challengers)))


def withdraw(race: Race, point: int) -> Step:
    """Takes a challenger out that cannot go on, as where a training failed."""
    challengers = tuple(racer for racer in race.challengers if racer.point != point)
    return _judge(replace(race, challengers=challengers))


def _judge(race: Race) -> Step:
    """Rejects whoever fell below an incumbent, and lets the first in line climb or take over."""
    outcomes: list[Outcome] = []
    overtaken: list[int] = []
    while True:
        race, rejections = _without_beaten(race)
        outcomes += rejections
        if not race.challengers or not race.challengers[0].is_complete:
            return Step(race, tuple(outcomes), tuple(overtaken))
        first, *behind = race.challengers
        if _needs_more_seeds(race, first):
            higher = replace(first, rung=_rung_above(race.rule, first.rung))
            race = replace(race, challengers=(higher, *behind))
            continue
        race, outcome = _decide(replace(race, challengers=tuple(behind)), first)
        outcomes.append(outcome)
        if outcome.state == "incumbent":
            race, points = _without_overtaken(race, first)
            overtaken += points


def _without_beaten(race: Race) -> tuple[Race, list[Outcome]]:
    """Takes out every challenger of a complete rung whose means an incumbent dominates."""
    left: list[Racer] = []
    outcomes: list[Outcome] = []
    for racer in race.challengers:
        beaten_by = _dominating(race, racer) if racer.is_complete else None
        if beaten_by is None:
            left.append(racer)
        else:
            outcomes.append(_rejection(racer, beaten_by))
    return replace(race, challengers=tuple(left)), outcomes


def _needs_more_seeds(race: Race, racer: Racer) -> bool:
    """Whether a challenger that is ahead must climb before it may take over.

    It must where it has no more seeds than the incumbents. On the last rung there are no more.
    """
    if racer.rung == race.rule.rungs[-1] or not race.incumbents:
        return False
    most = max(incumbent.rung for incumbent in race.incumbents)
    return racer.rung <= most


def _rung_above(rule: RaceRule, rung: int) -> int:
    return next(higher for higher in rule.rungs if higher > rung)


def _decide(race: Race, racer: Racer) -> tuple[Race, Outcome]:
    """Ends the race of a challenger that nobody dominates: it must be better, not only as good."""
    for incumbent in race.incumbents:
        if is_as_good(race.rule.maximise, incumbent.means, racer.means):
            return race, _rejection(racer, incumbent.point)
    outcome = Outcome(racer.point, "incumbent", racer.means, len(racer.scores))
    return replace(race, incumbents=(*race.incumbents, racer)), outcome


def _without_overtaken(race: Race, winner: Racer) -> tuple[Race, list[int]]:
    """Takes out the incumbents that a new one dominates: with one objective, the earlier one."""
    left: list[Racer] = []
    overtaken: list[int] = []
    for incumbent in race.incumbents:
        if incumbent != winner and is_as_good(race.rule.maximise, winner.means, incumbent.means):
            overtaken.append(incumbent.point)
        else:
            left.append(incumbent)
    return replace(race, incumbents=tuple(left)), overtaken


def _rejection(racer: Racer, beaten_by: int) -> Outcome:
    return Outcome(racer.point, "rejected", racer.means, len(racer.scores), beaten_by)


def _dominating(race: Race, racer: Racer) -> int | None:
    """Returns an incumbent that is as good in every objective and better in one; None: none is."""
    for incumbent in race.incumbents:
        if dominates(race.rule.maximise, incumbent.means, racer.means):
            return incumbent.point
    return None
