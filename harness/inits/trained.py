"""Weights of another fit of this harness."""

from typing import Literal

from torch import nn

from harness.inits import init
from harness.registry import Pick, Trained
from harness.store import load_weights


@init
def trained(
    net: nn.Module, *, fit: Trained, pick: Pick = "last", part: Literal["all", "encoder", "matching"] = "all"
) -> None:
    """The weights that another fit ended with, or the checkpoint that a pick chose of it."""
    weights = load_weights(fit)
    mine = net.state_dict()
    if part == "encoder":
        weights = {name: value for name, value in weights.items() if name.startswith("encoder.")}
        if not weights:
            raise ValueError("fit.init.part: the other fit's network has no part called encoder")
    if part != "all":
        weights = {n: v for n, v in weights.items() if n in mine and mine[n].shape == v.shape}
    differing = sorted(n for n in mine.keys() & weights.keys() if mine[n].shape != weights[n].shape)
    missing = sorted(mine.keys() - weights.keys()) if part == "all" else []
    if differing or missing:
        name = (differing or missing)[0]
        raise ValueError(f"fit.init: the other network differs at {name}; set the same fit.net, or part: matching")
    net.load_state_dict(weights, strict=part == "all")
