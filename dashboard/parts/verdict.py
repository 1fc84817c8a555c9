"""A verdict as a part of a page: its sentence, charts, tables, and what a reader should know before believing it."""

from functools import partial
from typing import Any

import streamlit as st

from dashboard.ask.answers import levels_here
from dashboard.draw.charts import forest, points, units
from dashboard.draw.colours import Ink, palette
from dashboard.parts.controls import chart, csv_button, table
from dashboard.parts.text import plain, upper
from dashboard.read.records import Found
from harness.judge.arms import Levels, levels_text
from harness.judge.sentences import estimate, mean, number, p_value, spread
from harness.judge.verdicts import Arm, Verdict, Verdicts
from harness.report.comparison_tables import contrasts_csv, values_csv

STRATA = 6  # drawn at once; the others are chosen


def section(found: Found, verdict: Verdict, key: str) -> None:
    """Everything about one comparison."""
    _badges(verdict)
    st.markdown(f"##### {plain(upper(verdict.sentence))}")
    for pooled in verdict.pooled:
        st.warning(plain(pooled.sentence))
    _charts(found, verdict, key)
    _contrasts(verdict, key)
    _arms(verdict, key)
    _checks(verdict)


def _badges(verdict: Verdict) -> None:
    one = verdict.comparison
    family = f"{verdict.family} p {'values' if verdict.family != 1 else 'value'} corrected together"
    with st.container(horizontal=True, gap="small"):
        if one.primary:
            st.badge("primary", color="blue")
        st.badge("confirmatory" if verdict.confirmatory else "exploratory",
                 color="green" if verdict.confirmatory else "orange")  # fmt: skip
        st.badge(f"unit: {one.unit}", color="gray")
        st.badge(family if one.correct else "not corrected", color="gray")


def _charts(found: Found, verdict: Verdict, key: str) -> None:
    strata = list(
        dict.fromkeys([a.stratum for a in verdict.arms] + [c.stratum for c in verdict.contrasts])
    )
    if len(strata) > STRATA:
        names = {levels_text(s): s for s in strata}
        picked = st.multiselect(
            "Shown", list(names), default=list(names)[:STRATA], key=f"strata-{key}"
        )
        strata = [names[name] for name in picked]
    columns = st.columns(2) if len(strata) > 1 else [st.container()]
    for i, stratum in enumerate(strata):
        with columns[i % len(columns)]:
            if stratum:
                st.markdown(f"**{plain(levels_text(stratum))}**")
            _stratum(found, verdict, stratum, f"{key}-{i}")
    if verdict.arms and verdict.comparison.kind != "model":
        st.caption(plain(legend(verdict)))


def _stratum(found: Found, verdict: Verdict, stratum: Levels, key: str) -> None:
    one = verdict.comparison
    arms = [a for a in verdict.arms if a.stratum == stratum]
    contrasts = [c for c in verdict.contrasts if c.stratum == stratum]
    name = f"{found.name} {one.name} {levels_text(stratum)}".strip()
    if arms and one.kind != "model":
        chart(lambda ink: units(one, arms, contrasts, colours_of(found, one.by or one.trend or "", arms, ink), ink),
              name, f"units-{key}")  # fmt: skip
    for j, contrast in enumerate(contrasts):
        if contrast.points:
            chart(partial(points, contrast), name, f"points-{key}-{j}")
    if one.kind in ("groups", "trend") and contrasts:
        chart(lambda ink: forest(one, contrasts, ink), f"{name} differences", f"forest-{key}")


def colours_of(found: Found, path: str, arms: list[Arm], ink: Ink) -> dict[str, str]:
    """The colours of a factor's levels: of all that it has, also of those that are not shown."""
    there = [levels_text(a.sample.arm_or_point) for a in arms]
    return palette(list(dict.fromkeys([*levels_here(found, path), *there])), ink)


def legend(verdict: Verdict) -> str:
    """What the marks of a chart of arms are."""
    one = verdict.comparison
    level = f"{1 - one.alpha:.0%}"
    joined = (
        " Lines join the values of one unit." if any(c.paired for c in verdict.contrasts) else ""
    )
    correct = (
        f"after {one.correct} among {verdict.family}"
        if one.correct and verdict.family > 1
        else "uncorrected"
    )
    among = (
        f"p at the brackets is {correct}" if one.correct else "p at the brackets is not corrected"
    )
    text = f"A dot is one {one.unit}; the box holds the middle half; the diamond is the mean with its {level} interval"
    return f"{text} ({one.interval}); {among}; * p ≤ {one.alpha:g}, ** ≤ .01, *** ≤ .001.{joined}"


def p_text(p: float) -> str:
    return p_value(p).removeprefix("p = ").removeprefix("p ")


def _contrasts(verdict: Verdict, key: str) -> None:
    rows: list[dict[str, Any]] = []
    model = verdict.comparison.kind == "model"
    for c in verdict.contrasts:
        effect = c.effect
        around = (
            f" {spread(effect.low, effect.high)}" if effect and effect.low == effect.low else ""
        )
        said = f"{effect.name} {number(effect.value)}{around}" if effect else "–"
        n = f"{c.n[0]} pairs" if c.paired and len(c.n) == 2 else " / ".join(map(str, c.n))
        term = {"F": number(c.statistic), "degrees of freedom": c.note.split(";")[0]} if model else {
            "estimate": estimate(c.estimate, c.low, c.high)}  # fmt: skip
        how = {} if model else {"effect": said}
        test = f"{c.test}{', exact' if c.exact else ''}" if c.test else "–"
        p = {"p": p_text(c.p), "corrected": p_text(c.corrected)}
        rows.append(
            {"contrast": c.name, **term, "n": n, **p, "verdict": c.outcome, **how, "test": test}
        )
    if rows:
        table(
            rows,
            f"{verdict.comparison.name}-contrasts",
            f"contrasts-{key}",
            text=contrasts_csv(_alone(verdict)),
        )


def _arms(verdict: Verdict, key: str) -> None:
    one = verdict.comparison
    if not verdict.arms:
        return
    with st.expander("Values, trials and units of each arm"):
        rows = [
            {
                **({"at": levels_text(a.stratum)} if a.stratum else {}), "arm": a.name, "mean": mean(a.mean),
                f"{one.unit}s": len(a.sample.units),
                "trials": ", ".join(f"{n} {state}" for state, n in a.tally.states.items() if n),
                "without value": ", ".join(a.tally.lost) or "–", "undefined": a.tally.undefined, "in full": a.full,
            }
            for a in verdict.arms
        ]  # fmt: skip
        st.dataframe(rows, hide_index=True, width="stretch", key=f"arms-{key}")
        csv_button(
            lambda: values_csv(_alone(verdict)),
            f"{one.name}-values",
            f"values-{key}",
            "CSV of each unit",
        )


def _alone(verdict: Verdict) -> Verdicts:
    return Verdicts("", "", {}, (verdict,))


def _checks(verdict: Verdict) -> None:
    """Information for a sceptic, never a gate."""
    found = list(verdict.notes)
    if verdict.averaged:
        found.append(f"averaged over {', '.join(verdict.averaged)}")
    for c in verdict.contrasts[:1]:
        found += [f"test: {c.test}, {c.why}"] if c.test else []
        found += (
            [f"pairs: {'paired' if c.paired else 'not paired'}, {c.pairing}"] if c.pairing else []
        )
    found += [
        f"{c.name}: {c.note}"
        for c in verdict.contrasts
        if c.note and verdict.comparison.kind != "model"
    ]
    for stratum, result in verdict.omnibus:
        where = f" at {levels_text(stratum)}" if stratum else ""
        values = f"{number(result.statistic)}, {p_value(result.p)}"
        found.append(f"all arms at once{where}: {result.test} {values}")
    found += list(verdict.normality)
    with st.expander(f"Checks ({len(found)})"):
        for text in found:
            st.markdown(f"- {plain(text)}")
