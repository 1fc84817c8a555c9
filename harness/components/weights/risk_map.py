"""Pixels that are hard to transfer weigh more (paper 003)."""

from torch import nn

from harness.components.weights import weight
from harness.data.images import Labelled
from harness.measure.leep_map import Conditionals, leep_map
from harness.measure.risk import risk_weights
from harness.spec.options import Count, Dataset, Fraction, Network, Positive
from harness.train.weighting import Over, PixelWeights


@weight(leaks=("on",))
def risk_map(
    source: Labelled,
    net: nn.Module,
    *,
    network: Network | None = None,
    on: Dataset | None = None,
    block: Count = 1,
    conditionals: Conditionals = "shrunk",
    prior: Positive = 16.0,
    base: Positive = 10.0,
    over: Over = "foreground",
    least: Fraction = 0.01,
) -> PixelWeights:
    """The transfer risk map: 10 ** hardness by pixel-level LEEP, over the foreground pixels of a
    batch.

    LEEP is that of `network`, or of the network that training starts from, on the training images
    of the target. Eq. 1 takes the target's test images: `on` names images whose masks are then
    looked at, and the report says so. Eq. 4 as printed is `block: 1` with `conditionals: own`; from
    few images that is 0 wherever the label never changes, so the default is `shrunk`. Hardness is
    -LEEP, scaled to 0 .. 1 (Eqs. 5 and 6). The sum over all pixels is divided by the foreground
    pixels of the batch (Eq. 7), of which there are taken to be `least` of all pixels at the fewest.
    """
    transferability = leep_map(
        net if network is None else network,
        source if on is None else on,
        block=block,
        conditionals=conditionals,
        prior=prior,
    )
    plane = risk_weights(transferability.map, base).float()
    return PixelWeights(plane.expand(source.masks.shape), over, least)
