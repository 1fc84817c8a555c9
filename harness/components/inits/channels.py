"""How the kernels for red, green and blue are spread over the slices of a stack (paper 000, section
4.2).
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from harness.components.inits import init
from harness.spec.options import Init
from harness.train.first_conv import COLOURS, first_conv, from_colours

RGB = ("red", "green", "blue")

# (kernels of three colours, number of slices) -> a kernel for each slice; both are (outputs,
# inputs, h, w)
Spread = Callable[[Tensor, int], Tensor]


@init
def keep(net: nn.Module, *, of: Init) -> None:
    """Slice for colour, as they stand: what happens where nobody thinks about it; three slices
    only.
    """

    def as_they_stand(weight: Tensor, slices: int) -> Tensor:
        """Returns the kernels unchanged; refuses any number of slices but three."""
        if slices != COLOURS:
            raise ValueError(
                f"fit.init: keep gives three slices a colour each, not {slices}; "
                "take cyclic or centred"
            )
        return weight

    _over_slices(net, of, as_they_stand)


@init
def uniform(
    net: nn.Module,
    *,
    of: Init,
    channel: Literal["red", "green", "blue"] = "green",
    rescale: bool = False,
) -> None:
    """Every slice starts from the kernels of one colour; `rescale` gives equal slices the answer's
    old norm.
    """

    def one_colour(weight: Tensor, slices: int) -> Tensor:
        colour = weight[:, [RGB.index(channel)]]
        return colour.expand(-1, slices, -1, -1)

    _over_slices(net, of, one_colour, rescale)


@init
def average(net: nn.Module, *, of: Init, rescale: bool = False) -> None:
    """Every slice starts from the mean of the three colours; with three slices the sum stays as it
    was.
    """

    def mean_colour(weight: Tensor, slices: int) -> Tensor:
        mean = weight.mean(1, keepdim=True)
        return mean.expand(-1, slices, -1, -1)

    _over_slices(net, of, mean_colour, rescale)


@init
def cyclic(net: nn.Module, *, of: Init, rescale: bool = True) -> None:
    """Red, green, blue, red, ... over any number of slices; `rescale` multiplies by 3/N, as the
    library does.
    """

    def in_turn(weight: Tensor, slices: int) -> Tensor:
        kernels = weight[:, torch.arange(slices, device=weight.device) % COLOURS]
        return kernels * COLOURS / slices if rescale else kernels

    _over_slices(net, of, in_turn)


@init
def centred(net: nn.Module, *, of: Init) -> None:
    """The colours on the three slices in the middle, nothing on those beyond: the network starts as
    with three.
    """

    def in_the_middle(weight: Tensor, slices: int) -> Tensor:
        if slices < COLOURS:
            return weight.sum(1, keepdim=True)
        beyond = (slices - COLOURS) // 2
        return nn.functional.pad(weight, (0, 0, 0, 0, beyond, beyond))

    _over_slices(net, of, in_the_middle)


@init
def inflated(net: nn.Module, *, of: Init) -> None:
    """The kernel for a grey image, divided among the slices: equal slices are answered as a grey
    image was.
    """

    def equal_shares(weight: Tensor, slices: int) -> Tensor:
        share = weight.sum(1, keepdim=True) / slices
        return share.expand(-1, slices, -1, -1)

    _over_slices(net, of, equal_shares)


def _over_slices(net: nn.Module, of: Init, spread: Spread, rescale: bool = False) -> None:
    """Runs `of` as if the network saw three colours, then spreads the first kernels over its
    slices.

    `rescale` brings the kernels' sum over the slices to the norm of the sum over the colours.
    """

    def to_slices(weight: Tensor) -> Tensor:
        kernels = spread(weight, first_conv(net).in_channels)
        if not rescale:
            return kernels
        return kernels * (weight.sum(1).norm() / kernels.sum(1).norm())

    from_colours(net, of, to_slices)
