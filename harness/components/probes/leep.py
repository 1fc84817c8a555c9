"""LEEP of a network on a labelled target (Nguyen 2020; paper 003, Eq. 2)."""

from collections.abc import Iterator

from torch import nn

from harness.components.probes import probe
from harness.data.images import Labelled
from harness.measure.leep import leep as leep_of
from harness.measure.rows import Row


@probe(metrics=("image_leep", "leep"), estimates={"leep": ""}, needs=("labels",))
def leep(net: nn.Module, test: Labelled) -> Iterator[Row]:
    """The mean log likelihood of the target's labels given what the network says of the pixels: 0
    at best.
    """
    if not isinstance(test, Labelled):
        raise ValueError("leep needs masks, and this test set has none")
    result = leep_of(net, test)
    for index, value in enumerate(result.of_images.tolist()):
        yield Row("image_leep", value, test.images.ids[index], test.images.groups[index])
    yield Row("leep", result.score)
