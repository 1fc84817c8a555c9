"""Whether the repetitions of a comparison are folds, which are no independent ones."""

from collections.abc import Iterator
from dataclasses import replace

from harness.spec.catalogue import catalogue
from harness.study.comparison import Comparison
from harness.study.levels import among
from harness.study.load import Study


def with_real_unit(study: Study, comparison: Comparison) -> Comparison:
    """A comparison over seeds as one over folds, where each seed trains on a fold of its own."""
    if comparison.unit != "seed":
        return comparison
    folds: dict[int, set[int]] = {}  # of each seed
    for cell in among(study.expansion, study.cells, comparison.where):
        fit = cell.trial.fit
        if fit.fold is None:
            return comparison
        folds.setdefault(fit.seed, set()).add(fit.fold[0])
    distinct: set[int] = set().union(*folds.values())
    if len(distinct) < 2 or any(len(of_seed) > 1 for of_seed in folds.values()):
        return comparison
    return replace(comparison, unit="fold")


def notes_on_folds(declared: Comparison, comparison: Comparison) -> Iterator[str]:
    """What a reader must know of a comparison over folds: which unit it took, and what a declared
    statistic overlooks.
    """
    if comparison.unit != "fold":
        return
    if declared.unit == "seed":
        yield "each seed trains on a fold of its own, so the unit is the fold"
    if overlooks_shared_images(comparison):
        yield (
            f"{comparison.test_name} takes folds for independent, but they share training images: "
            "its p is too small"
        )
    if comparison.interval_name != "folds":
        yield (
            f"the interval {comparison.interval_name} takes folds for independent, but they share "
            "training images: it is too narrow"
        )


def overlooks_shared_images(comparison: Comparison) -> bool:
    """Whether a comparison over folds declares a test that takes them for independent."""
    component = catalogue("test").get(comparison.test_name or "")
    return comparison.unit == "fold" and component is not None and not component.facts.folds
