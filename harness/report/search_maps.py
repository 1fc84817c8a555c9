"""Figures of the space of a search: what mattered, two settings together, and a front."""

from collections.abc import Sequence
from html import escape

from harness.judge.sentences import number
from harness.report.axes import LEFT, axis_label, axis_over, pixels, svg, upright_grid
from harness.report.correlation_figure import Frame, marks_upward
from harness.report.heatmap import cell_style
from harness.report.search_figures import Links, link_to_run, point_title
from harness.search.history import SearchHistory
from harness.search.importance import Importances
from harness.search.summary import best_points, cell_names, ended_points, map_of_two, means_of
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
    start = axis.scale(0)
    for index, row in enumerate(rows):
        y = FIRST + ROW * index
        width = pixels(max(1, axis.scale(row.share) - start))
        size = f'width="{width}" height="12"'
        texts = f"{row.path}: {row.share:.0%} ({row.low:.0%} to {row.high:.0%})"
        title = escape(f"{texts}, by chance up to {row.chance:.0%}")
        parts.append(f'<text class="name" x="{LEFT}" y="{y - 9}">{escape(row.path)}</text>')
        parts.append(f'<rect class="box" x="{pixels(start)}" y="{y - 3}" {size}/>')
        low = axis.at(row.low)
        high = axis.at(row.high)
        interval = f'<path class="line" d="M{low} {y + 3}H{high}"><title>{title}</title></path>'
        parts.append(interval)
        chance = axis.at(row.chance)
        parts.append(f'<path class="mean" stroke-dasharray="3 2" d="M{chance} {y - 6}v18"/>')
    label = f"share of the variance of {importances.metric}; dashed: by chance"
    parts.append(axis_label(label, tall))
    return svg(parts, tall + 38, f"importance of the settings for {importances.metric}")


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
    head = "".join(f"<th>{escape(name)}</th>" for name in cell_names(across))
    lines = []
    for row in cell_names(down):
        line = f'<th class="label">{escape(row)}</th>'
        for column in cell_names(across):
            entry = cells.get((row, column))
            if entry is None:
                line += "<td></td>"
                continue
            style = cell_style(entry.mean, value_range)
            text = escape(number(entry.mean, value_range[1] - value_range[0]))
            line += f"<td{style}><span>{text}</span><small>{entry.n}</small></td>"
        lines.append(f"<tr>{line}</tr>")
    names = f"{escape(down.path)} × {escape(across.path)}"
    table = f"<thead><tr><th>{names}</th>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f'<div class="across"><table class="paper">{table}</table></div>'


def front_figure(history: SearchHistory, links: Links) -> str:
    """The points by their first two objectives, and the front as a line."""
    points = ended_points(history)
    if len(history.objectives) < 2 or not points:
        return ""
    means = {point.number: means_of(point) for point in points}
    firsts = [values[0] for values in means.values()]
    seconds = [values[1] for values in means.values()]
    across = axis_over(min(firsts), max(firsts))
    frame = Frame(across, axis_over(min(seconds), max(seconds)), TALL)
    parts = [*upright_grid(frame.across, TALL), *marks_upward(frame)]
    best = {point.number for point in best_points(history)}
    ends = sorted(means[number][:2] for number in best)
    way = "L".join(frame.at(x, y) for x, y in ends)
    parts.append(f'<path class="mean" d="M{way}"/>')
    for point in points:
        kind = "diamond" if point.number in best else "dot"
        x, y = means[point.number][:2]
        center = f'cx="{frame.across.at(x)}" cy="{frame.height(y)}"'
        title = point_title(history, point)
        mark = f'<circle class="{kind}" {center} r="4">{title}</circle>'
        parts.append(link_to_run(point, links, mark))
    first, second = history.objectives[:2]
    parts.append(axis_label(first.metric, TALL))
    parts.append(f'<text class="axis halo" x="{LEFT}" y="12">{escape(second.metric)}</text>')
    return svg(parts, TALL + 38, f"{second.metric} against {first.metric}")
