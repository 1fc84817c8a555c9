"""What a search has come to in sentences, for the report, the dashboard and the command line."""

from collections import Counter

from harness.judge.sentences import number
from harness.search.history import PointState, SearchHistory, SearchPoint
from harness.search.summary import best_points, biases, is_race, means_of

# The order in which states of points are counted.
ORDER: tuple[PointState, ...] = (
    "incumbent",
    "complete",
    "rejected",
    "racing",
    "failed",
    "infeasible",
)
IN_WORDS = {"complete": "with all seeds", "racing": "still racing"}


def headline(history: SearchHistory) -> str:
    """Which point is the best, and how good it is."""
    best = best_points(history)
    trainings = f"{history.spent_trainings} trainings (of a budget of {history.budget})"
    if not best:
        return f"no point has ended yet, after {trainings}"
    if len(history.objectives) > 1:
        metrics = " and ".join(objective.metric for objective in history.objectives)
        names = _list_text([str(point.number) for point in best])
        noun = "points are" if len(best) > 1 else "point is"
        return f"{len(best)} {noun} on the front of {metrics} after {trainings}: {names}"
    best.sort(key=lambda point: means_of(point)[0])
    point = best[-1] if history.objectives[0].maximise else best[0]
    metric = history.objectives[0].metric
    mean = number(means_of(point)[0])
    return (
        f"point {point.number} has the best {metric}, {mean} over {seeds_text(point)}, after "
        f"{trainings}"
    )


def seeds_text(point: SearchPoint) -> str:
    """'8 seeds', '1 seed'."""
    count = len(point.scores)
    return f"{count} seed" if count == 1 else f"{count} seeds"


def _list_text(words: list[str]) -> str:
    """'3, 5 and 8'."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def counts_text(history: SearchHistory) -> str:
    """How many points there are, and what became of them."""
    counts = Counter(point.state for point in history.points)
    texts = []
    for state in ORDER:
        if counts[state]:
            texts.append(f"{counts[state]} {state_text(history, state)}")
    repeats = sum(point.is_known for point in history.points)
    if repeats:
        texts.append(f"{repeats} answered from an equal point")
    noun = "point" if len(history.points) == 1 else "points"
    return f"{len(history.points)} {noun}: {', '.join(texts)}"


def state_text(history: SearchHistory, state: PointState) -> str:
    """What became of a point, in a word or a few."""
    if state == "complete" and is_race(history):
        return "cut off by the budget"
    return IN_WORDS.get(state, state)


def bias_text(history: SearchHistory) -> str:
    """How the best seen score fares on fresh seeds; what to do where there are none."""
    rows = biases(history)
    if not rows:
        return (
            "the best score is that of a pick among many, so that fresh seeds are likely to be "
            "worse; `confirm` in the study file trains them, and nothing but its comparison is "
            "confirmatory"
        )
    texts = []
    first = rows[0].point
    for row in rows:
        if row.point == first:
            texts.append(
                f"{row.metric} {number(row.seen)} where the search saw it, and "
                f"{number(row.fresh)} on fresh seeds"
            )
    return (
        f"point {first} has {'; '.join(texts)}: a search picks what was lucky too, so the fresh "
        "seeds are to be believed"
    )
