"""The page Run: everything about one run, and only the files that are its own."""

import sqlite3
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from PIL import Image

from dashboard.read.database import Unreadable
from dashboard.read.records import runs_of
from dashboard.read.run_files import folder_of, sizes_of_files, text_of
from harness.store import Home
from tests.dashboard.pages import open_page, text_of_page, without_failure
from tests.dashboard.studies import STARTS, better_with_batch
from tests.made.recorded import figures_of, fill, scores, study_at


def test_filters_narrow_down(at_home: Home) -> None:
    app = open_page("6_run", study="starts")
    assert "36" in app.selectbox(key="run").label
    app.selectbox(key="fit.batch").select("4")
    without_failure(app.run())
    assert "12" in app.selectbox(key="run").label
    assert app.query_params["fit.batch"] == "4"


def values_in(frames: list[pd.DataFrame], column: str) -> set[str]:
    """Returns what stands in a column, over all tables that have it."""
    values: set[str] = set()
    for frame in frames:
        if column in frame:
            values.update(frame[column])
    return values


def test_a_run_shows_everything(at_home: Home) -> None:
    app = open_page("6_run", study="tiny")
    text = text_of_page(app)
    assert "Fits, each standing on those below it" in text
    frames = [frame.value for frame in app.dataframe]
    assert "loss/net" in values_in(frames, "metric") or "loss" in text
    assert "Dice" in values_in(frames, "metric")
    assert "dice" in values_in(frames, "in a study file")
    assert "fit.method.lr" in values_in(frames, "setting")
    assert "rows.parquet" in values_in(frames, "file")
    assert "train" in values_in(frames, "used to")
    assert app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")


def test_a_failed_run_shows_its_error(at_home: Home) -> None:
    failed = next(run for run in runs_of("starts").recorded if run.state == "failed")
    app = open_page("6_run", study="starts")
    app.selectbox(key="run").select(failed.id)
    without_failure(app.run())
    assert "no such layer" in app.error[0].value


def test_what_cannot_be_read_or_lies_elsewhere_is_not_opened(home: Home, tmp_path: Path) -> None:
    study = study_at(home, STARTS)
    ids = fill(home, study, scores(better_with_batch))
    folder = figures_of(home, study, ids[0])
    (folder / "prediction-one.png").write_bytes(b"no picture")
    assert "cannot be read" in text_of_page(open_page("5_images"))
    (folder / "prediction-one.png").unlink()
    secret = tmp_path / "secret.png"
    Image.new("RGB", (4, 4)).save(secret)
    (folder / "prediction-two.png").symlink_to(secret)
    assert "lies outside of" in text_of_page(open_page("5_images"))
    runs = {run.id: run for run in runs_of("starts").recorded}
    run = runs[ids[0]]
    assert sizes_of_files(run) == {}
    with pytest.raises(Unreadable, match="outside"):
        text_of(run, "../../../../../secret.png")
    with sqlite3.connect(home.database) as db:
        db.execute("UPDATE runs SET artifact_uri = 'file:///etc' WHERE run_uuid = ?", (ids[0],))
    st.cache_resource.clear()
    (run,) = [run for run in runs_of("starts").recorded if run.id == ids[0]]
    with pytest.raises(Unreadable, match="outside"):
        folder_of(run)
    assert "passwd" not in text_of_page(open_page("6_run"))
