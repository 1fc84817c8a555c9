"""The first convolution, where slices meet colours: found, lent to colour weights, tied across slices."""

import copy
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

COLOURS = 3
Tie = Literal["none", "mirrored", "all"]


def first_conv(net: nn.Module) -> nn.Conv2d:
    """The convolution that sees the images: the first that the network lists."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            return module
    raise ValueError(f"{type(net).__name__} has no convolution to give colour weights to")


@torch.no_grad()
def from_colours(
    net: nn.Module, of: Callable[[nn.Module], None], spread: Callable[[Tensor], Tensor]
) -> None:
    """Runs an init as if the network saw red, green and blue, then spreads its first kernels over the slices."""
    mine = first_conv(net)
    lent = copy.deepcopy(mine)
    lent.in_channels = COLOURS
    lent.weight = nn.Parameter(mine.weight.new_empty(mine.out_channels, COLOURS, *mine.kernel_size))
    lent.weight.fill_(torch.nan)
    _exchange(net, mine, lent)
    try:
        of(net)
    finally:
        _exchange(net, lent, mine)
    if not torch.isfinite(lent.weight).all():
        raise ValueError(
            "fit.init.of: it sets no weights for three colours; take imagenet, photos, file or trained"
        )
    mine.weight.copy_(spread(lent.weight.detach()))
    if mine.bias is not None and lent.bias is not None:
        mine.bias.copy_(lent.bias)


def tied(net: nn.Module, tie: Tie, slices: int) -> nn.Module:
    """The same kernel for slices equally far from the middle, or for all: folding the input does what tying would."""
    if tie != "none":
        first_conv(net).register_forward_pre_hook(_folded(tie, slices))
    return net


def _folded(tie: Tie, slices: int) -> Callable[..., Any]:
    """A convolution is linear: the kernels' mean on the slices is the kernels on the slices' mean."""

    def fold(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        images = inputs[0]
        stack = images.unflatten(1, (slices, -1))
        if tie == "mirrored":
            return (((stack + stack.flip(1)) / 2).flatten(1, 2),)
        return (stack.mean(1, keepdim=True).expand_as(stack).flatten(1, 2),)

    return fold


def _exchange(net: nn.Module, old: nn.Module, new: nn.Module) -> None:
    for module in net.modules():
        for name, child in module.named_children():
            if child is old:
                setattr(module, name, new)
                return
