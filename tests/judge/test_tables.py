"""A table of a study is the paper's: cells are means over units, beside the published numbers."""

import math
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.judge.tables import Entry, tabulate
from harness.report.paper_tables_text import tables_markdown
from harness.study.load import load_study
from tests.judge.attributed import (
    NUMBERS,
    TABLE,
    all_entries,
    attributed_results,
    entry_at,
    study_of,
)

pytestmark = pytest.mark.usefixtures("attributed_probe")


def test_a_cell_is_a_mean_over_seeds_of_the_mean_over_images(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    (table,) = tabulate(study, *attributed_results(study), {"swd", "fwd"})
    assert table.rows == (
        ("Lucchi", "Non-pretrained"),
        ("Lucchi", "ImageNet"),
        ("SNEMI", "Non-pretrained"),
        ("SNEMI", "ImageNet"),
    )
    columns = [(column.metric, *column.levels) for column in table.columns]
    assert columns == list(product(("swd", "fwd"), ("Foreground", "Full Output")))
    entry = entry_at(table, ("SNEMI", "ImageNet"), "swd", "Foreground")
    values = [np.mean([10.0 + seed, 10.1 + seed]) for seed in range(3)]
    assert entry.mean == pytest.approx(np.mean(values))
    deviation = np.std(values, ddof=1)
    assert entry.se == pytest.approx(deviation / math.sqrt(3))
    assert entry.n == 3
    assert entry.units == ("seed 0", "seed 1", "seed 2")
    assert entry.published == 30.555
    assert entry.published_se == 0.5
    assert entry.written == "30.555 ± 0.5"
    assert entry_at(table, ("SNEMI", "ImageNet"), "fwd", "Foreground").written == ""
    best = [entry.best for entry in all_entries(table)]
    assert best == ([True] * 4 + [False] * 4) * 2  # less is better: the unpretrained of each group
    assert table.remark == "A paper. A misprint."
    assert table.notes == ()


def test_one_distance_is_chosen_and_others_are_not_averaged_in_silence(tmp_path: Path) -> None:
    study = study_of(tmp_path, TABLE.replace("    where: {distance: wasserstein}\n", ""))
    (table,) = tabulate(study, *attributed_results(study))
    assert entry_at(table, ("SNEMI", "ImageNet"), "swd", "Foreground").mean == pytest.approx(
        11.05 + 1
    )
    assert table.notes == ("averaged over distance (2 levels)",)


def test_what_did_not_run_or_failed_is_a_dash_and_is_told(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    ended = {("Lucchi", seed): "missing" for seed in range(3)}
    ended.update({("SNEMI", 1): "failed", ("SNEMI", 2): "diverged"})
    (table,) = tabulate(study, *attributed_results(study, ended))
    assert entry_at(table, ("Lucchi", "ImageNet"), "swd", "Foreground") == Entry()
    entry = entry_at(table, ("SNEMI", "ImageNet"), "swd", "Foreground")
    assert entry.n == 1
    assert math.isnan(entry.se)
    assert entry.mean == pytest.approx(10.05)
    assert table.notes == (
        "of 12 trials 2 diverged, 2 failed, 6 missing: their seeds are in no cell",
        "the means are of the trials that did not diverge, which flatters them",
    )
    assert "| Lucchi | Non-pretrained | – *–* | – *–* |" in tables_markdown([table])


def test_before_anything_ran_there_is_the_published_table(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    (table,) = tabulate(study, pd.DataFrame(), pd.DataFrame(columns=["run", "metric", "value"]))
    assert len(table.rows) == 4
    assert {c.levels for c in table.columns} == {("Foreground",), ("Full Output",)}
    assert entry_at(table, ("SNEMI", "ImageNet"), "swd", "Full Output").written == "32.060"
    bare = study_of(tmp_path, TABLE.replace("    published: numbers.csv\n", ""))
    (table,) = tabulate(bare, pd.DataFrame(), pd.DataFrame(columns=["run", "metric", "value"]))
    assert all(entry == Entry() for entry in all_entries(table))


def test_metrics_without_columns_and_pooled_images(tmp_path: Path) -> None:
    tables = "tables:\n  - {name: T, rows: [fit.method.loss], metrics: [dice, iou], unit: image}\n"
    study = study_of(tmp_path, tables)
    (table,) = tabulate(study, *attributed_results(study))
    assert [(c.metric, c.levels) for c in table.columns] == [("dice", ()), ("iou", ())]
    assert entry_at(table, ("ImageNet",), "dice").n == 2 * 2 * 3  # images, data sets, networks
    assert "averaged over fit.train_on" in table.notes
    assert any("say nothing of another training" in note for note in table.notes)


def test_where_chooses_among_published_numbers_too(tmp_path: Path) -> None:
    numbers = "SNEMI,Non-pretrained,Foreground,swd,9,\nKasthuri,ImageNet,Foreground,swd,8,\n"
    only = "{fit.train_on: SNEMI, distance: wasserstein, map: [Foreground, Occlusion]}"
    tables = TABLE.replace("rows: [fit.train_on, ", "rows: [")
    tables = tables.replace("{distance: wasserstein}", only)
    study = study_of(tmp_path, tables, NUMBERS + numbers)
    (table,) = tabulate(study, *attributed_results(study))
    assert table.rows == (("Non-pretrained",), ("ImageNet",))
    written = [entry.written for entry in all_entries(table)]
    assert written == ["9", "", "30.555 ± 0.5", ""]
    assert [c.levels for c in table.columns] == [("Foreground",)] * 2
    entry = entry_at(table, ("ImageNet",), "swd", "Foreground")
    assert entry.mean == pytest.approx(11.05)
    assert entry.n == 3


def test_a_table_is_inherited_with_its_numbers(tmp_path: Path) -> None:
    (tmp_path / "paper").mkdir()
    study_of(tmp_path)
    child = tmp_path / "paper" / "child.yaml"
    child.write_text("extends: ../study.yaml\nname: child\n")
    ((table, published),) = load_study(child).tables
    assert table.name == "Table 4"
    assert len(published.numbers) == 2
