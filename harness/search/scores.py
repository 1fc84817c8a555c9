"""The score of a trial: its rows averaged as a verdict averages them."""

from collections.abc import Sequence
from pathlib import Path

from harness.study.search import Objective


class NoScore(ValueError):
    """A trial that has no number for an objective."""


def scores_of_rows(path: Path, objectives: Sequence[Objective]) -> tuple[float, ...]:
    """The value of a trial for each objective, from the file of its rows."""
    from harness.judge.means import values_of_trial  # pandas takes half a second

    metrics = [objective.metric for objective in objectives]
    scores = []
    for metric, value in zip(metrics, values_of_trial(path, metrics), strict=True):
        if value is None:
            raise NoScore(f"no row of {metric} is a number")
        scores.append(value)
    return tuple(scores)
