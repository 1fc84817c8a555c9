"""The CSV files of a report hold its numbers to the last digit."""

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from harness.judge.contrasts import Contrast
from harness.report.comparison_tables import arms_csv, contrasts_csv, values_csv
from tests.report.judged import judge_study


def read_csv(text: str) -> pd.DataFrame:
    """Reads a table by numbers to the last digit, which older versions of pandas round."""
    return pd.read_csv(io.StringIO(text), float_precision="round_trip")


def test_csv_round_trips(tmp_path: Path) -> None:
    verdicts = judge_study(tmp_path).verdicts
    contrasts: list[Contrast] = []
    for verdict in verdicts.verdicts:
        contrasts += verdict.contrasts
    table = read_csv(contrasts_csv(verdicts))
    assert table["p"].tolist() == [contrast.p for contrast in contrasts]
    assert table["sentence"].tolist() == [contrast.sentence for contrast in contrasts]
    values = read_csv(values_csv(verdicts))
    arms = read_csv(arms_csv(verdicts))
    means_of_values = values[values.comparison == "start"].groupby("arm")["value"].mean()
    means = arms[arms.comparison == "start"].sort_values("arm")["mean"]
    assert means_of_values.to_numpy() == pytest.approx(means.to_numpy())
    assert arms["failed"].sum() > 0
    lines = list(csv.reader(io.StringIO(contrasts_csv(verdicts))))
    assert len(lines) == len(contrasts) + 1
