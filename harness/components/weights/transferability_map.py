"""Pixels weigh by the transferability of their location (Tan 2023, a rival of paper 003)."""

from typing import Literal

from torch import nn

from harness.components.weights import weight
from harness.data.images import Labelled
from harness.measure.leep_map import Conditionals, leep_map
from harness.spec.options import Count, Dataset, Fraction, Network, Positive
from harness.train.weighting import Over, PixelWeights


@weight(leaks=("on",))
def transferability_map(
    source: Labelled,
    net: nn.Module,
    *,
    sign: Literal["easy", "hard"] = "hard",
    network: Network | None = None,
    on: Dataset | None = None,
    block: Count = 4,
    conditionals: Conditionals = "own",
    prior: Positive = 16.0,
    over: Over = "pixels",
    least: Fraction = 0.01,
) -> PixelWeights:
    """exp(-LEEP) of each block of pixels (`hard`), or exp(LEEP) (`easy`), not normalised.

    Paper 003 does not say which of the two it compares with; the published map is exp(LEEP), its
    variant for weights exp(-LEEP). LEEP is that of `network`, or of the network that training
    starts from, on the training images of the target, or `on` images whose masks are then seen.
    """
    transferability = leep_map(
        net if network is None else network,
        source if on is None else on,
        block=block,
        conditionals=conditionals,
        prior=prior,
    )
    exponents = transferability.map if sign == "easy" else -transferability.map
    plane = exponents.exp().float()
    return PixelWeights(plane.expand(source.masks.shape), over, least)
