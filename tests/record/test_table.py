"""The table of a study has every trial and every image."""

from pathlib import Path

from harness.record.table import table
from harness.store import Home
from tests.made.studies import run_study, tracker_of


def test_the_table_has_every_image_of_every_run(home: Home, tiny: Path) -> None:
    run_study(tiny, home)
    runs, rows = table(tracker_of(home), "tiny")
    assert len(runs) == 4
    assert set(runs["fit.method.loss"]) == {"bce_dice", "ce"}
    per_image = rows[rows.metric == "dice"]
    images = per_image.image.nunique()
    assert per_image.groupby("run").image.nunique().tolist() == [images] * 4
