"""Figures of the space of a search: what mattered, two settings together, and a front."""

from collections.abc import Iterator, Sequence
from html import escape

from harness.judge.sentences import number
from harness.report.axes import LEFT, Axis, axis_label, axis_over, pixels, svg, upright_grid
from harness.report.correlation_figure import Frame, marks_upward
from harness.report.heatmap import Range, cell_style
from harness.report.search_figures import Links, circle, with_title
from harness.search.cells import MapCell, cell_names, map_of_two
from harness.search.history import SearchHistory
from harness.search.importance import Importance, Importances
from harness.search.summary import best_points, ended_points, means_of
from harness.study.search import Dimension

ROW = 40  # pixels of an importance
FIRST = 30
TALL = 260


def importance_figure(importances: Importances) -> str:
    """A bar for each setting with its interval, and a mark as far as chance gets."""
    rows = importances.rows
    if not rows:
        return ""
    highest = max(max(row.high, row.chance) for row in rows)
    axis = axis_over(0, max(0.05, highest))
    tall = FIRST + ROW * len(rows) - 10
    parts = list(upright_grid(axis, tall))
    for index, row in enumerate(rows):
        parts += _importance_row(row, FIRST + ROW * index, axis)
    label = f"share of the variance of {importances.metric}; dashed: by chance"
    parts.append(axis_label(label, tall))
    return svg(parts, tall + 38, f"importance of the settings for {importances.metric}")


def _importance_row(row: Importance, y: int, axis: Axis) -> Iterator[str]:
    """A setting: its name, its bar with the interval, and the mark of chance."""
    start = axis.scale(0)
    width = pixels(max(1, axis.scale(row.share) - start))
    name = escape(row.path)
    above = y - 9
    yield f'<text class="name" x="{LEFT}" y="{above}">{name}</text>'
    top = y - 3
    left = pixels(start)
    yield f'<rect class="box" x="{left}" y="{top}" width="{width}" height="12"/>'
    title = f"{name}: {row.share:.0%} ({row.low:.0%} to {row.high:.0%})"
    title += f", by chance up to {row.chance:.0%}"
    low = axis.at(row.low)
    high = axis.at(row.high)
    middle = y + 3
    yield f'<path class="line" d="M{low} {middle}H{high}"><title>{title}</title></path>'
    chance = axis.at(row.chance)
    upper = y - 6
    yield f'<path class="mean" stroke-dasharray="3 2" d="M{chance} {upper}v18"/>'


def map_table(history: SearchHistory, pair: Sequence[Dimension], objective: int = 0) -> str:
    """The mean over the points at each place of two settings, tinted; empty where none was."""
    down, across = pair
    cells = {}
    for cell in map_of_two(history, down, across, objective):
        cells[cell.down, cell.across] = cell
    if not cells:
        return ""
    means = [cell.mean for cell in cells.values()]
    value_range = (min(means), max(means))
    columns = cell_names(across)
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    lines = []
    for row in cell_names(down):
        line = f'<th class="label">{escape(row)}</th>'
        for column in columns:
            line += _map_cell(cells.get((row, column)), value_range)
        lines.append(f"<tr>{line}</tr>")
    name_down = escape(down.path)
    name_across = escape(across.path)
    names = f"{name_down} × {name_across}"
    table = f"<thead><tr><th>{names}</th>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f'<div class="across"><table class="paper">{table}</table></div>'


def _map_cell(cell: MapCell | None, value_range: Range) -> str:
    """A cell with its mean and how many points it has; empty where no point was."""
    if cell is None:
        return "<td></td>"
    low, high = value_range
    style = cell_style(cell.mean, value_range)
    text = escape(number(cell.mean, high - low))
    return f"<td{style}><span>{text}</span><small>{cell.n}</small></td>"


def front_figure(history: SearchHistory, links: Links) -> str:
    """The points by their first two objectives, and the front as a line."""
    points = ended_points(history)
    if len(history.objectives) < 2 or not points:
        return ""
    means = {}
    firsts = []
    seconds = []
    for point in points:
        first, second, *_ = means_of(point)
        means[point.number] = (first, second)
        firsts.append(first)
        seconds.append(second)
    frame = Frame(
        across=axis_over(min(firsts), max(firsts)),
        upward=axis_over(min(seconds), max(seconds)),
        tall=TALL,
    )
    parts = [*upright_grid(frame.across, TALL), *marks_upward(frame)]
    best = {point.number for point in best_points(history)}
    ends = sorted(means[number] for number in best)
    way = "L".join(frame.at(x, y) for x, y in ends)
    parts.append(f'<path class="mean" d="M{way}"/>')
    for point in points:
        first, second = means[point.number]
        x = frame.across.at(first)
        y = frame.height(second)
        mark = circle(x, y, is_best=point.number in best)
        parts.append(with_title(history, point, links, mark))
    across, upward, *_ = [objective.metric for objective in history.objectives]
    parts.append(axis_label(across, TALL))
    name = escape(upward)
    parts.append(f'<text class="axis halo" x="{LEFT}" y="12">{name}</text>')
    return svg(parts, TALL + 38, f"{upward} against {across}")
