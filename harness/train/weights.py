"""Weights of another network loaded into this one, wholly or where they fit."""

from typing import Literal

from torch import Tensor, nn

Share = Literal["all", "encoder", "matching"]


def load_into(net: nn.Module, weights: dict[str, Tensor], part: Share) -> None:
    """Loads weights into a network; a ValueError tells how the other network differs."""
    own = net.state_dict()
    if part == "encoder":
        weights = {name: value for name, value in weights.items() if name.startswith("encoder.")}
        if not weights:
            raise ValueError("fit.init.part: the other network has no part called encoder")
    if part == "matching":
        weights = _matching(own, weights)
        if not weights:
            raise ValueError(
                "fit.init.part: no weight of the other network has a place in this one"
            )
    name = _first_difference(own, weights, part)
    if name is not None:
        raise ValueError(f"fit.init: the other network differs at {name}{_why(name, own, weights)}")
    net.load_state_dict(weights, strict=False)


def _matching(own: dict[str, Tensor], weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Returns the weights that have the name and shape of one of the network's own."""
    matching = {}
    for name, value in weights.items():
        if name in own and own[name].shape == value.shape:
            matching[name] = value
    return matching


def _first_difference(
    own: dict[str, Tensor], weights: dict[str, Tensor], part: Share
) -> str | None:
    """Returns a name where the networks differ: in shape first, then missing, then superfluous."""
    differing, missing, superfluous = [], [], []
    for name, value in weights.items():
        if name not in own:
            superfluous.append(name)
        elif own[name].shape != value.shape:
            differing.append(name)
    for name in own:
        is_needed = part == "all" or (part == "encoder" and name.startswith("encoder."))
        if is_needed and name not in weights:
            missing.append(name)
    for names in (differing, missing, superfluous):
        if names:
            return min(names)
    return None


def _why(name: str, own: dict[str, Tensor], weights: dict[str, Tensor]) -> str:
    """Returns the rest of the sentence about a weight that differs, with the remedy."""
    remedy = "; set the same fit.net, or `part: matching`"
    if name not in own or name not in weights:
        return remedy
    own_shape, other_shape = tuple(own[name].shape), tuple(weights[name].shape)
    is_convolution = len(own_shape) == 4 and len(other_shape) == 4
    sees_images = not name.startswith("decoder.")  # a pruned decoder's inputs are no images
    if is_convolution and sees_images:
        same_outputs = own_shape[0] == other_shape[0]
        if same_outputs and own_shape[2:] == other_shape[2:]:
            return (
                f": {other_shape[1]} inputs there, {own_shape[1]} here; spread them with an init "
                "around this one, such as {name: cyclic, of: ...}"
            )
    return f": {other_shape} there, {own_shape} here{remedy}"
