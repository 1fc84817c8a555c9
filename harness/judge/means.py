"""The value of a trial: the mean of its rows, the same for a verdict and for a search."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from harness.judge.positions import PART


def means_of_trials(data: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The mean of each trial, over the parts of its network first; `columns` tell trials apart."""
    of_parts = data.groupby([*columns, PART], sort=False)
    parts = of_parts["value"].mean().reset_index()
    if not (parts[PART] != "").any():  # each network is its own and only part
        return parts.drop(columns=PART)
    of_trials = parts.groupby(list(columns), sort=False)
    return of_trials["value"].mean().reset_index()


def values_of_trial(path: Path, metrics: Sequence[str]) -> tuple[float | None, ...]:
    """The value of one trial for each metric, from the file of its rows; None where no row of it is
    a number.
    """
    rows = pd.read_parquet(path)
    values: list[float | None] = []
    for metric in metrics:
        data = rows[rows["metric"] == metric]
        is_finite = np.isfinite(data["value"].astype(float))
        data = data[is_finite].assign(**{PART: "", "run": ""})
        value = None
        if len(data):
            mean = means_of_trials(data, ["run"])
            value = float(mean["value"].iloc[0])
        values.append(value)
    return tuple(values)
