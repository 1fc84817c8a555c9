"""Whether the units of two arms pair."""

from collections.abc import Iterable
from typing import Any

from harness.study.comparison import Comparison


def pairing(
    comparison: Comparison,
    first: Iterable[Any],
    second: Iterable[Any],
) -> tuple[bool, str]:
    """Whether two arms are paired, given the units of each, and why."""
    if comparison.unit == "fold" and comparison.test is None:
        return True, "the folds of two arms hold the same images"
    if comparison.paired is not None:
        return comparison.paired, "declared"
    first, second = set(first), set(second)
    shared = len(first & second)
    if shared and 2 * shared >= min(len(first), len(second)):
        return True, f"{shared} {comparison.unit}s are in both arms"
    count = f"only {shared}" if shared else "no"
    return False, f"the arms share {count} {comparison.unit}s"
