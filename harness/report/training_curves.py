"""The curves of trainings as SVG: a line for each fit, a colour for each level of an axis."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from harness.record.contents import NOT_METRICS
from harness.report.axes import LEFT, axis_label, axis_over, svg, upright_grid
from harness.report.colours import BLUE, SERIES, level_colours
from harness.report.correlation_figure import Frame, marks_upward
from harness.report.evidence import Evidence
from harness.report.formats import cut_text
from harness.spec.repetitions import REPETITIONS
from harness.study.load import Study
from harness.study.names import display_name, level_display_names

TALL = 220
LINE = 16  # from row to row of the legend
MOST_FIGURES = 4
LONGEST_LEVEL = 60  # characters beside a colour
BESIDE = LEFT + 30
KINDS = ("loss/", "watch", "pick/")  # of metrics that are drawn, in this order


@dataclass(frozen=True)
class Curve:
    """What a fit noted of one metric after each epoch, and the name of its level."""

    run: str
    level: str
    points: tuple[tuple[int, float], ...]


def training_curves(study: Study, evidence: Evidence) -> list[str]:
    """A figure for each metric that fits noted over several epochs."""
    path = _coloured_path(study)
    colour_of_level = level_colours(_levels_of(study, path))
    names = level_display_names(colour_of_level, path, study.names)
    by_metric: dict[str, list[Curve]] = {}
    runs = {run.id: run for run in evidence.runs}
    for run_id, epochs in evidence.histories.items():
        level = runs[run_id].levels.get(path, "")
        name = names.get(level, level)
        for metric, points in _points_of(epochs).items():
            if len(points) > 1:
                by_metric.setdefault(metric, []).append(Curve(run_id, name, tuple(points)))
    metrics = sorted(by_metric, key=_order_of)[:MOST_FIGURES]
    colours = {names[level]: colour for level, colour in colour_of_level.items()}
    return [_figure(metric, by_metric[metric], colours) for metric in metrics]


def curves_legend(study: Study, evidence: Evidence, figures: int) -> str:
    """How to read the curves, or why there are none."""
    if not evidence.histories:
        return ""
    if not figures:
        return "Each training is one epoch, after which alone a loss is noted: there is no curve."
    text = "A line is one training and leads to its run"
    path = _coloured_path(study)
    if path:
        text += f"; its colour is the {display_name(path, study.names)}"
    if len(evidence.fits) > len(evidence.histories):
        text += f"; the first {len(evidence.histories)} of {len(evidence.fits)} are drawn"
    return f"{text}."


def _coloured_path(study: Study) -> str:
    """The first axis of fits that is no repetition and has few levels; empty where none is."""
    for axis in study.axes:
        for path in axis.paths:
            if path.startswith("fit.") and path not in REPETITIONS:
                levels = {cell.levels.get(path) for cell in study.cells}
                if 1 < len(levels) <= len(SERIES):
                    return path
    return ""


def _levels_of(study: Study, path: str) -> list[str]:
    """The levels that are coloured, in the order of the study; none where no axis is coloured."""
    levels: dict[str, None] = {}
    for cell in study.cells:
        if path in cell.levels:
            levels[cell.levels[path]] = None
    return list(levels)


def _points_of(epochs: Sequence[Mapping[str, float]]) -> dict[str, list[tuple[int, float]]]:
    """The finite values of each metric, by the number of the epoch counted over all phases."""
    points: dict[str, list[tuple[int, float]]] = {}
    for number, row in enumerate(epochs, start=1):
        for metric, value in row.items():
            is_drawn = metric.startswith(KINDS) and metric not in NOT_METRICS
            if is_drawn and isinstance(value, int | float) and math.isfinite(value):
                points.setdefault(metric, []).append((number, float(value)))
    return points


def _order_of(metric: str) -> tuple[int, str]:
    """Losses first, then what was watched, then what picks thought."""
    for position, kind in enumerate(KINDS):
        if metric.startswith(kind):
            return position, metric
    return len(KINDS), metric


def _figure(metric: str, curves: Sequence[Curve], colours: Mapping[str, str]) -> str:
    """The curves of a metric, with a legend of their colours below."""
    epochs: list[int] = []
    values: list[float] = []
    for curve in curves:
        for epoch, value in curve.points:
            epochs.append(epoch)
            values.append(value)
    across = axis_over(min(epochs), max(epochs))
    frame = Frame(across, axis_over(min(values), max(values)), TALL)
    parts = [*upright_grid(across, TALL), *marks_upward(frame)]
    for curve in curves:
        parts.append(_line(curve, frame, colours.get(curve.level, BLUE)))
    parts.append(axis_label("epoch", TALL))
    label = escape(metric.replace("/", " "))
    parts.append(f'<text class="axis halo" x="{LEFT}" y="12">{label}</text>')
    tall = TALL + 38
    if len(colours) > 1:
        parts += _legend(colours, tall)
        tall += LINE * len(colours)
    return svg(parts, tall, f"{metric} by epoch")


def _line(curve: Curve, frame: Frame, colour: str) -> str:
    """A curve as a path that leads to its run; a gap stands where an epoch has no number."""
    path = f"M{frame.at(*curve.points[0])}"
    for (before, _), (epoch, value) in pairwise(curve.points):
        step = "L" if epoch == before + 1 else "M"
        path += f"{step}{frame.at(epoch, value)}"
    title = f"<title>{escape(curve.level)}</title>"
    line = f'<path class="curve" stroke="{colour}" d="{path}">{title}</path>'
    return f'<a href="#run-{escape(curve.run)}">{line}</a>'


def _legend(colours: Mapping[str, str], tall: float) -> Iterator[str]:
    """The colour of each level."""
    for number, (level, colour) in enumerate(colours.items()):
        y = tall + LINE * number
        middle = y - 4
        yield f'<path class="curve" stroke="{colour}" d="M{LEFT} {middle}h22"/>'
        text = escape(cut_text(level, LONGEST_LEVEL))
        yield f'<text class="tick" x="{BESIDE}" y="{y}">{text}</text>'
