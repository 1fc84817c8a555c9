"""Rows -> the tidy table, and the means that MLflow gets."""

import pandas as pd

from harness.measure.rows import Row
from harness.spec.columns import ROW_COLUMNS
from harness.spec.naming import level_name
from harness.spec.values import Part, Trial

LONGEST_NAME = 250  # of a metric in MLflow


def tidy(trial: Trial, rows: list[Row]) -> pd.DataFrame:
    """Returns the rows as a table, with the units that they belong to."""
    fold = None if trial.fit.fold is None else trial.fit.fold[0]
    records = []
    for row in rows:
        values = (row.metric, row.value, row.image, row.group, trial.fit.seed, fold)
        record = dict(zip(ROW_COLUMNS, values, strict=True))
        record.update(row.dimensions)
        records.append(record)
    if not records:
        return pd.DataFrame([], columns=list(ROW_COLUMNS))
    return pd.DataFrame(records)


def means(table: pd.DataFrame, probes: list[Part]) -> dict[str, float]:
    """Returns the mean of each metric and its dimensions: swd/gradient/wasserstein."""
    columns = []
    for path in _dimensions(table, probes):
        columns.append([level_name(value) for value in table[path]])
    names = []
    for metric, *levels in zip(table["metric"], *columns, strict=True):
        words = [metric]
        for level in levels:
            if level != "none":
                words.append(_legal(level))
        name = "/".join(words)[:LONGEST_NAME]
        names.append(name.rstrip("/"))
    by_name = pd.Series(names, index=table.index, dtype=str)
    averages = table["value"].astype(float).groupby(by_name).mean()
    return {str(name): float(value) for name, value in averages.items()}


def _dimensions(table: pd.DataFrame, probes: list[Part]) -> list[str]:
    """Lists the dimensions of a table: those that the probes declare first, in their order."""
    paths: list[str] = []
    for probe in probes:
        paths += probe.component.facts.dimensions
    paths.extend(table.columns)
    dimensions = []
    for path in dict.fromkeys(paths):
        if path in table and path not in ROW_COLUMNS:
            dimensions.append(path)
    return dimensions


def _legal(text: str) -> str:
    """Returns a level as a part of a metric's name that MLflow takes."""
    characters = ""
    for character in text:
        is_plain = character.isascii() and (character.isalnum() or character in "_-. ")
        characters += character if is_plain else "_"
    if characters.strip("."):
        return characters
    return "_" * max(1, len(characters))
