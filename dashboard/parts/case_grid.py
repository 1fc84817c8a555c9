"""A grid of images: the same cases in every arm, with truth and prediction laid over them."""

import io
from itertools import chain

import numpy as np
import pandas as pd
import streamlit as st
from PIL import Image

from dashboard.ask.cases import PREDICTION, ArmsOfCases, arms_alike, cases_of
from dashboard.ask.facts import settings
from dashboard.ask.names import level_names, titles_of
from dashboard.draw.case_pictures import OVERLAYS, case_picture
from dashboard.draw.pictures import panels
from dashboard.parts.controls import choose, show_problem
from dashboard.parts.outputs import download_button
from dashboard.parts.run_choice import run_with_id
from dashboard.parts.run_links import show_links
from dashboard.parts.text import plain
from dashboard.read.database import Unreadable
from dashboard.read.records import StudyRuns
from dashboard.read.run_files import figures_of, read_picture
from harness.record.database import Run
from harness.report.kept_pictures import PANELS, Picture

FEW_CASES = 4  # that the grid starts with
WIDTH = 180  # pixels of a picture on the page
WIDTH_OF_FEW = 280  # where there are two cases at most
GAP = 6  # pixels between the pictures of a file

Rows = dict[str, list[Picture]]  # the pictures of each arm, a case each


def show_case_grid(study_runs: StudyRuns, runs: pd.DataFrame) -> None:
    """Draws a row for each level of a factor and a picture for each case."""
    factors = [path for path in settings(study_runs) if path in runs]
    if runs.empty or not factors:
        st.info("Arms need a factor that varies, and runs that have finished.")
        return
    columns = st.columns(2)
    with columns[0]:
        factor = choose("Arms", "arms", factors, names=titles_of(study_runs, factors))
    alike = {arms.name: arms for arms in arms_alike(study_runs, runs, factor)}
    if not alike:
        st.info("No finished run has a level of this factor.")
        return
    with columns[1]:
        arms = alike[choose("The same in every arm", "alike", alike)]
    try:
        _grid(study_runs, arms)
    except Unreadable as error:
        show_problem(error)


def _grid(study_runs: StudyRuns, arms: ArmsOfCases) -> None:
    """Draws the grid of the runs that are alike but for the factor."""
    runs = {level: run_with_id(study_runs, id) for level, id in arms.runs.items()}
    names = cases_of(list(runs.values()))
    if not names:
        st.info(
            "These runs have no picture of a prediction in common. "
            "`probes: [{name: segmentation, figures: 3}]` draws them."
        )
        return
    cases = st.multiselect(
        "Cases",
        names,
        default=names[:FEW_CASES],
        key=f"cases-{study_runs.name}",
        format_func=lambda name: name.removeprefix(f"{PREDICTION}-"),
    )
    overlays = st.pills(
        "Over the image", OVERLAYS, selection_mode="multi", default=OVERLAYS[:2], key="overlays"
    )
    rows = _rows(runs, cases, list(overlays or []))
    titles = level_names(study_runs, arms.factor, rows)
    width = WIDTH if len(cases) > 2 else WIDTH_OF_FEW
    for level, pictures in rows.items():
        st.markdown(f"**{plain(titles[level])}**")
        with st.container(horizontal=True, gap="small"):
            for case, picture in zip(cases, pictures, strict=True):
                caption = plain(case.removeprefix(f"{PREDICTION}-"))
                st.image(picture, caption=caption, width=width)
    st.caption(
        "Truth is outlined in white; the prediction is tinted in the colours of its classes; what "
        "it missed is orange, what it invented blue."
    )
    download_button(
        "the grid as PNG",
        lambda: _png_of(rows),
        f"{study_runs.name}-cases.png",
        "image/png",
        key="png-of-grid",
    )
    show_links(study_runs, list(runs.values()))


def _rows(runs: dict[str, Run], cases: list[str], overlays: list[str]) -> Rows:
    """Returns the pictures of the cases in each arm, with what is laid over them."""
    rows: Rows = {}
    for level, run in runs.items():
        figures = figures_of(run)
        pictures = []
        for case in cases:
            cut = panels(case, read_picture(figures[case]))
            if set(cut) == set(PANELS):
                pictures.append(case_picture(cut, overlays))
            else:
                pictures.append(next(iter(cut.values())))
        rows[level] = pictures
    return rows


def _png_of(rows: Rows) -> bytes:
    """Returns the grid as the bytes of a PNG, a row for each arm in the order of the page."""
    pictures = list(chain.from_iterable(rows.values()))
    height = max(picture.shape[0] for picture in pictures) + GAP
    width = max(picture.shape[1] for picture in pictures) + GAP
    across = max(map(len, rows.values()))
    size = (height * len(rows) - GAP, width * across - GAP, 3)
    canvas = np.full(size, 255, np.uint8)
    for down, row in enumerate(rows.values()):
        for column, picture in enumerate(row):
            top = down * height
            left = column * width
            rows_of_picture, columns_of_picture = picture.shape[:2]
            target = canvas[top : top + rows_of_picture, left : left + columns_of_picture]
            target[:] = picture
    raw = io.BytesIO()
    Image.fromarray(canvas).save(raw, format="PNG")
    return raw.getvalue()
