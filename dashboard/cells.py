"""The finished table crossed by two factors, for heat maps: a mean over each unit first, then over the units."""

import pandas as pd
from judged import apart, levels_here
from records import Found

from harness.levels import as_measured, short

KNOWN = {"metric", "value", "image", "group", "seed", "fold", "run"}


def crossed(found: Found, metric: str, paths: tuple[str, str], runs: pd.DataFrame) -> pd.DataFrame:
    """Cells `down`, `across`, `value`, `n`: the mean over seeds and folds, and how many there are."""
    rows = found.rows[(found.rows["metric"] == metric) & found.rows["run"].isin(set(runs["run"]))]
    rows = rows.merge(runs[["run", *(path for path in paths if path not in rows.columns)]], on="run")
    rows = rows.dropna(subset=list(paths))
    if rows.empty:
        return pd.DataFrame(columns=["down", "across", "value", "n"])
    down, across = (rows[p].map({level: as_measured(str(level)) for level in rows[p].unique()}) for p in paths)
    unit = rows["seed"].map(str) + " " + rows["fold"].map(str)
    means = rows.assign(down=down, across=across, unit=unit).groupby(["down", "across", "unit"])["value"].mean()
    table = means.groupby(["down", "across"]).agg(value="mean", n="size").reset_index()
    for name, path in zip(("down", "across"), paths, strict=True):
        levels = levels_here(found, path)
        order = {as_measured(level): i for i, level in enumerate(levels)}
        table = table.iloc[table[name].map(order).argsort(kind="stable")]
        table[name] = table[name].map(short(list(dict.fromkeys(table[name]))))
    return table


def settings(found: Found) -> list[str]:
    """The settings that vary over the runs, also where there is no study file."""
    paths = apart(dict.fromkeys(path for run in found.recorded for path in run.levels))
    return [p for p in paths if len(levels_here(found, p)) > 1]


def row_dimensions(found: Found, metric: str | None = None) -> list[str]:
    """What the rows (of a metric) are told apart by, beside the settings."""
    rows = found.rows if metric is None else found.rows[found.rows["metric"] == metric]
    return [c for c in rows.columns if c not in KNOWN and rows[c].nunique() > 1]
