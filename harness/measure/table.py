"""Rows -> the tidy table, and the means that MLflow gets."""

import pandas as pd

from harness.measure.rows import Row
from harness.spec.catalogue import catalogue
from harness.spec.naming import level_name
from harness.spec.values import Part, Trial


def tidy(trial: Trial, rows: list[Row]) -> pd.DataFrame:
    """Rows with the units that they belong to."""
    fold = trial.fit.fold
    table = [
        {
            "metric": row.metric,
            "value": row.value,
            "image": row.image,
            "group": row.group,
            "seed": trial.fit.seed,
            "fold": None if fold is None else fold[0],
            **row.dimensions,
        }
        for row in rows
    ]
    return pd.DataFrame(
        table, columns=None if table else ["metric", "value", "image", "group", "seed", "fold"]
    )


def means(table: pd.DataFrame, probes: list[Part]) -> dict[str, float]:
    """The mean of each metric, and of each combination of its dimensions: swd/gradient/wasserstein."""
    declared = [d for p in probes for d in catalogue("probe")[p.name].facts.dimensions]
    paths = [
        path
        for path in dict.fromkeys([*declared, *table.columns])
        if path in table and path not in ABOUT
    ]
    columns = [[level_name(value) for value in table[path]] for path in paths]
    names = [
        "/".join([metric, *(_legal(text) for text in levels if text != "none")])[:250].rstrip("/")
        for metric, *levels in zip(table["metric"], *columns, strict=True)
    ]
    found = (
        table["value"].astype(float).groupby(pd.Series(names, index=table.index, dtype=str)).mean()
    )
    return {str(name): float(value) for name, value in found.items()}


ABOUT = ("metric", "value", "image", "group", "seed", "fold")


def _legal(text: str) -> str:
    """A level as a part of a metric's name that MLflow takes."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "_-. ") else "_" for c in text)
    return kept if kept.strip(".") else "_" * max(1, len(kept))
