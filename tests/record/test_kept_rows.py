"""The rows of a study are kept in one table, which is read instead of the files it came from."""

import os
import struct
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from harness.record import row_files
from harness.record.database import Run
from harness.record.files_of_run import bytes_of_runs
from harness.record.kept_rows import file_of_rows, rows_together
from harness.record.row_files import ROWS, joined_rows
from harness.record.table import frame_of_rows
from harness.record.tracker import Tracker
from harness.spec.states import State
from harness.store import Home
from tests.made.studies import tracker_of


def run_with_rows(home: Home, number: int) -> Run:
    """A run whose trial has a few rows in the store."""
    folder = home.store("trials").path(f"trial{number}")
    folder.mkdir(parents=True)
    columns = {"metric": ["dice", "iou"], "value": [number / 10, number / 20]}
    if number % 2:
        columns["layer"] = ["first", "last"]
    parquet.write_table(pa.table(columns), folder / ROWS)
    id = f"run{number}"
    return Run(id, folder.name, "s", id, "FINISHED", State.FINISHED, 1, 2)


def test_rows_are_kept_and_only_new_files_are_opened(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = tracker_of(home)
    runs = [run_with_rows(home, number) for number in range(6)]
    expected = frame_of_rows(joined_rows(reader, runs))
    assert rows_together(reader, "s", runs[:-2]) is not None
    opened: list[str] = []

    def read_and_note(tracker: Tracker, runs: Sequence[Run], name: str) -> dict[str, bytes]:
        opened.extend(run.key for run in runs)
        return bytes_of_runs(tracker, runs, name)

    monkeypatch.setattr(row_files, "bytes_of_runs", read_and_note)
    os.utime(home.store("trials").path("trial2") / ROWS, ns=(1, 1))
    pd.testing.assert_frame_equal(frame_of_rows(rows_together(reader, "s", runs)), expected)
    assert sorted(opened) == ["trial2", "trial4", "trial5"]
    opened.clear()
    pd.testing.assert_frame_equal(frame_of_rows(rows_together(reader, "s", runs)), expected)
    assert opened == []
    fewer = frame_of_rows(rows_together(reader, "s", runs[1:]))
    assert list(fewer["run"].unique()) == ["run1", "run2", "run3", "run4", "run5"]
    file_of_rows(home, "s").write_bytes(b"no table")
    pd.testing.assert_frame_equal(frame_of_rows(rows_together(reader, "s", runs)), expected)


def test_kept_rows_with_a_flipped_bit_are_read_again(home: Home) -> None:
    reader = tracker_of(home)
    runs = [run_with_rows(home, number) for number in range(6)]
    expected = frame_of_rows(rows_together(reader, "s", runs))
    path = file_of_rows(home, "s")
    raw = bytearray(path.read_bytes())
    values = struct.pack("<d", 0.25)  # dice .5 of the last run, halved in its second row
    assert raw.count(values) == 1
    raw[raw.index(values) + 6] ^= 1
    path.write_bytes(raw)
    pd.testing.assert_frame_equal(frame_of_rows(rows_together(reader, "s", runs)), expected)
    assert path.read_bytes() != bytes(raw)


def test_a_home_that_is_only_read_keeps_rows_in_memory(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = tracker_of(home)
    runs = [run_with_rows(home, number) for number in range(3)]
    (home.hidden / "tables").write_text("no folder can be made here")
    expected = frame_of_rows(rows_together(reader, "s", runs))
    monkeypatch.setattr(row_files, "rows_in", None)
    pd.testing.assert_frame_equal(frame_of_rows(rows_together(reader, "s", runs)), expected)
