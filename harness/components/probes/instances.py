"""How well the objects that a network shows agree with the true ones, as paper 001 judges them."""

from collections.abc import Iterator
from typing import Any, Literal

from numpy.typing import NDArray
from torch import nn

from harness.components.probes import probe
from harness.data.images import Labelled
from harness.measure import instances as scores
from harness.measure import objects
from harness.measure.forward import logits_of
from harness.measure.objects import ObjectFinder
from harness.measure.rows import Row
from harness.spec.options import Count, Fraction, Whole


@probe(
    metrics=(
        "average_precision",
        "average_precision_50",
        "instance_f1",
        "adapted_rand",
        "true_instances",
        "predicted_instances",
    ),
)
def instances(
    net: nn.Module,
    test: Labelled,
    *,
    separate: Literal["components", "watershed"] = "components",
    threshold: Fraction = 0.5,
    smallest: Whole = 50,
    apart: Count = 7,
    incomplete: bool = False,
) -> Iterator[Row]:
    """Average precision (mean over IoU .5 to .95, and at .5), F1 and adapted Rand of the objects in
    each image.

    Objects are connected pieces of the foreground, or separated by a watershed. `incomplete`:
    predicted objects that touch no true one are not counted, as not every object is annotated.
    """
    if test.classes:
        raise ValueError("probe instances: the masks of test_on number no objects; task: instances")
    find = ObjectFinder(separate, threshold, smallest, apart)
    for which, logits in logits_of(net, test.images):
        truths = test.masks_of(which).cpu().numpy()
        for position, i in enumerate(which.tolist()):
            predicted = find(logits[position, None])
            truth = truths[position]
            names = (test.images.ids[i], test.images.groups[i])
            for metric, value in _scores_of(truth, predicted, test.ignore, incomplete).items():
                yield Row(metric, value, *names)


def _scores_of(
    truth: NDArray[Any], predicted: NDArray[Any], ignore: int | None, incomplete: bool
) -> dict[str, float]:
    """Every metric of one image; pixels that are ignored count nowhere."""
    if ignore is not None:
        counted = truth != ignore
        truth, predicted = truth[counted], predicted[counted]
    if incomplete:
        predicted = objects.touching_objects(truth, predicted)
    shared = scores.shared_pixels(truth, predicted)
    overlaps = scores.ious(shared)
    return {
        "average_precision": scores.mean_average_precision(overlaps),
        "average_precision_50": scores.average_precision(overlaps, 0.5),
        "instance_f1": scores.f1(overlaps),
        "adapted_rand": scores.adapted_rand(shared),
        "true_instances": overlaps.shape[0],
        "predicted_instances": overlaps.shape[1],
    }
