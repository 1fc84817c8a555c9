"""Which test and effect a comparison uses where it names none, and the smallest p that a design can give."""

from functools import cache

import numpy as np

from harness.spec.catalogue import catalogue, load_component
from harness.study.comparison import Comparison

FEW = 17  # pairs whose choices of signs are all listed; beyond, a permutation's p cannot fall below that of its draws


def chosen_test(one: Comparison, paired: bool, pairs: int = 0) -> tuple[str, str]:
    """The test of a comparison and why it is that one; `pairs` are those planned, so that a failure changes no test."""
    if one.test is not None:
        return one.test, "declared"
    if one.correlate:
        return "kendall", "by default: ranks, exact where n is small"
    if one.kind == "trend":
        return (
            ("page", "paired along the trend")
            if paired
            else ("jonckheere", "independent along the trend")
        )
    if one.margin is not None:
        return ("equivalence_paired" if paired else "equivalence"), "a margin is declared"
    if paired and pairs > FEW:
        return "wilcoxon", "many pairs; by ranks, exact while they can be counted"
    if paired:
        return "permutation_paired", "pairs; exact, and about means without assuming normality"
    return "mann_whitney", "independent groups; exact, by ranks"


def is_paired(name: str) -> bool:
    """Whether a test takes pairs."""
    return bool(catalogue("test")[name].facts.paired)


def effect_of(one: Comparison, paired: bool) -> str:
    return one.effect or ("rank_biserial" if paired else "cliffs_delta")


def post_hoc_of(one: Comparison, test: str) -> str | None:
    """What compares the pairs after a test of several groups; None for a test of two."""
    found = catalogue("test").get(test)  # a correlation's or a model's is none of these
    offered = found.facts.post_hoc if found else ()
    return one.post_hoc or (offered[0] if offered else None)


def smallest(one: Comparison, test: str, ns: tuple[int, ...]) -> float:
    """The smallest p that such data can give, before any correction."""
    post = post_hoc_of(one, test)
    return _post_hoc_floor(post, ns) if post else _floor(test, ns)


def corrected(one: Comparison, p: list[float]) -> list[float]:
    """The p values of a family after its correction."""
    if one.correct is None or not p:
        return p
    return [float(v) for v in load_component("correction", one.correct)(np.array(p))]


def _floor(test: str, ns: tuple[int, ...]) -> float:
    from harness.stats.power import (
        attainable,
    )  # scipy takes a second, which a study without comparisons need not wait

    return attainable(test, ns)


@cache
def _post_hoc_floor(name: str, ns: tuple[int, ...]) -> float:
    from harness.stats.post_hoc import POST_HOC

    # each group wholly above the one before, in every block
    found = POST_HOC[name](*(g + np.arange(n) / (10 * n) for g, n in enumerate(ns)))
    return min(result.p for result in found.values())
