"""A study whose rows have dimensions, a layer with its depth and a map, with made-up distances."""

from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from harness.judge.answer import judge
from harness.judge.verdicts import Verdict
from harness.spec.values import Trial
from harness.stats.result import Array
from harness.study.load import Study
from tests.made.synthetic import all_finished, results, study_in

GRID = """  probes: [segmentation, shifted]
seeds: 8
grid:
  fit.batch: [2, 4]
  fit.patch: [32, 64]
compare:
"""
LAYERS = ("encoder 1", "bottleneck", "decoder 1")
MAPS = ("gradient", "occlusion")
State = Callable[[Trial], str]


def study_asking(folder: Path, *entries: str) -> Study:
    """A study with these comparisons."""
    compare = [
        f"  - {{name: c{number}, unit: seed, {entry}}}\n" for number, entry in enumerate(entries)
    ]
    return study_in(folder, GRID + "".join(compare))


def distance(trial: Trial, layer: int, map_number: int) -> float:
    """What a trial measures at one layer with one map."""
    numbers = [trial.fit.seed, trial.fit.batch, layer, map_number]
    noise = np.random.default_rng(numbers).normal(0, 0.02)
    of_rows = 0.5 - 0.1 * layer + 0.05 * map_number
    batch = trial.fit.batch
    patch = trial.fit.patch
    of_trial = 0.03 * batch + 0.001 * patch
    return float(of_rows + of_trial + noise)


def layered_results(study: Study, state: State = all_finished) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs, and rows of every layer and map beside those of the segmentation."""
    runs, rows = results(study, lambda trial, rng: rng.normal(), images=2, state=state)
    trials = {cell.trial.key: cell.trial for cell in study.cells}
    lines = []
    for run in runs[runs["state"] == "finished"].to_dict("records"):
        trial = trials[run["trial"]]
        for layer, map_number in product(range(len(LAYERS)), range(len(MAPS))):
            line = {
                "value": distance(trial, layer, map_number),
                "seed": trial.fit.seed,
                "run": run["run"],
                "layer": LAYERS[layer],
                "map": MAPS[map_number],
                "depth": layer + 1,
            }
            lines += [{"metric": "hellinger", **line}, {"metric": "loss2", **line}]
    return runs, pd.concat([rows, pd.DataFrame(lines)], ignore_index=True)


def verdict_on(study: Study, state: State = all_finished) -> Verdict:
    """The verdict on the one comparison of a study."""
    (verdict,) = judge(study, *layered_results(study, state)).verdicts
    return verdict


def means_by_hand(study: Study, layers: Sequence[int], maps: Sequence[int], **only: int) -> Array:
    """The mean of each seed over these layers and maps, of the trials with these settings."""
    values: dict[int, list[float]] = {}
    for cell in study.cells:
        fit = cell.trial.fit
        if any(getattr(fit, name) != setting for name, setting in only.items()):
            continue
        for layer, map_number in product(layers, maps):
            values.setdefault(fit.seed, []).append(distance(cell.trial, layer, map_number))
    return np.array([np.mean(values[seed]) for seed in range(8)])
