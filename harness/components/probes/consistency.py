"""Whether a network says the same of images that are perturbed a little: paper 001's estimator of
how well it transfers (CTE, section 2.3), which looks at no label and no source image.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Literal

from torch import nn

from harness.components.probes import probe
from harness.data.images import Labelled, Unlabelled
from harness.measure.consistency import (
    Prediction,
    effective_invariance,
    nhd,
    predictions,
    v_rand,
    v_rand_crank,
)
from harness.measure.estimators import average_of
from harness.measure.objects import ObjectFinder
from harness.measure.rows import Perturbation, Row
from harness.spec.options import Count, Fraction, Perturb, Whole

Metric = Literal["nhd", "ei", "v_rand"]
Compare = Callable[[Prediction, Prediction], float]


@probe(
    metrics=("nhd", "ei", "v_rand", "cte_nhd", "cte_ei", "cte_v_rand", "empty_unions"),
    estimates={"cte_nhd": "nhd", "cte_ei": "ei", "cte_v_rand": "v_rand"},
    dimensions=("disturbance", "strength"),
)
def consistency(
    net: nn.Module,
    test: Labelled | Unlabelled,
    *,
    perturb: list[Perturb] = [{"name": "dropout", "strength": 0.3}],  # noqa: B006
    metrics: list[Metric] = ["nhd", "ei"],  # noqa: B006
    rand: Literal["paper", "crank"] = "paper",
    draws: Count = 1,
    average: Literal["median", "mean"] = "median",
    threshold: Fraction = 0.5,
    separate: Literal["components", "watershed"] = "components",
    smallest: Whole = 50,
    apart: Count = 7,
) -> Iterator[Row]:
    """How alike predictions stay under perturbations (paper 001): NHD, EI and V-Rand over the
    union of foregrounds, their median over images.

    One clean pass is shared by all perturbations, each of which takes as many passes as there are
    `draws`. `nhd`, `ei` and `v_rand` are of an image, the mean over its draws; `cte_nhd` and so on
    are of the test set. An image whose predictions are all background has no value; how many there
    are is `empty_unions`. V-Rand compares instances, found as the probe `instances` finds them: by
    Eq. 6 with alpha 1/2, or as the authors' code does (`crank`).
    """
    find = None
    if "v_rand" in metrics:
        find = ObjectFinder(separate, threshold, smallest, apart)
    look = partial(predictions, threshold=threshold, find=find)
    clean = dict(look(net, test.images))
    compare: dict[str, Compare] = {"nhd": nhd}  # which says what unions are empty
    for metric in metrics:
        compare[metric] = _comparison(metric, rand)
    for perturbation in perturb:
        if perturbation.moves:
            raise ValueError(
                f"consistency.perturb: {perturbation.name} moves pixels, so that predictions "
                "cannot be compared pixel by pixel; take one that changes grey levels or features"
            )
        pairs = _pairs(net, clean, perturbation, draws, look)
        scores = _scores_of_images(pairs, compare)
        disturbance = {"disturbance": perturbation.family, "strength": perturbation.strength}
        for metric in metrics:
            for index, value in scores[metric].items():
                image, group = test.images.ids[index], test.images.groups[index]
                yield Row(metric, value, image, group, disturbance)
            value = average_of(list(scores[metric].values()), average)
            yield Row(f"cte_{metric}", value, dimensions=disturbance)
        empty_unions = sum(map(math.isnan, scores["nhd"].values()))
        yield Row("empty_unions", empty_unions, dimensions=disturbance)


def _pairs(
    net: nn.Module,
    clean: Mapping[int, Prediction],
    perturbation: Perturbation,
    draws: int,
    look: Callable[[nn.Module, Unlabelled], Iterator[tuple[int, Prediction]]],
) -> Iterator[tuple[int, Prediction, Prediction]]:
    """Yields (which image, its clean prediction, a perturbed one), as often as there are draws."""
    for draw in range(draws):
        with perturbation(net, draw) as perturbed:
            for index, prediction in look(net, perturbed.images):
                yield index, clean[index], prediction


def _scores_of_images(
    pairs: Iterable[tuple[int, Prediction, Prediction]], compare: Mapping[str, Compare]
) -> dict[str, dict[int, float]]:
    """Returns the value of each metric for each image: the mean over its pairs (Eq. 3)."""
    of_pairs: dict[str, dict[int, list[float]]] = {metric: {} for metric in compare}
    for index, clean, perturbed in pairs:
        for metric, score in compare.items():
            of_pairs[metric].setdefault(index, []).append(score(clean, perturbed))
    scores: dict[str, dict[int, float]] = {}
    for metric, of_images in of_pairs.items():
        scores[metric] = {index: average_of(values, "mean") for index, values in of_images.items()}
    return scores


def _comparison(metric: str, rand: str) -> Compare:
    """Returns how two predictions for one image are compared."""
    if metric == "nhd":
        return nhd
    if metric == "ei":
        return effective_invariance
    rand_score = v_rand if rand == "paper" else v_rand_crank

    def compare_instances(clean: Prediction, perturbed: Prediction) -> float:
        assert clean.objects is not None
        assert perturbed.objects is not None
        return rand_score(clean.objects, perturbed.objects)

    return compare_instances
