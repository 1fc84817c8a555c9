"""The values of two metrics side by side: for a correlation, at one stratum and one arm each."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from harness.judge.arms import Layout, Levels
from harness.judge.measured import Sample

NO_LEVEL = "none"  # of a dimension that a row does not have


def beside_each_other(
    layout: Layout, x: Sequence[Sample], y: Sequence[Sample]
) -> tuple[list[Sample], list[Sample]]:
    """Returns the samples of two metrics that belong together, each pair at one place.

    A metric that is measured once for a network stands beside each level of a dimension that the
    other metric has: a score of a test set beside each strength of a perturbation.
    """
    of_x: list[Sample] = []
    of_y: list[Sample] = []
    strata = [path in layout.dimensions for path in layout.stratum_paths]
    arms = [path in layout.dimensions for path in layout.arm_paths]
    for first in x:
        for second in y:
            stratum = _joint_levels(first.stratum, second.stratum, strata)
            arm = _joint_levels(first.arm, second.arm, arms)
            if stratum is not None and arm is not None:
                of_x.append(replace(first, stratum=stratum, arm=arm))
                of_y.append(replace(second, stratum=stratum, arm=arm))
    return of_x, of_y


def lacks_dimension(data: pd.DataFrame, path: str) -> bool:
    """Whether no row has a dimension, as a score of a network has no strength."""
    if path not in data.columns:
        return True
    return bool(data[path].isna().all())


def _joint_levels(first: Levels, second: Levels, are_of_rows: Sequence[bool]) -> Levels | None:
    """Returns the levels where two metrics stand together; None where they do not."""
    levels = []
    for of_first, of_second, is_of_rows in zip(first, second, are_of_rows, strict=True):
        if of_first == of_second:
            levels.append(of_first)
        elif is_of_rows and NO_LEVEL in (of_first, of_second):
            levels.append(of_second if of_first == NO_LEVEL else of_first)
        else:
            return None
    return tuple(levels)
