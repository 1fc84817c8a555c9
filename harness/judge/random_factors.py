"""What has an intercept of its own in a model."""

import pandas as pd

from harness.study.comparison import Comparison

RandomFactors = tuple[str, ...]
WHY: dict[RandomFactors, str] = {
    ("unit",): "units repeat, so that each has its own intercept",
    ("network",): "values of one network repeat, so that each network has its own intercept",
    ("unit", "network"): "units and their networks repeat, so that each has its own intercept",
}


def random_factors(comparison: Comparison, table: pd.DataFrame) -> RandomFactors:
    """What has an intercept of its own: units that stand in several arms, and networks that give
    several values (one for each test set or strength).
    """
    units = table["unit"]
    networks = table["network"]
    has_repeated_units = comparison.paired
    if has_repeated_units is None:
        has_repeated_units = bool(units.duplicated().any())
    factors = []
    if has_repeated_units:
        factors.append("unit")
    pairs = len(table[["unit", "network"]].drop_duplicates())
    is_network_apart = not has_repeated_units or pairs > units.nunique()
    if networks.duplicated().any() and networks.nunique() > 1 and is_network_apart:
        factors.append("network")
    return tuple(factors)
