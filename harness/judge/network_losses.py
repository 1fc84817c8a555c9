"""Values that are averaged over networks come from the same networks in every arm."""

import numpy as np
import pandas as pd

from harness.judge.arms import Levels
from harness.judge.positions import NETWORK, PLANNED, Position


def networks_of_all_arms(
    data: pd.DataFrame, trials: pd.DataFrame, planned: list[Position]
) -> tuple[pd.DataFrame, list[str]]:
    """Leaves out, in every arm of a stratum, the networks that are missing from one of them.

    A mean over seeds 0, 1 and 2 in one arm and 0 and 1 in another would differ by seed 2.
    """
    numbers: dict[Levels, int] = {}
    of_stratum = []
    for position in planned:
        of_stratum.append(numbers.setdefault(position.stratum, len(numbers)))
    stratum_of_trial = trials[PLANNED].map(of_stratum.__getitem__)
    has_rows = trials["run"].isin(data["run"].unique())
    lost = set(zip(stratum_of_trial[~has_rows], trials[NETWORK][~has_rows], strict=True))
    if not lost:
        return data, []
    positions = zip(data[PLANNED].map(of_stratum.__getitem__), data[NETWORK], strict=True)
    is_whole = np.array([position not in lost for position in positions], dtype=bool)
    names = ", ".join(sorted({network for _, network in lost}))
    return data[is_whole], [f"left out of every arm, for one lacks it: {names}"]
