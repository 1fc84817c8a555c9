"""A verdict as a part of a page: its sentence, its charts and its tables."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from dashboard.ask.answers import Stratum, strata_of
from dashboard.ask.names import level_names, names_behind
from dashboard.draw.arms_chart import arms_chart
from dashboard.draw.colours import Theme, ground_of
from dashboard.draw.contrast_charts import forest_chart, points_chart
from dashboard.parts.outputs import csv_button, show_chart, show_table
from dashboard.parts.run_links import show_clicked_runs
from dashboard.parts.text import plain
from dashboard.parts.verdict_checks import show_checks
from dashboard.read.records import StudyRuns
from dashboard.read.study_file import study_of
from harness.judge.arms import Levels, levels_text
from harness.judge.contrasts import Contrast
from harness.judge.look_words import STOPPED
from harness.judge.sentences import estimate, mean, number, p_number, spread
from harness.judge.verdicts import Arm, Verdict, Verdicts
from harness.report.arm_colours import arm_colours
from harness.report.comparison_tables import contrasts_csv, values_csv
from harness.report.formats import with_capital
from harness.report.page_contrasts import count_text
from harness.study.names import display_name, interval_name

MOST_STRATA = 6  # drawn at once; the reader chooses among more


def show_verdict(study_runs: StudyRuns, verdict: Verdict, key: str) -> None:
    """Shows everything about one comparison."""
    _badges(verdict)
    answer, details = with_capital(verdict.plain), with_capital(verdict.sentence)
    st.markdown(f"**{plain(answer)}**")
    if details != answer:
        st.caption(plain(details))
    for answer in verdict.answers:
        st.markdown(f"- {plain(with_capital(answer))}")
    if verdict.survival:
        st.caption(f"{plain(with_capital(verdict.survival))}.")
    for pooled in verdict.pooled:
        st.warning(plain(pooled.sentence))
    _charts(study_runs, verdict, key)
    _contrast_table(verdict, key)
    _arm_table(verdict, key)
    show_checks(verdict)


def _badges(verdict: Verdict) -> None:
    """Shows how much a verdict counts: its rank, its unit and its family of p values."""
    comparison = verdict.comparison
    with st.container(horizontal=True, gap="small"):
        if comparison.primary:
            st.badge("primary", color="blue")
        if verdict.confirmatory:
            st.badge("confirmatory", color="green")
        else:
            st.badge("exploratory", color="orange")
        st.badge(f"unit: {comparison.unit}", color="gray")
        if not verdict.family:
            st.badge("no p value", color="gray")
        elif comparison.correct:
            noun = "value" if verdict.family == 1 else "values"
            st.badge(f"{verdict.family} p {noun} corrected together", color="gray")
        else:
            st.badge("not corrected", color="gray")


def _charts(study_runs: StudyRuns, verdict: Verdict, key: str) -> None:
    """Draws the charts of the strata, of the first few until the reader chooses others."""
    strata = strata_of(verdict)
    names = _names_of_strata(study_runs, verdict, strata)
    if len(strata) > MOST_STRATA:
        by_name = {names[stratum.levels]: stratum for stratum in strata}
        usual = list(by_name)[:MOST_STRATA]
        selection = st.multiselect("Shown", list(by_name), default=usual, key=f"strata-{key}")
        strata = [by_name[name] for name in selection]
    columns = st.columns(2) if len(strata) > 1 else [st.container()]
    for i, stratum in enumerate(strata):
        with columns[i % len(columns)]:
            if stratum.levels:
                st.markdown(f"**{plain(names[stratum.levels])}**")
            _charts_of_stratum(study_runs, verdict, stratum, f"{key}-{i}")
    if verdict.arms and verdict.comparison.kind != "model":
        st.caption(plain(legend(verdict)))


def _names_of_strata(
    study_runs: StudyRuns, verdict: Verdict, strata: Sequence[Stratum]
) -> dict[Levels, str]:
    """Returns what each stratum is called: its levels as people read them."""
    columns = []
    levels_of_strata = [stratum.levels for stratum in strata]
    for levels, path in zip(
        zip(*levels_of_strata, strict=True), verdict.comparison.strata, strict=False
    ):
        columns.append(level_names(study_runs, path, dict.fromkeys(levels)))
    names = {}
    for levels in levels_of_strata:
        pairs = zip(levels, columns, strict=False)
        names[levels] = levels_text([column.get(level, level) for level, column in pairs])
    return names


def _charts_of_stratum(study_runs: StudyRuns, verdict: Verdict, stratum: Stratum, key: str) -> None:
    """Draws the arms, the points of correlations and the estimates of one stratum."""
    comparison = verdict.comparison
    names = names_behind(study_runs)
    name = f"{study_runs.name} {comparison.name} {levels_text(stratum.levels)}".strip()
    if stratum.arms and comparison.kind != "model":
        draw_arms = partial(draw_arms_of, study_runs, verdict, stratum)
        clicked = show_chart(draw_arms, name, f"units-{key}")
        show_clicked_runs(study_runs, clicked)
    for i, contrast in enumerate(stratum.contrasts):
        if contrast.points:
            show_chart(partial(points_chart, contrast, names=names), name, f"points-{key}-{i}")
    if comparison.kind in ("groups", "trend") and stratum.contrasts:
        draw_forest = partial(forest_chart, comparison, stratum.contrasts, names=names)
        show_chart(draw_forest, f"{name} differences", f"forest-{key}")


def draw_arms_of(study_runs: StudyRuns, verdict: Verdict, stratum: Stratum, theme: Theme) -> Any:
    """Draws the arms of a stratum in the colours that their levels have on every page."""
    comparison = verdict.comparison
    colours = arm_colours(study_of(study_runs), comparison, verdict.arms, ground_of(theme))
    names = names_behind(study_runs)
    return arms_chart(comparison, stratum.arms, stratum.contrasts, colours, theme, names=names)


def legend(verdict: Verdict) -> str:
    """Says what the marks of a chart of arms are."""
    comparison = verdict.comparison
    if not comparison.correct:
        correction = "not corrected"
    elif verdict.family > 1:
        correction = f"after {display_name(comparison.correct)} among {verdict.family}"
    else:
        correction = "uncorrected"
    text = (
        f"A dot is one {comparison.unit}; the box holds the middle half; the diamond is the mean "
        f"with its {interval_name(1 - comparison.alpha)} "
        f"({display_name(comparison.interval_name)}); p at the brackets is {correction}; "
        f"* p ≤ {comparison.alpha:g}, ** ≤ 0.01, *** ≤ 0.001."
    )
    if any(contrast.paired for contrast in verdict.contrasts):
        text += " Lines join the values of one unit."
    if verdict.has_looks:
        text += f" {with_capital(STOPPED)}."
    return text


def _contrast_table(verdict: Verdict, key: str) -> None:
    """Shows a row for each contrast: its estimate or test statistic, n, p and effect."""
    comparison = verdict.comparison
    row_of = _model_row if comparison.kind == "model" else _contrast_row
    rows = [row_of(contrast) for contrast in verdict.contrasts]
    if rows:
        csv = contrasts_csv(_only(verdict))
        show_table(rows, f"{comparison.name}-contrasts", f"contrasts-{key}", csv=csv)


def _contrast_row(contrast: Contrast) -> dict[str, str]:
    """Returns what the table says of a difference, a trend or a correlation."""
    return {
        "contrast": contrast.name,
        "estimate": estimate(contrast.estimate, contrast.low, contrast.high),
        "n": count_text(contrast),
        "p": p_number(contrast.p),
        "corrected": p_number(contrast.corrected),
        "verdict": contrast.outcome,
        "effect": _effect_text(contrast),
        "test": _test_text(contrast),
    }


def _model_row(contrast: Contrast) -> dict[str, str]:
    """Returns what the table says of a term of a model."""
    degrees = contrast.note.split(";")[0]
    return {
        "contrast": contrast.name,
        "F": number(contrast.statistic),
        "degrees of freedom": degrees if degrees.startswith("F(") else "–",
        "n": count_text(contrast),
        "p": p_number(contrast.p),
        "corrected": p_number(contrast.corrected),
        "verdict": contrast.outcome,
        "test": _test_text(contrast),
    }


def _effect_text(contrast: Contrast) -> str:
    """Writes the size of an effect with its interval, where it has one."""
    effect = contrast.effect
    if not effect:
        return "–"
    text = f"{display_name(effect.name)} {number(effect.value)}"
    if effect.low == effect.low:  # a number
        text += f" {spread(effect.low, effect.high)}"
    return text


def _test_text(contrast: Contrast) -> str:
    if not contrast.test:
        return "–"
    name = display_name(contrast.test)
    return f"{name}, exact" if contrast.exact else name


def _arm_table(verdict: Verdict, key: str) -> None:
    """Shows a row for each arm: its mean, and what became of its trials and units."""
    comparison = verdict.comparison
    if not verdict.arms:
        return
    with st.expander("Values, trials and units of each arm"):
        rows = [_arm_row(arm, comparison.unit) for arm in verdict.arms]
        st.dataframe(rows, hide_index=True, width="stretch", key=f"arms-{key}")
        csv_button(
            lambda: values_csv(_only(verdict)),
            f"{comparison.name}-values",
            f"values-{key}",
            "CSV of each unit",
        )


def _arm_row(arm: Arm, unit: str) -> dict[str, Any]:
    """Returns what the table says of an arm."""
    row: dict[str, Any] = {}
    if arm.at:
        row["at"] = arm.at
    states = [f"{count} {state}" for state, count in arm.tally.states.items() if count]
    row["arm"] = arm.name
    row["mean"] = mean(arm.mean)
    row[f"{unit}s"] = len(arm.sample.units)
    row["trials"] = ", ".join(states)
    row["without value"] = ", ".join(arm.tally.lost) or "–"
    row["undefined"] = arm.tally.undefined
    row["in full"] = arm.full
    return row


def _only(verdict: Verdict) -> Verdicts:
    """Returns the verdict as the only one of a study, as writers of files want it."""
    return Verdicts("", "", {}, (verdict,))
