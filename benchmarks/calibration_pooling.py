"""How wrong it is to take the images of one network for as many networks."""

from concurrent.futures import Executor

import numpy as np

from benchmarks.calibration_intervals import images_of_networks
from benchmarks.text_table import print_heading, print_row
from harness.stats import clusters, models, two_groups
from harness.stats.result import Array

ALPHA = 0.05


def trap(count: int, pool: Executor) -> None:
    """Prints how wrong it is to take fifty images of one network for fifty networks."""
    design = "3 seeds x 50 images per arm, no difference"
    print_heading(
        f"Pooled images: {design}, {count} studies, Mann-Whitney at alpha = .05",
    )
    print_row("variance between seeds", ["pooled", "seed means", "mixed model", "effective n"])
    for icc in (0.0, 0.1, 0.3, 0.5, 0.8):
        print_row(f"{icc}", _rates_of_pooling(icc, count))


def _rates_of_pooling(icc: float, count: int) -> list[str]:
    """Judges studies without a difference in three ways; adds what the images are worth."""
    rng = np.random.default_rng(0)
    pooled = 0
    of_means = 0
    of_mixed_model = []
    effective_sizes = []
    for i in range(count):
        x, seed = images_of_networks(rng, 3, 50, icc)
        y, _ = images_of_networks(rng, 3, 50, icc)
        pooled += two_groups.mann_whitney(x, y).p <= ALPHA
        means_of_x = x.reshape(3, 50).mean(axis=1)
        means_of_y = y.reshape(3, 50).mean(axis=1)
        of_means += two_groups.welch(means_of_x, means_of_y).p <= ALPHA
        effective_sizes.append(clusters.effective_n(x, seed))
        if i < count // 4:
            of_mixed_model.append(_mixed_p(x, y, seed) <= ALPHA)
    return [
        f"{pooled / count:.4f}",
        f"{of_means / count:.4f}",
        f"{np.mean(of_mixed_model):.3f}",
        f"{np.median(effective_sizes):.0f}",
    ]


def _mixed_p(x: Array, y: Array, seed: Array) -> float:
    """Returns p of a mixed model that knows which network each image belongs to."""
    import pandas as pd

    columns = {
        "dice": np.r_[x, y],
        "init": ["a"] * x.size + ["b"] * y.size,
        "seed": np.r_[seed, seed],
    }
    table = pd.DataFrame(columns)
    model = models.mixed_effects(table, "dice ~ init", random=("init:seed",))
    return model.terms[0].p
