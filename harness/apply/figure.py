"""The scores of the models with their intervals, as SVG."""

from collections.abc import Iterator
from html import escape

from harness.apply.standings import ColumnRanking, Standing
from harness.report.axes import LEFT, Axis, axis_label, axis_over, svg, upright_grid

FIRST_ROW = 34
ROW = 40
LONGEST_NAME = 56


def dots(ranking: ColumnRanking) -> str:
    """A row for each model, the best above: its score and the interval of it."""
    standings = [item for item in ranking.standings if item.score == item.score]
    if not standings:
        return ""
    bounds = []
    for standing in standings:
        bounds.append(standing.score)
        if standing.low == standing.low:
            bounds += [standing.low, standing.high]
    axis = axis_over(min(bounds), max(bounds))
    tall = 14 + ROW * len(standings)
    parts = list(upright_grid(axis, tall))
    for number, standing in enumerate(standings):
        parts += _row(standing, FIRST_ROW + ROW * number, axis)
    label = ranking.column.label
    parts.append(axis_label(label, tall))
    return svg(parts, tall + 38, f"{label} of each model with its interval")


def _row(standing: Standing, y: int, axis: Axis) -> Iterator[str]:
    """A model: its name, its interval and its score."""
    name = standing.model
    if len(name) > LONGEST_NAME:
        name = name[: LONGEST_NAME - 1] + "…"
    yield f'<text class="name" x="{LEFT}" y="{y - 12}">{escape(name)}</text>'
    if standing.low == standing.low:
        start = axis.at(standing.low)
        end = axis.at(standing.high)
        yield f'<path class="mean" d="M{start} {y}H{end}"/>'
    middle = axis.at(standing.score)
    yield f'<path class="diamond" d="M{middle} {y - 5}l4 5l-4 5l-4 -5z"/>'
