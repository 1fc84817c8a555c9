"""How the kernels for red, green and blue are spread over the slices of a stack (paper 000, section 4.2)."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from harness.components.inits import init
from harness.spec.options import Init
from harness.train.first_conv import COLOURS, first_conv, from_colours

RGB = ("red", "green", "blue")


@init
def keep(net: nn.Module, *, of: Init) -> None:
    """Slice for colour, as they stand: what happens where nobody thinks about it; three slices only."""

    def unchanged(weight: Tensor) -> Tensor:
        if (count := first_conv(net).in_channels) != COLOURS:
            raise ValueError(
                f"fit.init: keep gives three slices a colour each, not {count}; take cyclic or centred"
            )
        return weight

    from_colours(net, of, unchanged)


@init
def uniform(
    net: nn.Module,
    *,
    of: Init,
    channel: Literal["red", "green", "blue"] = "green",
    rescale: bool = False,
) -> None:
    """Every slice starts from the kernels of one colour; `rescale` gives equal slices the answer's old norm."""
    k = RGB.index(channel)
    from_colours(
        net, of, _spread(net, lambda weight, n: weight[:, [k]].expand(-1, n, -1, -1), rescale)
    )


@init
def average(net: nn.Module, *, of: Init, rescale: bool = False) -> None:
    """Every slice starts from the mean of the three colours; with three slices the sum stays as it was."""
    from_colours(
        net,
        of,
        _spread(net, lambda weight, n: weight.mean(1, keepdim=True).expand(-1, n, -1, -1), rescale),
    )


@init
def cyclic(net: nn.Module, *, of: Init, rescale: bool = True) -> None:
    """Red, green, blue, red, ... over any number of slices; `rescale` multiplies by 3/N, as the library does."""

    def spread(weight: Tensor) -> Tensor:
        n = first_conv(net).in_channels
        taken = weight[:, torch.arange(n, device=weight.device) % COLOURS]
        return taken * COLOURS / n if rescale else taken

    from_colours(net, of, spread)


@init
def centred(net: nn.Module, *, of: Init) -> None:
    """The colours on the three slices in the middle, nothing on those beyond: the network starts as with three."""

    def around(weight: Tensor, n: int) -> Tensor:
        if n < COLOURS:
            return weight.sum(1, keepdim=True)
        return nn.functional.pad(weight, (0, 0, 0, 0, (n - COLOURS) // 2, (n - COLOURS) // 2))

    from_colours(net, of, _spread(net, around, False))


@init
def inflated(net: nn.Module, *, of: Init) -> None:
    """The kernel for a grey image, divided among the slices: equal slices are answered as a grey image was."""
    from_colours(
        net,
        of,
        _spread(
            net, lambda weight, n: (weight.sum(1, keepdim=True) / n).expand(-1, n, -1, -1), False
        ),
    )


def _spread(
    net: nn.Module, place: Callable[[Tensor, int], Tensor], rescale: bool
) -> Callable[[Tensor], Tensor]:
    def spread(weight: Tensor) -> Tensor:
        made = place(weight, first_conv(net).in_channels)
        return made * (weight.sum(1).norm() / made.sum(1).norm()) if rescale else made

    return spread
