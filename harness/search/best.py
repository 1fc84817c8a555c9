"""The best points of a search, which it is worth to confirm."""

from operator import itemgetter

from harness.search.point import Point
from harness.search.replay import is_raced, replay
from harness.study.search import Search


def is_counted(point: Point) -> bool:
    """Whether a point is one of those that the search can find best."""
    return is_raced(point) and bool(point.scores)


def best_points(search: Search, points: list[Point], count: int) -> list[Point]:
    """The best points of a search: its incumbents first, then those that lasted longest.

    How many seeds a point was given says how long it stayed ahead. Of as many seeds the better
    mean comes first, by the first objective.
    """
    incumbents = replay(search, points).incumbents
    sign = 1.0 if search.directions[0] else -1.0
    ranked = []
    for point in points:
        if is_counted(point) and not point.is_pruned:
            first_mean = (point.means or (0.0,))[0]
            is_incumbent = point.number in incumbents
            rank = (is_incumbent, len(point.scores), sign * first_mean, -point.number)
            ranked.append((rank, point))
    ranked.sort(key=itemgetter(0), reverse=True)
    return [point for _, point in ranked[:count]]
