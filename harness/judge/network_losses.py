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
    strata_of_trials = trials[PLANNED].map(of_stratum.__getitem__)
    is_lost = ~trials["run"].isin(data["run"].unique())
    lost_strata = strata_of_trials[is_lost]
    lost_networks = trials[NETWORK][is_lost]
    lost = set(zip(lost_strata, lost_networks, strict=True))
    if not lost:
        return data, []
    strata_of_rows = data[PLANNED].map(of_stratum.__getitem__)
    is_whole = []
    for stratum_and_network in zip(strata_of_rows, data[NETWORK], strict=True):
        is_whole.append(stratum_and_network not in lost)
    names = ", ".join(sorted(set(lost_networks)))
    note = f"left out of every arm, for one lacks it: {names}"
    return data[np.array(is_whole, dtype=bool)], [note]
