"""The stopping criterion of paper 002 (section 4.3): predictions on the target are as solid as the
source's labels, where solid means that an object fills its convex hull.
"""

import math
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label, regionprops
from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

from harness.components.picks import pick
from harness.components.picks.predictions import (
    labelled_source,
    predicted_foregrounds,
    true_foregrounds,
)
from harness.data.images import Domains, Unlabelled
from harness.spec.options import Dataset, Whole

Objects = Literal["volume", "slice"]
Mean = Literal["objects", "slices"]

NO_OBJECT = -1.0  # solidities lie between 0 and 1, so no difference is as large
# Of the source's labels, which do not change from epoch to epoch: by masks, then by options.
EXPECTED: Any = WeakTensorKeyDictionary()


@pick
def solidity(
    net: nn.Module,
    data: Domains,
    *,
    images: Dataset,
    objects: Objects = "volume",
    above: Whole = 10,
    mean: Mean = "objects",
) -> float:
    """The epoch whose predictions on `images` are nearest to the solidity of the source's labels.

    Objects are connected in the whole `volume`, as in the authors' code, or in each `slice`; their
    solidity is that of each slice. Objects of `above` pixels or fewer do not count. The mean is
    over all `objects`, or first over those of a slice. An epoch that predicts no object is worse
    than any that does.
    """
    source = labelled_source("solidity", data.source)
    options = (objects, above, mean)
    by_options = EXPECTED.setdefault(source.masks, {})
    if options not in by_options:
        truth = true_foregrounds(source)
        by_options[options] = mean_solidity(truth, source.images, *options)
    expected = by_options[options]
    if math.isnan(expected):
        raise ValueError(f"pick solidity: no object of the source has more than {above} pixels")
    predictions = predicted_foregrounds(net, images)
    value = mean_solidity(predictions, images, *options)
    return NO_OBJECT if math.isnan(value) else -abs(value - expected)


def mean_solidity(
    foregrounds: Iterable[tuple[int, Tensor]],
    images: Unlabelled,
    objects: Objects,
    above: int,
    mean: Mean,
) -> float:
    """Returns the mean solidity of the objects in foregrounds; nan where there is no object."""
    stacks: dict[tuple[int, ...], list[NDArray[np.bool_]]] = {}
    for index, foreground in foregrounds:
        volume = index if objects == "slice" else int(images.first[index])
        stack = stacks.setdefault((volume, *foreground.shape), [])
        stack.append(foreground.cpu().numpy())
    of_slices: list[list[float]] = []
    for slices in stacks.values():
        for labels in label(np.stack(slices)):
            of_slices.append(solidities_of_slice(labels, above))
    if mean == "slices":
        means = [float(np.mean(values)) for values in of_slices if values]
        return float(np.mean(means)) if means else float("nan")
    values = np.concatenate(of_slices)
    return float(values.mean()) if len(values) else float("nan")


def solidities_of_slice(labels: NDArray[np.int64], above: int) -> list[float]:
    """Returns the share of its convex hull that each object fills, if it is large enough."""
    areas = np.bincount(labels.ravel())
    areas[0] = 0
    is_large = areas > above
    # an early epoch predicts thousands of specks, and hulls are slow
    large_objects = np.where(is_large[labels], labels, 0)
    return [float(region.solidity) for region in regionprops(large_objects)]
