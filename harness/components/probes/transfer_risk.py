"""How well the network that training began with predicts the target's labels, and how well it does
after training (paper 003).
"""

from collections.abc import Iterator
from typing import Literal

import torch
from torch import nn

from harness.components.probes import probe
from harness.components.probes.transfer_risk_figures import maps_before_and_after
from harness.data.images import Labelled
from harness.measure.leep import leep
from harness.measure.leep_map import Conditionals, leep_map
from harness.measure.risk import risk_weights
from harness.measure.rows import Arrays, Figure, Row
from harness.spec.options import Count, Positive


@probe(
    metrics=(
        "leep",
        "pixel_leep",
        "mean_risk",
        "leep_after",
        "pixel_leep_after",
        "mean_risk_after",
        "constant_share",
        "sparse_share",
        "flat_map",
        "unused_classes",
        "absent_classes",
    ),
    lower=(
        "mean_risk",
        "mean_risk_after",
        "constant_share",
        "sparse_share",
        "flat_map",
        "unused_classes",
        "absent_classes",
    ),
    needs=("start", "training"),
    leaks=("on",),
)
def transfer_risk(
    net: nn.Module,
    test: Labelled,
    start: nn.Module,
    training: Labelled,
    *,
    on: Literal["training", "test"] = "training",
    block: Count = 1,
    conditionals: Conditionals = "shrunk",
    prior: Positive = 16.0,
) -> Iterator[Row | Figure | Arrays]:
    """LEEP, pixel-level LEEP and the mean transfer risk of the network before and after training.

    `leep` is that of the network that training began with on the target's training images: the
    estimate of what it will be worth. Eq. 1 of paper 003 takes the test images, `on: test`, which
    nobody has who has yet to choose a source; the report flags it. The risk is 10 ** hardness (Eqs.
    5 and 6), from 1 to 10, on one scale for both maps, for else no map is riskier than another.
    What makes a map say little stands beside it: the share of locations whose label never changes,
    or that have fewer than five pixels, whether it has one value only, and how many classes of the
    source are never predicted, and of the target never there.
    """
    target = training if on == "training" else test
    of_start = leep(start, target)
    yield Row("leep", of_start.score)
    yield Row("leep_after", leep(net, target).score)
    yield Row("unused_classes", of_start.unused_source_classes)
    yield Row("absent_classes", of_start.absent_target_classes)
    maps = []
    for network in (start, net):
        of_network = leep_map(network, target, block=block, conditionals=conditionals, prior=prior)
        maps.append(of_network)
    before, after = maps
    yield Row("pixel_leep", before.score)
    yield Row("pixel_leep_after", after.score)
    yield Row("constant_share", before.constant_share)
    yield Row("sparse_share", before.sparse_share)
    yield Row("flat_map", float(before.is_flat))
    risks = risk_weights(torch.stack([before.map, after.map])).cpu().numpy()
    yield Row("mean_risk", float(risks[0].mean()))
    yield Row("mean_risk_after", float(risks[1].mean()))
    foreground = (target.masks != 0).double().mean(dim=0).cpu().numpy()
    yield Arrays("transfer_risk", {"before": risks[0], "after": risks[1]})
    yield Figure("transfer_risk", maps_before_and_after(risks[0], risks[1], foreground))
