"""Figures of a search as SVG: the best so far, the race, and points across their settings."""

from collections.abc import Iterator, Mapping
from html import escape

from harness.judge.sentences import number
from harness.report.axes import LEFT, RIGHT, Axis, axis_label, axis_over, pixels, svg, upright_grid
from harness.report.colours import VIRIDIS
from harness.report.correlation_figure import Frame, marks_upward
from harness.search.history import SearchHistory, SearchPoint
from harness.search.summary import (
    best_points,
    best_so_far,
    colour_shares,
    ended_points,
    means_of,
    position,
)
from harness.study.search import Dimension

Links = Mapping[str, str]  # trials -> their runs

TALL = 240
TOP = 34  # of the axes of parallel coordinates
BOTTOM = 226
ABSENT = 250  # where a point stands that has no such setting
RACE_TALL = 150
MOST_CHARACTERS = 18  # of a level beside an axis


def link_to_run(point: SearchPoint, links: Links, mark: str) -> str:
    """A mark that leads to the first run of a point, where that is recorded."""
    for key in point.trial_keys:
        if key in links:
            return f'<a href="#run-{escape(links[key])}">{mark}</a>'
    return mark


def point_title(history: SearchHistory, point: SearchPoint) -> str:
    """What a mark says when the mouse stands on it."""
    texts = [f"point {point.number}"]
    if point.means is not None:
        for objective, mean in zip(history.objectives, point.means, strict=True):
            texts.append(f"{objective.metric} {number(mean)}")
    texts.append(f"seeds {len(point.scores)}")
    texts.append(", ".join(f"{path} {level}" for path, level in point.levels.items()))
    if point.reason:
        texts.append(point.reason)
    return f"<title>{escape('; '.join(texts))}</title>"


def best_figure(history: SearchHistory, links: Links, objective: int = 0) -> str:
    """The mean of each point where its race ended, and the best so far as steps."""
    points = ended_points(history)
    if not points:
        return ""
    values = [means_of(point)[objective] for point in points]
    ends = [point.trainings_before + len(point.scores) for point in points]
    frame = Frame(axis_over(0, max(ends)), axis_over(min(values), max(values)), TALL)
    metric = history.objectives[objective].metric
    parts = [*upright_grid(frame.across, TALL), *marks_upward(frame)]
    steps = best_so_far(history, objective)
    line = f"M{frame.at(steps[0].trainings, steps[0].value)}"
    for step in steps[1:]:
        line += f"H{frame.across.at(step.trainings)}V{frame.height(step.value)}"
    line += f"H{frame.across.at(max(ends))}"
    parts.append(f'<path class="mean" d="{line}"/>')
    best = {point.number for point in best_points(history)}
    for point, value, end in zip(points, values, ends, strict=True):
        kind = "diamond" if point.number in best else "dot"
        center = f'cx="{frame.across.at(end)}" cy="{frame.height(value)}"'
        title = point_title(history, point)
        mark = f'<circle class="{kind}" {center} r="3.6">{title}</circle>'
        parts.append(link_to_run(point, links, mark))
    parts.append(axis_label("trainings", TALL))
    parts.append(f'<text class="axis halo" x="{LEFT}" y="12">{escape(metric)}</text>')
    return svg(parts, TALL + 38, f"best {metric} so far over trainings")


def race_figure(history: SearchHistory, links: Links) -> str:
    """How many seeds each point got before it was rejected, in the order of the points."""
    if not history.points:
        return ""
    across = _axis_of_numbers(history.points[-1].number)
    most = max(len(point.scores) for point in history.points)
    rungs = sorted({len(point.scores) for point in history.points} - {0})
    parts = list(upright_grid(across, RACE_TALL))
    for rung in rungs:
        y = pixels(_height_of_seeds(rung, most))
        parts.append(f'<path class="grid" d="M{LEFT} {y}H{RIGHT}"/>')
        parts.append(f'<text class="tick halo" x="{LEFT - 12}" y="{y}" dy="4">{rung}</text>')
    best = {point.number for point in best_points(history)}
    for point in history.points:
        kind = "diamond" if point.number in best else "dot"
        x = across.at(point.number)
        y = pixels(_height_of_seeds(len(point.scores), most))
        stem = f'<path class="pair" d="M{x} {RACE_TALL}V{y}"/>'
        title = point_title(history, point)
        mark = f'{stem}<circle class="{kind}" cx="{x}" cy="{y}" r="3.6">{title}</circle>'
        parts.append(link_to_run(point, links, mark))
    parts.append(axis_label("point", RACE_TALL))
    parts.append(f'<text class="axis halo" x="{LEFT}" y="12">seeds</text>')
    return svg(parts, RACE_TALL + 38, "seeds of each point before it was rejected")


def _axis_of_numbers(last: int) -> Axis:
    """An axis for the numbers of points, with marks at whole numbers alone."""
    axis = axis_over(0, max(1, last))
    return Axis(axis.scale, [mark for mark in axis.marks if mark == int(mark)])


def _height_of_seeds(count: int, most: int) -> float:
    """Where a number of seeds stands: by its root, so that one and two are told apart."""
    share = (count / max(1, most)) ** 0.5
    return RACE_TALL - share * (RACE_TALL - 26)


def parallel_figure(history: SearchHistory, links: Links, objective: int = 0) -> str:
    """Each point as a line across its settings, the better the brighter; the best are thick."""
    shares = colour_shares(history, objective)
    if not shares:
        return ""
    best = {point.number for point in best_points(history)}
    parts: list[str] = []
    for index in range(len(history.dimensions)):
        x = _axis_x(history, index)
        parts.append(f'<path class="pair" d="M{x} {TOP}V{BOTTOM}"/>')
    for point in sorted(ended_points(history), key=lambda point: shares[point.number]):
        stop = round(shares[point.number] * (len(VIRIDIS) - 2))
        width = 4 if point.number in best else 1.4
        style = f'fill="none" stroke="{VIRIDIS[stop]}" stroke-width="{width}"'
        title = point_title(history, point)
        line = f'<path d="{_line_of(history, point)}" {style}>{title}</path>'
        parts.append(link_to_run(point, links, line))
    for index, dimension in enumerate(history.dimensions):
        parts += _axis_texts(history, index, dimension)
    return svg(parts, ABSENT + 14, "every point across its settings")


def _axis_x(history: SearchHistory, index: int) -> str:
    """Where the axis of a setting stands from left to right."""
    gaps = max(1, len(history.dimensions) - 1)
    width = RIGHT - LEFT - 70
    return pixels(LEFT + width * index / gaps)


def _line_of(history: SearchHistory, point: SearchPoint) -> str:
    """The way of a point from axis to axis."""
    stations = []
    for index, dimension in enumerate(history.dimensions):
        level = point.levels.get(dimension.path)
        y = float(ABSENT) if level is None else _height_on_axis(dimension, level)
        stations.append(f"{_axis_x(history, index)} {pixels(y)}")
    return f"M{'L'.join(stations)}"


def _height_on_axis(dimension: Dimension, level: str) -> float:
    return BOTTOM - position(dimension, level) * (BOTTOM - TOP)


def _axis_texts(history: SearchHistory, index: int, dimension: Dimension) -> Iterator[str]:
    """The name of a setting above its axis, and its levels or ends beside it."""
    x = _axis_x(history, index)
    is_last = index == len(history.dimensions) - 1
    name = ".".join(dimension.path.split(".")[-2:])
    anchor = f'x="{RIGHT}" text-anchor="end"' if is_last else f'x="{x}"'
    yield f'<text class="axis halo" {anchor} y="{TOP - 18}">{escape(name)}</text>'
    levels = dimension.levels
    if dimension.kind != "categorical":
        levels = (f"{dimension.low:g}", f"{dimension.high:g}")
    for level in levels:
        y = pixels(_height_on_axis(dimension, level))
        text = level if len(level) <= MOST_CHARACTERS else f"{level[: MOST_CHARACTERS - 1]}…"
        yield f'<text class="tick name" x="{x}" y="{y}" dx="4" dy="4">{escape(text)}</text>'
    if dimension.condition:
        yield f'<text class="tick name" x="{x}" y="{ABSENT}" dx="4" dy="4">not set</text>'
