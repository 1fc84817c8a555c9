"""The figures of one run, or of two side by side; opened only when they are looked at."""

import streamlit as st

from dashboard.parts.controls import choose, filters, heading, looked_at, pick_run, run_of, trouble
from dashboard.parts.frame import framed
from dashboard.parts.text import plain
from dashboard.read.records import Found, Unreadable
from dashboard.read.run_files import PANELS, Picture, figures_of, opened, overlay, panels
from harness.record.database import Run

ONE, TWO = "one run", "two side by side"


def page() -> None:
    found = looked_at()
    heading("Images", found)
    runs = filters(found)
    runs = runs[runs["state"] == "finished"]
    how = st.segmented_control("Runs", [ONE, TWO], default=ONE, key="runs", bind="query-params",
                               label_visibility="collapsed", required=True)  # fmt: skip
    columns = st.columns(2) if how == TWO else [st.container()]
    picked: list[Run] = []
    for i, key in enumerate(("run", "other")[: len(columns)]):
        with columns[i]:
            id = pick_run(runs, "Run" if how == ONE else f"Run {'AB'[i]}", key, start=i)
        if id is not None:
            picked.append(run_of(found, id))
    if len(picked) == len(columns):
        _figures(found, picked)


def _figures(found: Found, picked: list[Run]) -> None:
    listed = [figures_of(run) for run in picked]
    names = [name for name in listed[0] if all(name in one for one in listed)]
    if not names:
        both = (
            "These runs have no figure in common."
            if len(picked) > 1
            else "This run has no figures."
        )
        st.info(f"{both} A probe draws them: `probes: [segmentation]`, say, with `figures: 3`.")
        return
    name = choose(f"Figure ({len(names)})", "figure", names)
    try:
        seen = [panels(name, opened(one[name])) for one in listed]
    except Unreadable as error:
        trouble(error)
        return
    if len(seen) == 1:
        _alone(seen[0])
    else:
        _together(picked, seen)
    for run, one in zip(picked, listed, strict=True):
        st.download_button(
            f"{name}.png of {run.name}" if len(picked) > 1 else f"{name}.png", one[name].read_bytes,
            f"{run.id[:8]}-{name}.png", "image/png", key=f"png-{run.id}", on_click="ignore", type="tertiary",
            icon=":material/download:",
        )  # fmt: skip


def _alone(seen: dict[str, Picture]) -> None:
    if len(seen) == 1:
        name, picture = next(iter(seen.items()))
        st.image(picture, caption=plain(name), width="stretch" if picture.shape[1] > 500 else 500)
        return
    for column, (panel, picture) in zip(st.columns(len(seen)), seen.items(), strict=True):
        column.image(picture, caption=panel, width="stretch")
    st.caption("Error: missed in orange, invented in blue.")


def _together(picked: list[Run], seen: list[dict[str, Picture]]) -> None:
    split = all(set(one) == set(PANELS) for one in seen)
    shown = list(seen[0])
    if split:
        shown = (
            st.pills(
                "Panels",
                PANELS,
                selection_mode="multi",
                default=["prediction", "error"],
                key="panels",
            )
            or []
        )
    for panel in shown if split else ["whole"]:
        for column, run, one in zip(st.columns(2), picked, seen, strict=True):
            picture = one[panel] if split else next(iter(one.values()))
            caption = f"{panel} of {plain(run.name)}" if split else plain(run.name)
            column.image(picture, caption=caption, width="stretch")
    if split and seen[0]["error"].shape == seen[1]["error"].shape:
        st.subheader("Where they differ", anchor=False)
        left, right = st.columns([2, 1])
        left.image(overlay(seen[0]["input"], seen[0]["error"], seen[1]["error"]), width="stretch")
        right.markdown(f"**Errors over the input.** Orange: only A, {plain(picked[0].name)}. Light blue: only B, "
                       f"{plain(picked[1].name)}. Pink: both.")  # fmt: skip


framed(page)
