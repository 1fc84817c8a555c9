"""The comparisons of the study file as they were declared, and any other, marked as exploratory."""

import streamlit as st

from dashboard.ask.answers import Question, answer_question, answers
from dashboard.ask.facts import dimensions, factors, facts, levels_in, metrics
from dashboard.ask.names import level_names, title_of, titles_of
from dashboard.parts.controls import (
    ANY,
    choose,
    count_filters,
    heading,
    runs_of_chosen_study,
    show_problem,
    study_or_problem,
)
from dashboard.parts.frame import draw_framed
from dashboard.parts.text import plain
from dashboard.parts.verdict import show_verdict
from dashboard.read.database import Unreadable
from dashboard.read.records import StudyRuns
from harness.judge.verdicts import Verdict
from harness.spec.catalogue import catalogue

DECLARED = "declared"
OWN = "your own"
BY_DESIGN = "by the design"
EACH_OTHER = "each other"
NOTHING = "–"


def page() -> None:
    """Draws a declared comparison, or a question of one's own."""
    study_runs = runs_of_chosen_study()
    heading("Compare", study_runs)
    study = study_or_problem(study_runs)
    if study is None:
        return
    options = [DECLARED, OWN] if study.compare else [OWN]
    kind = st.segmented_control(
        "Comparison",
        options,
        default=options[0],
        key="ask",
        bind="query-params",
        label_visibility="collapsed",
        required=True,
    )
    if not study.compare:
        st.caption(
            "The study file declares no comparison (`compare:`), so any question is exploratory."
        )
    if kind == OWN or not study.compare:
        _own_question(study_runs)
    else:
        _declared_comparisons(study_runs)


def _declared_comparisons(study_runs: StudyRuns) -> None:
    """Shows one of the declared comparisons, the primary one at first."""
    verdicts = answers(study_runs)
    primary_first = sorted(verdicts.verdicts, key=lambda v: not v.comparison.primary)
    by_name = {verdict.comparison.name: verdict for verdict in primary_first}
    if len(by_name) > 1:
        titles = {name: _title(verdict) for name, verdict in by_name.items()}
        name = choose("As declared in the study file", "comparison", by_name, names=titles)
        verdict = by_name[name]
    else:
        verdict = primary_first[0]
        st.subheader(plain(verdict.comparison.name), anchor=False)
    if verdicts.changed:
        st.caption(plain(verdicts.changed))
    show_verdict(study_runs, verdict, "declared")


def _title(verdict: Verdict) -> str:
    outcomes = dict.fromkeys(c.outcome for c in verdict.contrasts if c.outcome)
    text = ", ".join(list(outcomes)[:3]) or "nothing measured"
    return f"{verdict.comparison.name}: {text}"


def _own_question(study_runs: StudyRuns) -> None:
    """Shows the answer to the question that the controls spell, and how many there have been."""
    question = _question(study_runs)
    if question is None:
        return
    count = _count_question(study_runs.name, question)
    try:
        verdict = answer_question(study_runs, question)
    except Unreadable as error:
        show_problem(error)
        return
    if count > 1:
        st.caption(
            f"You have asked {count} questions of your own. Each is corrected by itself; nothing "
            "corrects for having looked at many. Declare in the study file what you mean to "
            "conclude from."
        )
    show_verdict(study_runs, verdict, "own")


def _count_question(study: str, question: Question) -> int:
    """Remembers a question; returns how many different ones were asked of this study."""
    questions_of = st.session_state.setdefault("asked", {})
    questions = questions_of.setdefault(study, set())
    questions.add(repr(sorted(question.items(), key=str)))
    return len(questions)


def _question(study_runs: StudyRuns) -> Question | None:
    """Draws the controls; returns the question that they spell, as a study file would have it.

    Returns None where there is nothing to ask, or where what was typed in is no question.
    """
    measured = metrics(study_runs)
    if not measured:
        st.info("Nothing was measured yet.")
        return None
    columns = st.columns(3)
    with columns[0]:
        metric = choose("Metric", "metric", measured, names=titles_of(study_runs, measured))
    paths = factors(study_runs)
    for path in dimensions(study_runs, metric):
        if len(levels_in(study_runs, path)) > 1:
            paths.append(path)
    if not paths:
        st.info(
            "Nothing varies over the trials of this study but seeds and folds, so there is nothing "
            "to compare."
        )
        return None
    names = titles_of(study_runs, paths)
    with columns[1]:
        by = choose("By", "by", paths, names=names)
    levels = levels_in(study_runs, by)
    with columns[2]:
        level_titles = level_names(study_runs, by)
        against = choose("Against", "against", [EACH_OTHER, *levels], names=level_titles)
    columns = st.columns(3)
    strata = [path for path in paths if path != by]
    with columns[0]:
        within = choose("Separately for each", "within", [NOTHING, *strata], names=names)
    with columns[1]:
        help = "What is one independent repetition?"
        unit = choose("Unit of replication", "unit", facts(study_runs).units, help=help)
    with columns[2]:
        margin = _margin_input()
    question: Question = {"name": f"{metric} by {by}", "metric": metric, "by": by, "unit": unit}
    question.update(_statistics(is_equivalence=bool(margin)))
    question["where"] = _where(study_runs, [path for path in paths if path not in (by, within)])
    if against != EACH_OTHER:
        question["against"] = against
    if within != NOTHING:
        question["within"] = [within]
    if margin:
        if not _is_positive_number(margin):
            st.info("The margin should be a number above 0, such as 0.01.")
            return None
        question["margin"] = float(margin)
    return question


def _margin_input() -> str:
    """Draws the field of the margin, without which differences are tested."""
    return st.text_input(
        "Margin of equivalence",
        key="margin",
        bind="query-params",
        placeholder="none",
        help="How large a difference still counts as none, in the metric's own unit.",
    )


def _is_positive_number(text: str) -> bool:
    try:
        return float(text) > 0
    except ValueError:
        return False


def _statistics(is_equivalence: bool) -> dict[str, str]:
    """Draws the test, the effect, the interval and the correction; the first two may be left out.

    What is left out is chosen by the design.
    """
    tests = []
    for name, component in catalogue("test").items():
        compares_groups = component.facts.groups != 1 and not component.facts.ordered
        if compares_groups and name.startswith("equivalence") == is_equivalence:
            tests.append(name)
    with st.expander("Statistics"):
        columns = st.columns(4)
        with columns[0]:
            test = choose("Test", "test", [BY_DESIGN, *tests])
        with columns[1]:
            effect = choose("Effect", "effect", [BY_DESIGN, *catalogue("effect")])
        with columns[2]:
            interval = choose("Interval", "interval", catalogue("interval"), start="t")
        with columns[3]:
            correct = choose("Correction", "correct", catalogue("correction"), start="holm")
    options = {"interval": interval, "correct": correct}
    if test != BY_DESIGN:
        options["test"] = test
    if effect != BY_DESIGN:
        options["effect"] = effect
    return options


def _where(study_runs: StudyRuns, paths: list[str]) -> dict[str, str]:
    """Draws a list of levels for each path; returns those that the question is narrowed down to."""
    if not paths:
        return {}
    count = count_filters(f"only-{path}" for path in paths)
    title = f"Only at ({count} set)" if count else "Only at"
    where = {}
    with st.expander(title, expanded=bool(count)):
        columns = st.columns(min(3, len(paths)))
        for i, path in enumerate(paths):
            levels = levels_in(study_runs, path)
            with columns[i % len(columns)]:
                title = title_of(study_runs, path)
                names = level_names(study_runs, path)
                level = choose(title, f"only-{path}", [ANY, *levels], names=names)
            if level != ANY:
                where[path] = level
    return where


draw_framed(page)
