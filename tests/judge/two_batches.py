"""A study of two arms, two batch sizes, with made-up scores."""

from pathlib import Path

import numpy as np
import pandas as pd

from harness.spec.values import Trial
from harness.stats.result import Array
from harness.study.load import Study
from tests.made.synthetic import study_in

TWO = """
seeds: {seeds}
grid:
  fit.batch: [2, 4]
compare:
  - {{name: a, metric: dice, by: fit.batch, unit: seed{options}}}
"""


def study_of_two(folder: Path, seeds: int = 8, options: str = "") -> Study:
    """A study with one comparison of two batch sizes; `options` are further settings of it."""
    return study_in(folder, TWO.format(seeds=seeds, options=options))


def score(trial: Trial, rng: np.random.Generator) -> float:
    """A score that rises with the batch size and differs from network to network."""
    batch = trial.fit.batch
    network = np.random.default_rng([trial.fit.seed, batch])
    noise = network.normal(0, 0.02)
    mean = 0.6 + 0.03 * batch + noise
    return float(mean + rng.normal(0, 0.01))


def means_of_seeds(rows: pd.DataFrame, runs: pd.DataFrame, batch: int) -> Array:
    """The mean dice of each seed at one batch size."""
    joined = rows[rows.metric == "dice"].merge(runs[["run", "fit.batch"]], on="run")
    of_batch = joined[joined["fit.batch"] == str(batch)]
    means: Array = of_batch.groupby("seed")["value"].mean().to_numpy()
    return means
