"""Figures of one run, of two side by side, or of the same cases in every arm."""

import streamlit as st

from dashboard.draw.pictures import overlay, panels
from dashboard.parts.case_grid import show_case_grid
from dashboard.parts.controls import (
    choose,
    filter_runs,
    heading,
    runs_of_chosen_study,
    show_problem,
)
from dashboard.parts.frame import draw_framed
from dashboard.parts.outputs import download_button
from dashboard.parts.run_choice import pick_run, run_with_id
from dashboard.parts.text import plain
from dashboard.read.database import Unreadable
from dashboard.read.run_files import figures_of, read_picture
from harness.record.database import Run
from harness.report.kept_pictures import PANELS, Picture, caption_in

ONE = "one run"
TWO = "two side by side"
GRID = "arms × cases"
WIDE = 500  # pixels; a picture that is narrower is not drawn larger


def page() -> None:
    """Draws the figures of the runs that are chosen."""
    study_runs = runs_of_chosen_study()
    heading("Images", study_runs)
    runs = filter_runs(study_runs)
    finished = runs[runs["state"] == "finished"]
    mode = st.segmented_control(
        "Runs",
        [ONE, TWO, GRID],
        default=ONE,
        key="runs",
        bind="query-params",
        label_visibility="collapsed",
        required=True,
    )
    if mode == GRID:
        show_case_grid(study_runs, finished)
        return
    if mode == TWO:
        columns = st.columns(2)
        with columns[0]:
            ids = [pick_run(finished, "Run A", "run")]
        with columns[1]:
            ids.append(pick_run(finished, "Run B", "other", start=1))
    else:
        ids = [pick_run(finished, "Run", "run")]
    picked_runs = [run_with_id(study_runs, id) for id in ids if id is not None]
    if len(picked_runs) == len(ids):
        _figures(picked_runs)


def _figures(runs: list[Run]) -> None:
    """Shows a figure that all of these runs have, and buttons that save it."""
    figures = [figures_of(run) for run in runs]
    names = [name for name in figures[0] if name in figures[-1]]
    if not names:
        st.info(_no_figure(runs))
        return
    name = choose(f"Figure ({len(names)})", "figure", names)
    try:
        pictures = [panels(name, read_picture(paths[name])) for paths in figures]
    except Unreadable as error:
        show_problem(error)
        return
    if len(runs) == 1:
        _single(pictures[0])
    else:
        _side_by_side(runs, pictures)
    caption = caption_in(figures[0][name])
    if caption:
        st.caption(plain(caption))
    for run, paths in zip(runs, figures, strict=True):
        file = f"{name}.png"
        download_button(
            f"{file} of {run.name}" if len(runs) > 1 else file,
            paths[name].read_bytes,
            f"{run.id[:8]}-{file}",
            "image/png",
            key=f"png-{run.id}",
        )


def _no_figure(runs: list[Run]) -> str:
    if len(runs) > 1:
        problem = "These runs have no figure in common."
    else:
        problem = "This run has no figures."
    return f"{problem} A probe draws them: `probes: [segmentation]`, say, with `figures: 3`."


def _single(picture: dict[str, Picture]) -> None:
    """Shows a figure of one run: its panels beside each other, or the whole picture."""
    if len(picture) == 1:
        name, pixels = next(iter(picture.items()))
        is_wide = pixels.shape[1] > WIDE
        st.image(pixels, caption=plain(name), width="stretch" if is_wide else WIDE)
        return
    columns = st.columns(len(picture))
    for column, (panel, pixels) in zip(columns, picture.items(), strict=True):
        column.image(pixels, caption=panel, width="stretch")
    st.caption("Error: missed in orange, invented in blue.")


def _side_by_side(runs: list[Run], pictures: list[dict[str, Picture]]) -> None:
    """Shows a figure of two runs, panel by panel where both have panels."""
    if not all(set(picture) == set(PANELS) for picture in pictures):
        for column, run, picture in zip(st.columns(2), runs, pictures, strict=True):
            pixels = next(iter(picture.values()))
            column.image(pixels, caption=plain(run.name), width="stretch")
        return
    selection = st.pills(
        "Panels",
        PANELS,
        selection_mode="multi",
        default=["prediction", "error"],
        key="panels",
    )
    for panel in selection or []:
        for column, run, picture in zip(st.columns(2), runs, pictures, strict=True):
            caption = f"{panel} of {plain(run.name)}"
            column.image(picture[panel], caption=caption, width="stretch")
    _differences(runs, pictures)


def _differences(runs: list[Run], pictures: list[dict[str, Picture]]) -> None:
    """Shows the errors of two runs over the input, where both are of the same size."""
    first, second = pictures
    if first["error"].shape != second["error"].shape:
        return
    st.subheader("Where they differ", anchor=False)
    left, right = st.columns([2, 1])
    left.image(overlay(first["input"], first["error"], second["error"]), width="stretch")
    right.markdown(
        f"**Errors over the input.** Orange: only A, {plain(runs[0].name)}. "
        f"Light blue: only B, {plain(runs[1].name)}. Pink: both."
    )


draw_framed(page)
