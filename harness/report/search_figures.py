"""Figures of a search as SVG: the best so far, the race, and points across their settings."""

from collections.abc import Iterator, Mapping
from html import escape

from harness.judge.sentences import number
from harness.report.axes import (
    LEFT,
    RIGHT,
    Axis,
    axis_label,
    axis_over,
    colour_bar,
    pixels,
    svg,
    upright_grid,
)
from harness.report.colours import VIRIDIS
from harness.report.correlation_figure import Frame, marks_upward
from harness.search.cells import position
from harness.search.history import SearchHistory, SearchPoint
from harness.search.summary import (
    best_points,
    best_so_far,
    colour_shares,
    ended_points,
    means_of,
    thin_out,
)
from harness.study.search import Dimension

Links = Mapping[str, str]  # trials -> their runs

TALL = 240
TOP = 34  # of the axes of parallel coordinates
BOTTOM = 226
ABSENT = 250  # where a point stands that has no such setting
RACE_TALL = 150
MOST_DOTS = 2000  # of a figure; of more points every second or tenth is drawn, and the best
MOST_LINES = 400
MOST_CHARACTERS = 18  # of a level beside an axis


def circle(x: str, y: str, *, is_best: bool) -> str:
    """The dot of a point, which stands out where it is one of the best."""
    kind = "diamond" if is_best else "dot"
    return f'<circle class="{kind}" cx="{x}" cy="{y}" r="3.6"/>'


def with_title(history: SearchHistory, point: SearchPoint, links: Links, mark: str) -> str:
    """A mark that says what it is, and leads to the first run of its point."""
    title = f"<title>{escape(_title_of(history, point))}</title>"
    for key in point.trial_keys:
        if key in links:
            run = escape(links[key])
            return f'<a href="#run-{run}">{title}{mark}</a>'
    return f"<g>{title}{mark}</g>"


def _title_of(history: SearchHistory, point: SearchPoint) -> str:
    """What a mark says when the mouse stands on it."""
    texts = [f"point {point.number}"]
    if point.means is not None:
        for objective, mean in zip(history.objectives, point.means, strict=True):
            texts.append(f"{objective.metric} {number(mean)}")
    texts.append(f"seeds {len(point.scores)}")
    for path, level in point.levels.items():
        texts.append(f"{path} {level}")
    if point.reason:
        texts.append(point.reason)
    return "; ".join(texts)


def best_figure(history: SearchHistory, links: Links, objective: int = 0) -> str:
    """The mean of each point where its race ended, and the best so far as steps."""
    points = thin_out(history, ended_points(history), MOST_DOTS)
    if not points:
        return ""
    values = [means_of(point)[objective] for point in points]
    ends = [point.trainings_before + len(point.scores) for point in points]
    frame = Frame(
        across=axis_over(0, max(ends)),
        upward=axis_over(min(values), max(values)),
        tall=TALL,
    )
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
        mark = circle(frame.across.at(end), frame.height(value), is_best=point.number in best)
        parts.append(with_title(history, point, links, mark))
    parts.append(axis_label("trainings", TALL))
    name = escape(metric)
    parts.append(f'<text class="axis halo" x="{LEFT}" y="12">{name}</text>')
    return svg(parts, TALL + 38, f"best {metric} so far over trainings")


def race_figure(history: SearchHistory, links: Links) -> str:
    """How many seeds each point got before it was rejected, in the order of the points."""
    if not history.points:
        return ""
    across = _axis_of_numbers(history.points[-1].number)
    most = max(len(point.scores) for point in history.points)
    counts = {len(point.scores) for point in history.points}
    rungs = sorted(counts - {0})
    parts = list(upright_grid(across, RACE_TALL))
    for rung in rungs:
        y = pixels(_height_of_seeds(rung, most))
        left = LEFT - 12
        parts.append(f'<path class="grid" d="M{LEFT} {y}H{RIGHT}"/>')
        parts.append(f'<text class="tick halo" x="{left}" y="{y}" dy="4">{rung}</text>')
    best = {point.number for point in best_points(history)}
    for point in thin_out(history, history.points, MOST_DOTS):
        x = across.at(point.number)
        y = pixels(_height_of_seeds(len(point.scores), most))
        stem = f'<path class="pair" d="M{x} {RACE_TALL}V{y}"/>'
        mark = stem + circle(x, y, is_best=point.number in best)
        parts.append(with_title(history, point, links, mark))
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
        rule = f'<path class="pair" d="M{x} {TOP}V{BOTTOM}"/>'
        parts.append(rule)
    points = thin_out(history, ended_points(history), MOST_LINES)
    for point in sorted(points, key=lambda point: shares[point.number]):
        stop = round(shares[point.number] * (len(VIRIDIS) - 2))
        width = 4 if point.number in best else 1.4
        way = _line_of(history, point)
        stroke = f'stroke="{VIRIDIS[stop]}" stroke-width="{width}"'
        line = f'<path d="{way}" fill="none" {stroke}/>'
        parts.append(with_title(history, point, links, line))
    for index, dimension in enumerate(history.dimensions):
        parts += _axis_texts(history, index, dimension)
    parts += colour_bar(VIRIDIS[:-1], ("worst", "best"), ABSENT + 22)
    return svg(parts, ABSENT + 38, "every point across its settings")


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
    steps = dimension.path.split(".")
    name = escape(".".join(steps[-2:]))
    anchor = f'x="{x}"'
    is_last = index == len(history.dimensions) - 1
    if is_last:
        anchor = f'x="{RIGHT}" text-anchor="end"'
    top = TOP - 18
    yield f'<text class="axis halo" {anchor} y="{top}">{name}</text>'
    levels = dimension.levels
    if dimension.kind != "categorical":
        levels = (f"{dimension.low:g}", f"{dimension.high:g}")
    for level in levels:
        y = pixels(_height_on_axis(dimension, level))
        text = level
        if len(level) > MOST_CHARACTERS:
            text = level[: MOST_CHARACTERS - 1] + "…"
        text = escape(text)
        yield f'<text class="tick name" x="{x}" y="{y}" dx="4" dy="4">{text}</text>'
    if dimension.condition:
        yield f'<text class="tick name" x="{x}" y="{ABSENT}" dx="4" dy="4">not set</text>'
