"""How two factors act together: means with intervals, a model with their interaction, and heat maps."""

from collections.abc import Iterator
from typing import Any

import streamlit as st

from dashboard.ask.answers import SEEDS, answers, asked, factors, facts, levels_here, metrics
from dashboard.ask.factors import crossed, row_dimensions, settings, unit_of
from dashboard.draw.colours import palette
from dashboard.draw.curves import Stop, heat, lines
from dashboard.parts.controls import (
    chart,
    choose,
    current,
    filters,
    heading,
    looked_at,
    study_or_trouble,
    table,
    trouble,
)
from dashboard.parts.frame import framed
from dashboard.parts.verdict import section
from dashboard.read.records import Found, Unreadable
from harness.judge.arms import levels_text
from harness.judge.verdicts import Arm, Verdict
from harness.spec.naming import short
from harness.study.load import Study

SOON = 2000  # trials whose model is fitted without being asked for


def page() -> None:
    found = looked_at()
    heading("Factors", found)
    study = study_or_trouble(found)
    found = current(found)
    measured = metrics(found)
    one, two, three = st.columns(3)
    with one:
        metric = choose("Metric", "metric", measured) if measured else ""
    there = [*settings(found), *row_dimensions(found, metric)]
    if len(there) < 2:
        st.info(
            "Two factors are needed that vary over the trials and were measured. This study has fewer so far."
        )
        return
    with two:
        across = choose("Factor", "across", there)
    with three:
        by = choose("and factor", "and", [path for path in there if path != across])
    filters(found, (across, by))
    if study is not None:
        _interaction(found, study, metric, (across, by))
    st.subheader("Every combination", anchor=False)
    _heat(found, metric, (by, across))
    if study is not None:
        _models(found, study, metric, (across, by))


def _where(found: Found, taken: tuple[str, ...]) -> dict[str, str]:
    """The filters that are set, as a study file would have them."""
    offered = [path for path in settings(found) if path not in taken]
    return {path: str(st.query_params[path]) for path in offered if path in st.query_params}


def _where_with_seeds(found: Found, taken: tuple[str, ...]) -> dict[str, str]:
    """The filters that are set, those on a seed and a fold with them."""
    where = _where(found, taken)
    where.update({path: str(st.query_params[path]) for path in SEEDS if path in st.query_params})
    return where


def _interaction(found: Found, study: Study, metric: str, paths: tuple[str, str]) -> None:
    across, by = paths
    st.subheader("Together", anchor=False)
    question: dict[str, Any] = {
        "name": f"{metric} by {across}", "metric": metric, "by": across, "within": [by], "unit": facts(found).units[0],
        "where": _where(found, paths), "against": levels_here(found, across)[0],  # for fewer contrasts: none is shown
    }  # fmt: skip
    try:
        verdict = asked(found, question)
    except Unreadable as error:
        trouble(error)
        return
    names = short(levels_here(found, across))
    called = short(levels_here(found, by))
    stops = [
        Stop(names.get(level, level), called.get(stratum, stratum), arm)
        for arm, level, stratum in _levels_of_arms(verdict)
    ]
    levels = list(
        dict.fromkeys(
            [*levels_here(found, by), *(stratum for _, _, stratum in _levels_of_arms(verdict))]
        )
    )
    chart(
        lambda ink: lines(stops, (across, by, metric), _called(palette(levels, ink), called), ink),
        f"{found.name} {metric} {across} {by}", "interaction",
    )  # fmt: skip
    st.caption(
        f"A small dot is one {question['unit']}; the diamond is the mean with its 95% interval. Lines that are not "
        "parallel hint at an interaction; the model below tests it."
    )


def _levels_of_arms(verdict: Verdict) -> Iterator[tuple[Arm, str, str]]:
    """Each arm with its level, and with the level that it is measured at."""
    for arm in verdict.arms:
        yield arm, levels_text(arm.sample.arm), levels_text(arm.stratum)


def _called(colours: dict[str, str], names: dict[str, str]) -> dict[str, str]:
    return {names.get(level, level): colour for level, colour in colours.items()}


def _heat(found: Found, metric: str, paths: tuple[str, str]) -> None:
    cells = crossed(found, metric, paths, _where_with_seeds(found, paths))
    if cells.empty:
        st.info("No run that has all of these levels has measured this. Set a filter back to any.")
        return
    name = f"{found.name} {metric} {' '.join(paths)}"
    chart(lambda ink: heat(cells, (*paths, metric), ink), name, "heat")
    unit = unit_of(found, metric)
    st.caption(
        f"Means over {unit}s, as a table of the report has them: a {unit} that lacks a planned trial is in none."
    )
    with st.expander("The numbers"):
        table(cells.rename(columns=dict(zip(("down", "across"), paths, strict=True))), name, "heat")


def _models(found: Found, study: Study, metric: str, paths: tuple[str, str]) -> None:
    st.subheader("Model", anchor=False)
    for i, verdict in enumerate(v for v in answers(found).verdicts if v.comparison.kind == "model"):
        st.markdown(f"`{verdict.comparison.model}`, declared")
        section(found, verdict, f"model-{i}")
    if not set(paths) <= set(factors(found)):
        return
    formula = f"{metric} ~ {paths[0]} * {paths[1]}"
    if formula in [v.comparison.model for v in answers(found).verdicts]:
        return
    if not st.toggle(f"Fit {formula}", value=len(found.runs) <= SOON, key="fit"):
        return
    question = {
        "name": formula,
        "model": formula,
        "unit": facts(found).units[0],
        "where": _where(found, paths),
    }
    try:
        section(found, asked(found, question), "model")
    except Unreadable as error:
        trouble(error)


framed(page)
