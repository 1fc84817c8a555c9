"""A study with a table as a paper prints it, with published numbers and made-up rows."""

from itertools import chain, product
from pathlib import Path

import pandas as pd

from harness.judge.tables import Column, Entry, Tabulated
from harness.spec.values import Trial
from harness.study.load import Study
from tests.made.synthetic import results, study_in

MAPS = ("Foreground", "Full Output")
DISTANCES = ("wasserstein", "jensen_shannon")

GRID = """
seeds: 3
grid:
  fit.train_on:
    - {name: phantom, style: lucchi, label: Lucchi}
    - {name: phantom, style: snemi, label: SNEMI}
  fit.method.loss: [{name: dice, label: Non-pretrained}, {name: bce, label: ImageNet}]
"""
TABLE = """
tables:
  - name: Table 4
    title: Existence of saliency asymmetry
    rows: [fit.train_on, fit.method.loss]
    columns: [map]
    metrics: [swd, fwd]
    where: {distance: wasserstein}
    unit: seed
    published: numbers.csv
    from: 000, Table 4
"""
NUMBERS = """# A paper.
# A misprint.
fit.train_on,fit.method.loss,map,metric,value,se
SNEMI,ImageNet,Foreground,swd,30.555,0.5
SNEMI,ImageNet,Full Output,swd,32.060,
SNEMI,ImageNet,Occlusion,swd,,
Lucchi,Non-pretrained,Foreground,dice,1,
"""


def study_of(folder: Path, tables: str = TABLE, numbers: str = NUMBERS) -> Study:
    """A study with these tables, beside a file of these published numbers."""
    (folder / "numbers.csv").write_text(numbers)
    return study_in(folder, "  probes: [segmentation, attributed]" + GRID + tables)


def size(trial: Trial, image: int, channel: int) -> float:
    """What a map of an image gives at a distance, from nothing but its place."""
    is_pretrained = trial.fit.method.options["loss"].name == "bce"
    start = 10.0 if is_pretrained else 1.0
    return start + trial.fit.seed + image / 10 + channel


def attributed_results(
    study: Study, state: dict[tuple[str, int], str] | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs, and rows of every map and distance for each image beside those of the segmentation.

    A trial ends as `state` says for its data set and seed; else it is finished.
    """
    states = state or {}

    def state_of(trial: Trial) -> str:
        return states.get((str(trial.fit.train_on.level), trial.fit.seed), "finished")

    runs, rows = results(study, lambda trial, rng: 0.5, images=2, state=state_of)
    trials = {cell.trial.key: cell.trial for cell in study.cells}
    lines = []
    for run in runs[runs["state"] == "finished"].to_dict("records"):
        trial = trials[run["trial"]]
        channels = enumerate(product(DISTANCES, MAPS))
        for image, (channel, (distance, name)) in product(range(2), channels):
            line = {
                "image": f"image {image}",
                "group": "g",
                "seed": trial.fit.seed,
                "run": run["run"],
                "map": name,
                "distance": distance,
            }
            value = size(trial, image, channel)
            lines.append({"metric": "swd", "value": value, **line})
            lines.append({"metric": "fwd", "value": 2 * value, **line})
    return runs, pd.concat([rows, pd.DataFrame(lines)], ignore_index=True)


def entry_at(table: Tabulated, row: tuple[str, ...], metric: str, *levels: str) -> Entry:
    """The entry of a table in a row, at a metric and levels of the columns."""
    column = table.columns.index(Column(metric, levels))
    line = table.entries[table.rows.index(row)]
    return line[column]


def all_entries(table: Tabulated) -> list[Entry]:
    """The entries of a table, line by line."""
    return list(chain.from_iterable(table.entries))
