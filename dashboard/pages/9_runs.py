"""All runs of a study as a table: sort, columns, groups, filters, stars, CSV."""

from functools import partial

import pandas as pd
import streamlit as st

from dashboard.ask.facts import settings
from dashboard.ask.names import level_names, titles_of
from dashboard.ask.run_table import (
    RUN,
    STAR,
    first_columns,
    grouped_table,
    rows_with_text,
    run_table,
)
from dashboard.parts.controls import choose, filter_runs, heading, runs_of_chosen_study
from dashboard.parts.frame import draw_framed
from dashboard.parts.outputs import csv_button, show_table
from dashboard.parts.run_links import runs_with_ids, show_links
from dashboard.parts.text import plain
from dashboard.read.notes import NO_NOTE, RunNote, keep_notes, notes_of
from dashboard.read.records import StudyRuns
from harness.record.database import Run
from harness.report.formats import csv_of_frame
from harness.spec.naming import is_number

STARRINGS = "starrings"  # how often stars were given or taken, in the state of the session
EACH_RUN = "–"
ALL = "all"


def page() -> None:
    """Draws the table of the runs that are left by the filters."""
    study_runs = runs_of_chosen_study()
    heading("Runs", study_runs)
    table = _rows(study_runs)
    titles = titles_of(study_runs, table.columns)
    columns = _columns(study_runs, table, titles)
    paths = settings(study_runs)
    names = titles_of(study_runs, paths)
    grouping = choose("Group by", "group", [EACH_RUN, *paths], names=names)
    if table.empty:
        st.info("No run is left. Set a filter back to any.")
        return
    if grouping == EACH_RUN:
        _each_run(study_runs, table, columns, titles)
        return
    name = f"{study_runs.name} by {grouping}"
    csv = csv_of_frame(grouped_table(table, grouping, columns))
    readable = _readable(study_runs, table, titles)
    titles_of_columns = [titles[column] for column in columns]
    grouped = grouped_table(readable, titles[grouping], titles_of_columns)
    show_table(grouped, name, "groups", csv=csv)
    st.caption(f"Over {len(table):,} runs; a run counts once, however much it has measured.")


def _rows(study_runs: StudyRuns) -> pd.DataFrame:
    """Draws the filters; returns the rows that are left."""
    table = run_table(study_runs, filter_runs(study_runs))
    find, state, star = st.columns([3, 2, 2], vertical_alignment="bottom")
    with find:
        text = st.text_input(
            "Find", key="find", bind="query-params", placeholder="a name, an id, a note"
        )
    with state:
        level = choose("State", "state", [ALL, *sorted(table["state"].unique())])
    with star:
        only_stars = st.toggle("only ★", key="stars", bind="query-params")
    if level != ALL:
        table = table[table["state"] == level]
    if only_stars:
        table = table[table[STAR]]
    return rows_with_text(table, text)


def _columns(study_runs: StudyRuns, table: pd.DataFrame, titles: dict[str, str]) -> list[str]:
    """Draws the list of columns; returns those that are chosen."""
    return st.multiselect(
        "Columns",
        [column for column in table.columns if column not in (RUN, "name")],
        default=first_columns(study_runs, table),
        key=f"columns-{study_runs.name}",
        format_func=lambda column: titles[column],
    )


def _readable(study_runs: StudyRuns, table: pd.DataFrame, titles: dict[str, str]) -> pd.DataFrame:
    """Returns the table with its columns and the levels of the settings as people read them."""
    columns = {}
    for path in settings(study_runs):
        if path in table and not table[path].dropna().map(is_number).all():
            levels = table[path].dropna().unique()
            columns[path] = table[path].map(level_names(study_runs, path, levels))
    return table.assign(**columns).rename(columns=titles)


def _each_run(
    study_runs: StudyRuns, table: pd.DataFrame, columns: list[str], titles: dict[str, str]
) -> None:
    """Draws a row for each run; what is marked is linked, and can be starred."""
    names = [titles[column] for column in ("name", *columns)]
    frame = _readable(study_runs, table, titles)[names]
    number = st.column_config.NumberColumn(format="%.4g")
    floats = frame.select_dtypes("float").columns
    event = st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        key=f"run-table-{st.session_state.get(STARRINGS, 0)}",
        on_select="rerun",
        selection_mode="multi-row",
        column_config=dict.fromkeys(floats, number),
    )
    marked = table.iloc[event["selection"]["rows"]]
    csv_button(partial(csv_of_frame, table), f"{study_runs.name}-runs", "runs")
    if marked.empty:
        st.caption(
            f"{len(table):,} of {len(study_runs.runs):,} runs. A click on the head of a column "
            "sorts by it; mark rows at their left to open, compare or star them."
        )
        return
    runs = runs_with_ids(study_runs, list(marked[RUN]))
    show_links(study_runs, runs)
    _star_button(study_runs.name, runs, is_starred=bool(marked[STAR].all()))


def _star_button(study: str, runs: list[Run], *, is_starred: bool) -> None:
    """Draws a button that gives the marked runs a star, or takes it away from all."""
    label = "take the ★ away" if is_starred else "★ star them"
    keep = partial(_keep_stars, study, runs, star=not is_starred)
    st.button(label, key="star-marked", on_click=keep)
    problem = st.session_state.pop("note-problem", None)
    if problem is not None:
        st.warning(plain(problem))


def _keep_stars(study: str, runs: list[Run], *, star: bool) -> None:
    """Keeps the stars; what went wrong is said when the page is drawn again."""
    notes = notes_of(study)
    changes = {}
    for run in runs:
        text = notes.get(run.key, NO_NOTE).text
        changes[run.key] = RunNote(star, text)
    problem = keep_notes(study, changes)
    if problem is not None:
        st.session_state["note-problem"] = problem
    # Another key makes the table anew, with no row marked: one that is sorted by ★ has its rows in
    # another order now, and the browser would mark what stands where the marked rows stood.
    st.session_state[STARRINGS] = st.session_state.get(STARRINGS, 0) + 1


draw_framed(page)
