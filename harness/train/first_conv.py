"""The first convolution, where slices meet colours: found, given colour weights, tied."""

import copy
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

COLOURS = 3
Tie = Literal["none", "mirrored", "all"]


def first_conv(net: nn.Module) -> nn.Conv2d:
    """Returns the convolution that sees the images: the first that the network lists."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            return module
    raise ValueError(f"{type(net).__name__} has no convolution to give colour weights to")


@torch.no_grad()
def from_colours(
    net: nn.Module, of: Callable[[nn.Module], None], spread: Callable[[Tensor], Tensor]
) -> None:
    """Runs an init as if the network saw colours, then spreads its first kernels over slices."""
    own = first_conv(net)
    coloured = copy.deepcopy(own)
    coloured.in_channels = COLOURS
    empty = own.weight.new_empty(own.out_channels, COLOURS, *own.kernel_size)
    coloured.weight = nn.Parameter(empty)
    coloured.weight.fill_(torch.nan)
    _exchange(net, own, coloured)
    try:
        of(net)
    finally:
        _exchange(net, coloured, own)
    if not torch.isfinite(coloured.weight).all():
        raise ValueError(
            "fit.init.of: it sets no weights for three colours; "
            "take imagenet, photos, file or trained"
        )
    own.weight.copy_(spread(coloured.weight.detach()))
    if own.bias is not None and coloured.bias is not None:
        own.bias.copy_(coloured.bias)


def with_tied_slices(net: nn.Module, tie: Tie, slices: int) -> nn.Module:
    """Gives slices equally far from the middle, or all of them, the same first kernel.

    A convolution is linear, so its input is averaged instead: the mean of the kernels on the
    slices does the same as each kernel on the mean of the slices.
    """
    if tie != "none":
        first_conv(net).register_forward_pre_hook(_averaging_hook(tie, slices))
    return net


def _averaging_hook(tie: Tie, slices: int) -> Callable[..., Any]:
    """Returns a hook that averages the slices of a convolution's input that share a kernel."""

    def average(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Gives slices that share a kernel their mean."""
        stack = inputs[0].unflatten(1, (slices, -1))
        if tie == "mirrored":
            mean = (stack + stack.flip(1)) / 2
        else:
            mean = stack.mean(1, keepdim=True).expand_as(stack)
        return (mean.flatten(1, 2),)

    return average


def _exchange(net: nn.Module, old: nn.Module, new: nn.Module) -> None:
    """Puts a module where another one is in the network."""
    for module in net.modules():
        for name, child in module.named_children():
            if child is old:
                setattr(module, name, new)
                return
