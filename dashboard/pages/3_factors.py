"""How two factors act together: means with intervals, a model of both, and heat maps."""

from functools import partial
from typing import Any

import streamlit as st

from dashboard.ask.answers import Question, answer_question, answers
from dashboard.ask.factors import crossed_means, unit_of
from dashboard.ask.facts import (
    factors,
    facts,
    levels_in,
    metrics,
    row_dimensions,
    settings,
)
from dashboard.ask.names import level_names, title_of, titles_of
from dashboard.draw.colours import Theme, palette
from dashboard.draw.curves import CurvePoint, CurveTitles, lines
from dashboard.draw.heat_map import HeatTitles, heat_map
from dashboard.parts.controls import (
    choose,
    filter_runs,
    heading,
    runs_of_chosen_study,
    show_problem,
    study_or_problem,
    without_old_versions,
)
from dashboard.parts.frame import draw_framed
from dashboard.parts.outputs import show_chart, show_table
from dashboard.parts.run_links import show_clicked_runs
from dashboard.parts.text import plain
from dashboard.parts.verdict import show_verdict
from dashboard.read.database import Unreadable
from dashboard.read.records import StudyRuns
from harness.judge.arms import levels_text
from harness.judge.verdicts import Verdict
from harness.spec.naming import is_number
from harness.spec.repetitions import REPETITIONS

WORTH_WAITING = 2000  # trials whose model is fitted without being asked for

Paths = tuple[str, str]  # the factor across, and the factor that it is crossed with


def page() -> None:
    """Draws the page for the two factors that are chosen."""
    study_runs = runs_of_chosen_study()
    heading("Factors", study_runs)
    study = study_or_problem(study_runs)
    study_runs = without_old_versions(study_runs)
    measured = metrics(study_runs)
    if not measured:
        st.info("Nothing was measured yet.")
        return
    columns = st.columns(3)
    with columns[0]:
        metric = choose("Metric", "metric", measured, names=titles_of(study_runs, measured))
    factors_here = [*settings(study_runs), *row_dimensions(study_runs, metric)]
    if len(factors_here) < 2:
        st.info(
            "Two factors are needed that vary over the trials and were measured. This study has "
            "fewer so far."
        )
        return
    with columns[1]:
        titles = titles_of(study_runs, factors_here)
        across = choose("Factor", "across", factors_here, names=titles)
    with columns[2]:
        others = [path for path in factors_here if path != across]
        by = choose("and factor", "and", others, names=titles)
    filter_runs(study_runs, (across, by))
    if study is not None:
        _interaction(study_runs, metric, (across, by))
    st.subheader("Every combination", anchor=False)
    _heat_map(study_runs, metric, (by, across))
    if study is not None:
        _models(study_runs, metric, (across, by))


def _where(study_runs: StudyRuns, excluded: Paths) -> dict[str, str]:
    """Returns the filters that are set, as a study file would have them."""
    where = {}
    for path in settings(study_runs):
        if path not in excluded and path in st.query_params:
            where[path] = str(st.query_params[path])
    return where


def _where_with_seeds(study_runs: StudyRuns, excluded: Paths) -> dict[str, str]:
    """Returns the filters that are set, those on a seed and a fold with them."""
    where = _where(study_runs, excluded)
    for path in REPETITIONS:
        if path in st.query_params:
            where[path] = str(st.query_params[path])
    return where


def _interaction(study_runs: StudyRuns, metric: str, paths: Paths) -> None:
    """Draws the means over one factor, a line for each level of the other."""
    across, by = paths
    st.subheader("Together", anchor=False)
    unit = facts(study_runs).units[0]
    question: Question = {
        "name": f"{metric} by {across}",
        "metric": metric,
        "by": across,
        "within": [by],
        "unit": unit,
        "where": _where(study_runs, paths),
        "against": levels_in(study_runs, across)[0],  # for fewer contrasts: none is drawn
    }
    try:
        verdict = answer_question(study_runs, question)
    except Unreadable as error:
        show_problem(error)
        return
    draw = partial(_draw_interaction, study_runs, verdict, paths)
    clicked = show_chart(draw, f"{study_runs.name} {metric} {across} {by}", "interaction")
    show_clicked_runs(study_runs, clicked)
    st.caption(
        f"A small dot is one {unit}; the diamond is the mean with its 95% interval. Lines that are "
        "not parallel hint at an interaction; the model below tests it."
    )


def _draw_interaction(
    study_runs: StudyRuns,
    verdict: Verdict,
    paths: Paths,
    theme: Theme,
) -> Any:
    """Draws the arms of a verdict as points of lines, a line for each stratum."""
    across, by = paths
    names_across = {}
    levels_across = levels_in(study_runs, across)
    if not all(map(is_number, levels_across)):  # numbers stand at their place of the axis
        names_across = level_names(study_runs, across)
    levels_of_lines = dict.fromkeys(levels_in(study_runs, by))
    names_of_lines = level_names(study_runs, by)
    words = (across, by, *verdict.comparison.metrics)
    titles = CurveTitles(*(title_of(study_runs, word) for word in words))
    points = []
    for arm in verdict.arms:
        level = levels_text(arm.sample.arm)
        line = levels_text(arm.stratum)
        levels_of_lines[line] = None
        point = CurvePoint(names_across.get(level, level), names_of_lines.get(line, line), arm)
        points.append(point)
    colours = {}
    for line, colour in palette(list(levels_of_lines), theme).items():
        colours[names_of_lines.get(line, line)] = colour
    return lines(points, titles, colours, theme)


def _heat_map(study_runs: StudyRuns, metric: str, paths: Paths) -> None:
    """Draws the mean of every combination of two factors, and shows the numbers."""
    cells = crossed_means(study_runs, metric, paths, _where_with_seeds(study_runs, paths))
    if cells.empty:
        st.info("No run that has all of these levels has measured this. Set a filter back to any.")
        return
    name = f"{study_runs.name} {metric} {' '.join(paths)}"
    titles = HeatTitles(*(title_of(study_runs, word) for word in (*paths, metric)))
    show_chart(partial(heat_map, cells, titles), name, "heat")
    unit = unit_of(study_runs, metric)
    st.caption(
        f"Means over {unit}s, as a table of the report has them: a {unit} that lacks a planned "
        "trial is in none."
    )
    with st.expander("The numbers"):
        down, across = paths
        show_table(cells.rename(columns={"down": down, "across": across}), name, "heat")


def _models(study_runs: StudyRuns, metric: str, paths: Paths) -> None:
    """Shows the models of the study file, and one of these two factors with their interaction."""
    st.subheader("Model", anchor=False)
    verdicts = answers(study_runs).verdicts
    models = [verdict for verdict in verdicts if verdict.comparison.kind == "model"]
    for i, verdict in enumerate(models):
        st.markdown(f"`{verdict.comparison.model}`, declared")
        show_verdict(study_runs, verdict, f"model-{i}")
    if not set(paths) <= set(factors(study_runs)):
        return
    formula = f"{metric} ~ {paths[0]} * {paths[1]}"
    if formula in [verdict.comparison.model for verdict in models]:
        return
    is_quick = len(study_runs.runs) <= WORTH_WAITING
    names = [title_of(study_runs, word) for word in (metric, *paths)]
    label = f"Fit {names[0]} ~ {names[1]} * {names[2]}"
    if not st.toggle(plain(label), value=is_quick, key="fit", help=f"`{formula}`"):
        return
    question: Question = {
        "name": formula,
        "model": formula,
        "unit": facts(study_runs).units[0],
        "where": _where(study_runs, paths),
    }
    try:
        show_verdict(study_runs, answer_question(study_runs, question), "model")
    except Unreadable as error:
        show_problem(error)


draw_framed(page)
