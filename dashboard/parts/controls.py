"""What all pages share: the study that is looked at, filters in the URL, the choice of a run."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd
import streamlit as st

from dashboard.ask.facts import as_factors, facts
from dashboard.ask.names import level_names, title_of
from dashboard.parts.text import plain
from dashboard.read.database import Unreadable
from dashboard.read.overview import overview
from dashboard.read.records import StudyRuns, runs_of
from dashboard.read.study_file import study_of
from harness.run.progress import running
from harness.spec.repetitions import REPETITIONS
from harness.store import Home
from harness.study.load import Study

ANY = "any"


def choose(
    label: str,
    key: str,
    options: Iterable[str],
    *,
    start: str | None = None,
    help: str | None = None,
    names: dict[str, str] | None = None,
    always: bool = False,
) -> str:
    """Draws a list of options; the URL keeps the choice unless it is what the page starts with.

    What a link asks for and is not there is named, beside what stands instead.
    """
    values = list(options)
    usual = start if start in values else values[0]
    missing = missing_in_url(key, values)
    if st.session_state.get(key) not in values:
        in_url = st.query_params.get(key)
        st.session_state[key] = in_url if in_url in values else usual
    name_of = names or {}
    choice = st.selectbox(
        label,
        values,
        key=key,
        help=help,
        persist_state="session",
        format_func=lambda option: name_of.get(option, option),
    )
    if missing is not None:
        st.warning(
            f"The link asks for {plain(missing)}, which is not here; this is "
            f"{plain(name_of.get(choice, choice))}."
        )
    if choice != usual or always:
        st.query_params[key] = choice
    elif key in st.query_params:
        del st.query_params[key]
    return str(choice)


def missing_in_url(key: str, values: Sequence[str]) -> str | None:
    """Returns what a link asks for that is not among the values; None once something is chosen."""
    in_url = st.query_params.get(key)
    if key in st.session_state or in_url is None or in_url in values:
        return None
    return in_url


def choose_anew(label: str, key: str, values: Sequence[str], names: dict[str, str]) -> None:
    """Draws a list of options of which none is chosen; the page is drawn again with the choice."""

    def remember_choice() -> None:
        st.session_state[key] = st.session_state[f"{key}-anew"]

    st.selectbox(
        label,
        values,
        index=None,
        key=f"{key}-anew",
        placeholder="choose",
        format_func=lambda option: names.get(option, option),
        on_change=remember_choice,
    )


def study_picker() -> str | None:
    """Draws the list of studies in the sidebar; returns None where there is none.

    `Unreadable` where a link asks for a study that is not recorded: no other stands in for it.
    """
    studies = [summary.name for summary in overview()]
    for progress, alive in running(Home.here()):
        if alive and progress.study not in studies:
            studies.append(progress.study)
    if not studies:
        return None
    missing = missing_in_url("study", studies)
    if missing is None:
        return choose("Study", "study", studies, always=True)
    choose_anew("Study", "study", studies, {})
    raise Unreadable(
        f"The link asks for the study {missing}, and nothing is recorded of it here.",
        "Choose another at the left, or start the dashboard in the home that holds it.",
    )


def runs_of_chosen_study() -> StudyRuns:
    """Returns the runs of the study that is looked at; `Unreadable` where none has ended."""
    name = st.session_state.get("study")
    if not name:
        raise Unreadable("No study is chosen.", "Choose one at the left.")
    study_runs = runs_of(str(name))
    if not study_runs.recorded:
        raise Unreadable(
            f"No trial of {name} has ended yet.",
            "The page Studies shows how far it is; what has ended appears here when the page is "
            "loaded again.",
        )
    return study_runs


def heading(title: str, study_runs: StudyRuns) -> None:
    """Writes the title of a page, and the study that it is about."""
    st.header(title, anchor=False)
    st.caption(plain(study_runs.name))


def show_problem(error: Unreadable) -> None:
    """Says what is missing, and what to do about it."""
    st.info(f"**{plain(error.problem)}**\n\n{error.remedy}")


def study_or_problem(study_runs: StudyRuns) -> Study | None:
    """Returns the study file behind the runs; where there is none, the page says so and goes on."""
    try:
        study = study_of(study_runs)
        planned = facts(study_runs).planned
    except Unreadable as error:
        show_problem(error)
        return None
    runs = study_runs.runs
    # a search that goes on has planned nothing that it could be too old for
    if planned and planned.isdisjoint(runs["trial"].to_numpy()):
        st.warning(
            f"All {len(runs):,} runs are of an earlier version of this study or of its "
            "components, so none of them counts. `harness plan` says what changed; `harness run` "
            "measures again."
        )
    return study


def without_old_versions(study_runs: StudyRuns) -> StudyRuns:
    """Leaves out the runs of earlier versions of the study, as long as there are any others."""
    try:
        planned = facts(study_runs).planned
    except Unreadable:
        return study_runs
    recorded = study_runs.runs["trial"].to_numpy()
    if planned.issuperset(recorded) or planned.isdisjoint(recorded):
        return study_runs
    current = study_runs.runs[study_runs.runs["trial"].isin(planned)]
    rows = study_runs.rows[study_runs.rows["run"].isin(set(current["run"]))]
    return replace(study_runs, runs=current, rows=rows)


def count_filters(keys: Iterable[str]) -> int:
    """Counts the filters with these keys that are set, in the URL or on the page."""
    count = 0
    for key in keys:
        if key in st.query_params or st.session_state.get(key, ANY) != ANY:
            count += 1
    return count


def filter_runs(study_runs: StudyRuns, excluded: Iterable[str] = ()) -> pd.DataFrame:
    """Draws a filter for each setting that varies; returns the runs that are left."""
    runs = study_runs.runs
    paths = _filter_paths(study_runs, excluded)
    count = count_filters(paths)
    title = f"Filter ({count} set)" if count else "Filter"
    with st.expander(title, expanded=bool(count)):
        columns = st.columns(min(3, max(1, len(paths))))
        for i, path in enumerate(paths):
            levels = sorted(map(str, study_runs.runs[path].dropna().unique()), key=_numbers_first)
            with columns[i % len(columns)]:
                names = level_names(study_runs, path, levels)
                title = title_of(study_runs, path)
                level = choose(title, path, [ANY, *levels], names=names)
            if level != ANY:
                runs = runs[runs[path] == level]
    return runs


def _filter_paths(study_runs: StudyRuns, excluded: Iterable[str]) -> list[str]:
    """Returns the settings that can be filtered by: factors, seeds and folds that vary."""
    axes = study_runs.axes
    seeds = [path for path in REPETITIONS if path in axes]
    runs = study_runs.runs
    paths = []
    for path in [*as_factors(axes), *seeds]:
        if path not in excluded and path in runs and runs[path].nunique() > 1:
            paths.append(path)
    return paths


def _numbers_first(level: str) -> tuple[float, str]:
    """Orders levels: numbers by size, then everything else by name."""
    try:
        return float(level), level
    except ValueError:
        return math.inf, level
