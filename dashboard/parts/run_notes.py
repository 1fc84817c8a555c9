"""A star and a note on a run, which the reader may change."""

from functools import partial

import streamlit as st

from dashboard.parts.text import plain
from dashboard.read.notes import LONGEST_NOTE, NO_NOTE, RunNote, file_of_notes, keep_notes, notes_of
from harness.record.database import Run


def show_note(study: str, run: Run) -> None:
    """Draws the star and the note of a run as fields that keep what is put into them."""
    note = notes_of(study).get(run.key, NO_NOTE)
    keep = partial(_keep, study, run)
    star, text = st.columns([1, 5], vertical_alignment="bottom")
    with star:
        st.toggle("★ star", value=note.star, key=f"star-{run.id}", on_change=keep)
    with text:
        st.text_input(
            "Note",
            value=note.text,
            key=f"note-{run.id}",
            on_change=keep,
            max_chars=LONGEST_NOTE,
            placeholder="what should not be forgotten of this run",
            help=f"Kept in {plain(str(file_of_notes(study)))}, beside the records, not in them.",
        )
    problem = st.session_state.pop("note-problem", None)
    if problem is not None:
        st.warning(plain(problem))


def _keep(study: str, run: Run) -> None:
    """Keeps what stands in the fields; what went wrong is said when the page is drawn again."""
    star = bool(st.session_state[f"star-{run.id}"])
    text = str(st.session_state[f"note-{run.id}"]).strip()
    problem = keep_notes(study, {run.key: RunNote(star, text)})
    if problem is not None:
        st.session_state["note-problem"] = problem
