"""How far a shift of the test images moves a network: scores over strength, layer by layer."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from dashboard.ask.answers import Question, answer_question
from dashboard.ask.facts import KIND, STRENGTH, factors, facts, levels_in
from dashboard.ask.names import level_names, title_of, titles_of
from dashboard.ask.shift import (
    LAYER,
    factors_beside_shift,
    metrics_of_images,
    metrics_of_layers,
    paths_of_one_shift,
    paths_of_shift,
)
from dashboard.draw.colours import Theme, palette
from dashboard.draw.curves import CurvePoint, CurveTitles, lines
from dashboard.parts.controls import (
    ANY,
    choose,
    heading,
    runs_of_chosen_study,
    show_problem,
    study_or_problem,
    without_old_versions,
)
from dashboard.parts.frame import draw_framed
from dashboard.parts.heat_maps import show_heat_maps
from dashboard.parts.outputs import show_chart, show_table
from dashboard.parts.run_links import show_clicked_runs
from dashboard.parts.text import plain
from dashboard.read.database import Unreadable
from dashboard.read.records import StudyRuns
from harness.judge.arms import levels_text
from harness.judge.verdicts import Verdict
from harness.report.formats import with_capital

NOTHING = "–"


def page() -> None:
    """Draws what the study has of strengths, layers and kinds."""
    study_runs = runs_of_chosen_study()
    heading("Shift", study_runs)
    study = study_or_problem(study_runs)
    study_runs = without_old_versions(study_runs)
    paths = paths_of_shift(study_runs)
    if STRENGTH not in paths and LAYER not in paths:
        st.info(
            "This study measures no shift. An axis `perturb` with a list of perturbations, or one "
            "`perturb.strength`, gives scores over strength; the probe `shift` gives the distance "
            "of each layer's features."
        )
        return
    if study_runs.rows.empty:
        st.info("Nothing was measured yet.")
        return
    if study is None:
        show_heat_maps(study_runs, paths)
        return
    line_factors = factors_beside_shift(study_runs)
    by = None
    if line_factors:
        titles = titles_of(study_runs, line_factors)
        choice = choose("A line for each", "line", [*line_factors, NOTHING], names=titles)
        by = None if choice == NOTHING else choice
    if STRENGTH in paths:
        _over_strength(study_runs, by)
    if LAYER in paths:
        _over_layers(study_runs, by)
    show_heat_maps(study_runs, paths)


def _over_strength(study_runs: StudyRuns, by: str | None) -> None:
    """Draws a metric over the strength of the shift, and lists its trends."""
    st.subheader("Over strength", anchor=False)
    scores = metrics_of_images(study_runs)
    names = titles_of(study_runs, scores)
    metric = choose("Metric", "score", scores, names=names)
    has_kinds = len(levels_in(study_runs, KIND)) > 1
    strata = [KIND] if has_kinds else []
    if by is not None:
        strata.append(by)
    question: Question = {
        "name": f"{metric} over strength",
        "metric": metric,
        "unit": facts(study_runs).units[0],
        "trend": STRENGTH,
        "within": strata,
    }
    try:
        verdict = answer_question(study_runs, question)
    except Unreadable as error:
        show_problem(error)
        return
    _charts_of_kinds(study_runs, verdict, metric, by, has_kinds)
    trends = []
    for contrast in verdict.contrasts:
        where = levels_text(contrast.stratum)
        trends.append({"where": where, "trend": with_capital(contrast.sentence)})
    with st.expander(f"Trends (exploratory, {verdict.family} p values corrected together)"):
        show_table(trends, f"{study_runs.name} trends", "trends")


def _charts_of_kinds(
    study_runs: StudyRuns, verdict: Verdict, metric: str, by: str | None, has_kinds: bool
) -> None:
    """Draws a chart for each kind of perturbation, with the same colours."""
    names = level_names(study_runs, by or NOTHING)
    points_of: dict[str, list[CurvePoint]] = {}
    for arm in verdict.arms:
        kind = arm.stratum[0] if has_kinds else ""
        line = metric if by is None else arm.stratum[-1]
        across = levels_text(arm.sample.arm_or_point)
        point = CurvePoint(across, names.get(line, line), arm)
        points_of.setdefault(kind, []).append(point)
    order = ["", *levels_in(study_runs, KIND), "none"]
    columns = st.columns(2) if len(points_of) > 1 else [st.container()]
    for i, kind in enumerate(sorted(points_of, key=order.index)):
        draw = partial(
            _draw_lines,
            study_runs,
            points_of[kind],
            _titles(study_runs, STRENGTH, by, metric),
            by,
        )
        with columns[i % len(columns)]:
            if kind:
                st.markdown(f"**{plain(kind)}**")
            clicked = show_chart(draw, f"{study_runs.name} {metric} {kind}", f"s-{i}")
            show_clicked_runs(study_runs, clicked)
    st.caption(
        f"A small dot is one {verdict.comparison.unit}; the diamond is the mean with its 95% "
        "interval."
    )


def _titles(study_runs: StudyRuns, across: str, line: str | None, metric: str) -> CurveTitles:
    """Returns what a chart is about, as people read it."""
    line_title = NOTHING
    if line is not None:
        line_title = title_of(study_runs, line)
    title = title_of(study_runs, across)
    metric_title = title_of(study_runs, metric)
    return CurveTitles(title, line_title, metric_title)


def _draw_lines(
    study_runs: StudyRuns,
    points: list[CurvePoint],
    titles: CurveTitles,
    by: str | None,
    theme: Theme,
) -> Any:
    """Draws the points as lines in the colours of the factor's levels."""
    if by is None:
        return lines(points, titles, palette([titles.metric], theme), theme)
    names = level_names(study_runs, by or NOTHING)
    colours = {}
    for level, colour in palette(levels_in(study_runs, by), theme).items():
        colours[names.get(level, level)] = colour
    return lines(points, titles, colours, theme)


def _over_layers(study_runs: StudyRuns, by: str | None) -> None:
    """Draws a distance over the layers of the network, and lists its differences."""
    st.subheader("Layer by layer", anchor=False)
    distances = metrics_of_layers(study_runs)
    if not distances:
        return
    columns = st.columns(3)
    with columns[0]:
        names = titles_of(study_runs, distances)
        metric = choose("Distance", "distance", distances, start="hellinger", names=names)
    factor = by
    if factor is None:
        factor = next(iter([*factors_beside_shift(study_runs), *factors(study_runs)]), None)
    where = _where_of_layers(study_runs, factor, columns[1:])
    question: Question = {
        "name": f"{metric} by layer",
        "metric": metric,
        "unit": facts(study_runs).units[0],
        "where": where,
        "by": factor,
        "within": [LAYER],
    }
    try:
        verdict = answer_question(study_runs, question)
    except Unreadable as error:
        show_problem(error)
        return
    points = _points_of_layers(study_runs, verdict, factor)
    draw = partial(
        _draw_lines, study_runs, points, _titles(study_runs, LAYER, factor, metric), factor
    )
    show_chart(draw, f"{study_runs.name} {metric} by layer", "layers")
    st.page_link(
        "pages/5_images.py",
        label="Distributions of each layer, run by run",
        icon=":material/image:",
    )
    differences = []
    for contrast in verdict.contrasts:
        layer = levels_text(contrast.stratum)
        differences.append({"layer": layer, "difference": with_capital(contrast.sentence)})
    title = f"Differences at each layer (exploratory, {verdict.family} p values corrected together)"
    with st.expander(title):
        show_table(differences, "layers", "by-layer")


def _where_of_layers(
    study_runs: StudyRuns, factor: str | None, columns: Sequence[Any]
) -> dict[str, str]:
    """Draws the shift to look at, where there are several and they are not the lines."""
    where = {}
    column = iter(columns)
    for path in paths_of_one_shift(study_runs):
        levels = levels_in(study_runs, path)
        if path == factor:
            continue
        title = title_of(study_runs, path)
        names = level_names(study_runs, path)
        with next(column):
            level = choose(title, f"at-{path}", [ANY, *levels], start=levels[-1], names=names)
        if level != ANY:
            where[path] = level
    return where


def _points_of_layers(
    study_runs: StudyRuns, verdict: Verdict, factor: str | None
) -> list[CurvePoint]:
    """Returns the arms of a verdict as points over the layers, in the order of the network."""
    names = level_names(study_runs, factor or NOTHING)
    order = {layer: i for i, layer in enumerate(levels_in(study_runs, LAYER))}
    points = []
    for arm in verdict.arms:
        level = levels_text(arm.sample.arm)
        points.append(CurvePoint(levels_text(arm.stratum), names.get(level, level), arm))
    return sorted(points, key=lambda point: order.get(point.across, len(order)))


draw_framed(page)
