"""Weights from elsewhere put into a network, wholly or where they fit."""

from typing import Literal

from torch import Tensor, nn

Share = Literal["all", "encoder", "matching"]


def put(net: nn.Module, weights: dict[str, Tensor], part: Share) -> None:
    """Sets the network's weights; a sentence where the other network was another."""
    mine = net.state_dict()
    if part == "encoder":
        weights = {name: value for name, value in weights.items() if name.startswith("encoder.")}
        if not weights:
            raise ValueError("fit.init.part: the other network has no part called encoder")
    if part == "matching":
        weights = {n: v for n, v in weights.items() if n in mine and mine[n].shape == v.shape}
        if not weights:
            raise ValueError(
                "fit.init.part: no weight of the other network has a place in this one"
            )
    differing = [n for n, v in weights.items() if n in mine and mine[n].shape != v.shape]
    strange = [n for n in weights if n not in mine]
    wanted = [n for n in mine if part == "all" or (part == "encoder" and n.startswith("encoder."))]
    missing = [n for n in wanted if n not in weights]
    if named := sorted(differing) or sorted(missing) or sorted(strange):
        raise ValueError(
            f"fit.init: the other network differs at {named[0]}{_why(named[0], mine, weights)}"
        )
    net.load_state_dict(weights, strict=False)


def _why(name: str, mine: dict[str, Tensor], theirs: dict[str, Tensor]) -> str:
    if name not in mine or name not in theirs:
        return "; set the same fit.net, or `part: matching`"
    shapes = [tuple(w[name].shape) for w in (theirs, mine)]
    seeing = not name.startswith("decoder.")  # a pruned decoder's inputs are no images
    if (
        seeing
        and all(len(s) == 4 for s in shapes)
        and shapes[0][0] == shapes[1][0]
        and shapes[0][2:] == shapes[1][2:]
    ):
        return (
            f": {shapes[0][1]} inputs there, {shapes[1][1]} here; spread them with an init around this one, "
            "such as {name: cyclic, of: ...}"
        )
    return f": {shapes[0]} there, {shapes[1]} here; set the same fit.net, or `part: matching`"
