"""The comparisons of the study file as they were declared, and any other, marked as exploratory."""

from typing import Any

import streamlit as st

from dashboard.ask.answers import answers, asked, dimensions, factors, facts, levels_here, metrics
from dashboard.parts.controls import ANY, choose, heading, looked_at, study_or_trouble, trouble
from dashboard.parts.frame import framed
from dashboard.parts.text import plain
from dashboard.parts.verdict import section
from dashboard.read.records import Found, Unreadable
from harness.judge.verdicts import Verdict
from harness.spec.catalogue import catalogue
from harness.spec.naming import short
from harness.study.load import Study

DECLARED, OWN = "declared", "your own"
DEFAULT = "by the design"


def page() -> None:
    found = looked_at()
    heading("Compare", found)
    study = study_or_trouble(found)
    if study is None:
        return
    options = [DECLARED, OWN] if study.compare else [OWN]
    kind = st.segmented_control("Comparison", options, default=options[0], key="ask", bind="query-params",
                                label_visibility="collapsed", required=True)  # fmt: skip
    if not study.compare:
        st.caption(
            "The study file declares no comparison (`compare:`), so any question is exploratory."
        )
    if kind == OWN or not study.compare:
        _own(found, study)
    else:
        _declared(found)


def _declared(found: Found) -> None:
    verdicts = answers(found)
    listed = sorted(verdicts.verdicts, key=lambda v: not v.comparison.primary)
    named = {v.comparison.name: v for v in listed}
    names = {name: _named(v) for name, v in named.items()}
    picked = (
        choose("As declared in the study file", "comparison", named, names=names)
        if len(named) > 1
        else None
    )
    verdict = named.get(picked or "", listed[0])
    if picked is None:
        st.subheader(plain(verdict.comparison.name), anchor=False)
    if verdicts.changed:
        st.caption(plain(verdicts.changed))
    section(found, verdict, "declared")


def _named(verdict: Verdict) -> str:
    outcomes = list(dict.fromkeys(c.outcome for c in verdict.contrasts if c.outcome))
    return f"{verdict.comparison.name}: {', '.join(outcomes[:3]) or 'nothing measured'}"


def _own(found: Found, study: Study) -> None:
    question = _question(found, study)
    if question is None:
        return
    seen = st.session_state.setdefault("asked", {})
    seen.setdefault(found.name, set()).add(repr(sorted(question.items(), key=str)))
    count = len(seen[found.name])
    try:
        verdict = asked(found, question)
    except Unreadable as error:
        trouble(error)
        return
    if count > 1:
        st.caption(f"You have asked {count} questions of your own. Each is corrected by itself; nothing corrects for "
                   "having looked at many. Declare in the study file what you mean to conclude from.")  # fmt: skip
    section(found, verdict, "own")


def _question(found: Found, study: Study) -> dict[str, Any] | None:
    """The question that the controls spell, as a study file would have it."""
    there = factors(found)
    measured = metrics(found)
    if not measured:
        st.info("Nothing was measured yet.")
        return None
    one, two, three = st.columns(3)
    with one:
        metric = choose("Metric", "metric", measured)
    extra = [d for d in dimensions(found, metric) if len(levels_here(found, d)) > 1]
    if not there and not extra:
        st.info(
            "Nothing varies over the trials of this study but seeds and folds, so there is nothing to compare."
        )
        return None
    with two:
        by = choose("By", "by", [*there, *extra])
    levels = levels_here(found, by)
    with three:
        against = choose("Against", "against", ["each other", *levels], names=short(levels))
    four, five, six = st.columns(3)
    with four:
        within = choose(
            "Separately for each", "within", ["–", *(p for p in [*there, *extra] if p != by)]
        )
    with five:
        unit = choose(
            "Unit of replication",
            "unit",
            facts(found).units,
            help="What is one independent repetition?",
        )
    with six:
        said = "How large a difference still counts as none, in the metric's own unit."
        margin = st.text_input(
            "Margin of equivalence",
            key="margin",
            bind="query-params",
            placeholder="none",
            help=said,
        )
    more = _statistics(margin)
    where = _where(found, study, [*there, *extra], (by, within))
    if margin and not _number(margin):
        st.info("The margin should be a number above 0, such as 0.01.")
        return None
    return {
        "name": f"{metric} by {by}", "metric": metric, "by": by, "unit": unit, "where": where, **more,
        "against": None if against == "each other" else against, "within": [] if within == "–" else [within],
        "margin": float(margin) if margin else None,
    }  # fmt: skip


def _number(text: str) -> bool:
    try:
        return float(text) > 0
    except ValueError:
        return False


def _statistics(margin: str) -> dict[str, Any]:
    """The test, the effect and the interval, by default as the design asks."""
    known = catalogue("test")
    kinds = [n for n, c in known.items() if c.facts.groups != 1 and not c.facts.ordered]
    tests = [n for n in kinds if n.startswith("equivalence") == bool(margin)]
    with st.expander("Statistics"):
        one, two, three, four = st.columns(4)
        with one:
            test = choose("Test", "test", [DEFAULT, *tests])
        with two:
            effect = choose("Effect", "effect", [DEFAULT, *catalogue("effect")])
        with three:
            interval = choose("Interval", "interval", catalogue("interval"), start="t")
        with four:
            correct = choose("Correction", "correct", catalogue("correction"), start="holm")
    found = {"test": test, "effect": effect}
    return {k: v for k, v in found.items() if v != DEFAULT} | {
        "interval": interval,
        "correct": correct,
    }


def _where(found: Found, study: Study, paths: list[str], taken: tuple[str, ...]) -> dict[str, str]:
    """The levels that the question is narrowed down to."""
    offered = [p for p in paths if p not in taken]
    if not offered:
        return {}
    set_ = sum(
        f"only-{p}" in st.query_params or st.session_state.get(f"only-{p}", ANY) != ANY
        for p in offered
    )
    wanted = {}
    with st.expander(f"Only at{f' ({set_} set)' if set_ else ''}", expanded=bool(set_)):
        columns = st.columns(min(3, len(offered)))
        for i, path in enumerate(offered):
            levels = levels_here(found, path)
            with columns[i % len(columns)]:
                level = choose(path, f"only-{path}", [ANY, *levels], names=short(levels))
            if level != ANY:
                wanted[path] = level
    return wanted


framed(page)
