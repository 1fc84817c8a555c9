"""What a search trains next, and what its scores mean: the race, the budget and the duplicates.

It trains nothing itself. Whoever carries it out asks for the next training as long as there is
room, and says how each went.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.search.asking import RecordedSearch
from harness.search.point import End, Point, Values
from harness.search.race import Outcome, next_jobs
from harness.search.replay import reason_of, replay
from harness.study.cells import Cell
from harness.study.points import SEED, PointCell
from harness.study.search import Search

# So many points in a row that cost nothing, and the space has no new point to offer.
BARREN = 200

CellAt = Callable[[Mapping[str, Any], int], PointCell]


@dataclass(frozen=True)
class Training:
    """One point on one seed."""

    point: int
    seed: int
    cell: Cell


class Driver:
    """A search under way: asks for points while its budget lasts, and keeps what comes of them."""

    def __init__(self, search: Search, recorded: RecordedSearch, cell_at: CellAt) -> None:
        """Takes up what is recorded; points that a killed process has left are gone on with."""
        self.search = search
        self.barren = 0  # points in a row that have cost nothing
        self._recorded = recorded
        self._cell_at = cell_at
        self._points = {point.number: point for point in recorded.points()}
        self._state = replay(search, self._points.values())
        self._at_work: set[tuple[int, int]] = set()
        self._first_of_trial: dict[str, int] = {}  # the key of a trial -> the point that had it
        self._twins: dict[int, list[int]] = {}  # points that wait for an equal one
        self._began = time.monotonic()
        self._earlier_seconds = recorded.seconds
        self._take_up()

    def _take_up(self) -> None:
        """Settles what the race has decided, and a kill has kept from being told."""
        for point in list(self._points.values()):
            if point.known_as is not None and point.end is None:
                self._twins.setdefault(point.known_as, []).append(point.number)
            elif point.first_key:
                self._first_of_trial.setdefault(point.first_key, point.number)
            if point.end is not None and not point.is_told:
                self._tell(point)
        for outcome in list(self._state.outcomes.values()):
            if self._points[outcome.point].end is None:
                self._end_race(outcome)
        for number in list(self._twins):
            if self._points[number].is_told:
                self._answer_twins(self._points[number])

    @property
    def points(self) -> list[Point]:
        """All points so far, by number."""
        return list(self._points.values())

    @property
    def incumbents(self) -> list[int]:
        """The numbers of the best points."""
        return self._state.incumbents

    @property
    def spent(self) -> int:
        """The trainings that have ended, however they did."""
        return sum(point.trainings for point in self._points.values())

    @property
    def seconds(self) -> float:
        """For how long it has been searched, by all processes that did."""
        return self._earlier_seconds + time.monotonic() - self._began

    def next_training(self) -> Training | None:
        """What is to be trained next; None where nothing is due now."""
        while self._left() > 0:
            for number, seed in next_jobs(self._state.race):
                if (number, seed) not in self._at_work:
                    return self._begin(number, seed)
            if self._left() < self.search.seeds.counts[0] or self.is_barren:
                return None
            self._ask()
        return None

    def _left(self) -> int:
        """How many trainings may still begin."""
        budget = self.search.budget
        if budget.hours is not None and self.seconds >= 3600 * budget.hours:
            return 0
        if budget.trainings is None:
            return max(self.search.seeds.counts[0], 1)
        return budget.trainings - self.spent - len(self._at_work)

    @property
    def is_over(self) -> bool:
        """Whether nothing is under way and nothing will be."""
        return not self._at_work and self.next_training() is None

    @property
    def is_barren(self) -> bool:
        """Whether it ended because no new point came any more."""
        return self.barren >= BARREN

    def _begin(self, number: int, seed: int) -> Training:
        self._at_work.add((number, seed))
        expansion = self._cell_at(self._points[number].values, seed)
        if expansion.cell is None:
            raise ValueError(f"point {number}: {expansion.problem}")
        return Training(number, seed, expansion.cell)

    def _ask(self) -> None:
        """Asks for a point, and lets it into the race unless its answer is known already."""
        point = self._recorded.ask()
        seed = self._state.race.rule.seeds[0]
        expansion = self._cell_at(point.values, seed)
        point = replace(point, trainings_before=self.spent + len(self._at_work))
        self.barren += 1
        if expansion.cell is None:
            self._tell(replace(point, end="infeasible", reason=expansion.problem))
            return
        levels = dict(expansion.cell.levels)
        levels.pop(SEED, None)
        key = expansion.cell.trial.key
        point = replace(point, levels=levels, first_key=key)
        earlier = self._first_of_trial.setdefault(key, point.number)
        if earlier == point.number:
            self.barren = 0
            self._save(point)
            self._state.enter(point.number)
            return
        self._save(replace(point, known_as=earlier, reason=f"the same trial as point {earlier}"))
        self._twins.setdefault(earlier, []).append(point.number)
        if self._points[earlier].is_told:
            self._answer_twins(self._points[earlier])

    def score(self, training: Training, values: Values) -> None:
        """Notes the values of a training, and tells the sampler of whoever's race it ends."""
        point = self._charge(training)
        scores = (*point.scores, (training.seed, values))
        keys = (*point.trial_keys, training.cell.trial.key)
        point = replace(point, scores=scores, trial_keys=keys)
        if point.end is not None:
            self._tell(point)
            return
        self._save(point)
        for outcome in self._state.tell(point.number, training.seed, values):
            self._end_race(outcome)

    def fail(self, training: Training, reason: str, *, is_pruned: bool = False) -> None:
        """Ends a point of which a training failed, or was stopped: it is not tried again."""
        point = self._charge(training)
        keys = (*point.trial_keys, training.cell.trial.key)
        point = replace(point, trial_keys=keys)
        if point.end is None:
            end: End = "rejected" if is_pruned else "failed"
            text = f"seed {training.seed}: {reason}"
            point = replace(point, end=end, reason=text, is_pruned=is_pruned)
        self._tell(point)
        if any(racer.point == point.number for racer in self._state.race.challengers):
            for outcome in self._state.withdraw(point.number):
                self._end_race(outcome)

    def forget(self, training: Training) -> None:
        """Gives back a training that was interrupted: it is begun again by the next start."""
        self._at_work.discard((training.point, training.seed))

    def report(self, training: Training, epoch: int, value: float) -> bool:
        """Notes an intermediate value; returns whether the pruner wants the training stopped.

        Optuna knows one curve of a point, that of its first seed; later seeds are not stopped.
        """
        if training.seed != self._state.race.rule.seeds[0]:
            return False
        return self._recorded.report(training.point, epoch, value)

    def finish(self) -> None:
        """Tells what the end of the budget has left open."""
        for racer in self._state.race.challengers:
            point = self._points[racer.point]
            if point.scores:
                reason = f"the budget ended its race after {len(point.scores)} of its seeds"
                self._tell(replace(point, end="complete", reason=reason))
            elif point.end is None:
                self._tell(replace(point, end="failed", reason="the budget ended before its turn"))
        self.note_seconds()
        self._recorded.note_end()

    def note_seconds(self) -> None:
        """Keeps for how long it has been searched."""
        self._recorded.note_seconds(self.seconds)

    def _charge(self, training: Training) -> Point:
        """The point of a training that has ended, which has cost its budget one."""
        self._at_work.discard((training.point, training.seed))
        point = self._points[training.point]
        return replace(point, trainings=point.trainings + 1)

    def _end_race(self, outcome: Outcome) -> None:
        """Tells the sampler the mean of a point whose race is over."""
        point = self._points[outcome.point]
        if point.end is None:
            self._tell(replace(point, end=outcome.state, reason=reason_of(outcome)))

    def _tell(self, point: Point) -> None:
        """Ends a point, and with it those that wait for its answer.

        The sampler is told once its last training has ended, whose cost has to be kept with it.
        """
        self._save(point)
        if any(number == point.number for number, _ in self._at_work):
            return
        self._recorded.tell(point)
        self._points[point.number] = replace(point, is_told=True)
        self._answer_twins(point)

    def _answer_twins(self, point: Point) -> None:
        for number in self._twins.pop(point.number, []):
            twin = self._points[number]
            end: End = "failed" if point.end == "failed" else "complete"
            answered = replace(twin, scores=point.scores, trial_keys=point.trial_keys, end=end)
            self._tell(replace(answered, is_pruned=point.is_pruned))

    def _save(self, point: Point) -> None:
        self._points[point.number] = point
        self._recorded.save(point)
