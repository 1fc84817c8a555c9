"""The words a probe speaks: what it gets beside network and test set, and what it yields."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from harness.data.images import Labelled, Unlabelled


@dataclass(frozen=True)
class Original:
    """The network and the test set of a trial as they are without its perturbation."""

    net: nn.Module
    test: Labelled | Unlabelled


@dataclass(frozen=True)
class Perturbation:
    """A perturbation that is an option of a probe; called with the network, it is a context.

    The context yields the test set as the network is to see it: perturbed, with the network as it
    is, or unchanged, with features of the network perturbed as long as it is open. Images and ids
    stand in the same order. Another `draw` is another noise, or other features; what draws nothing
    is the same in each.
    """

    name: str
    strength: float
    level: str  # the name with what differs from the defaults, as reports write it
    family: str  # the level without the strength: perturbations that differ in strength alone
    moves: bool  # pixels, and masks with them, are elsewhere than in the test set
    switch_on: Callable[[nn.Module, int], AbstractContextManager[Labelled | Unlabelled]]

    def __call__(
        self, net: nn.Module, draw: int = 0
    ) -> AbstractContextManager[Labelled | Unlabelled]:
        """Switches the perturbation on for as long as the context is open."""
        return self.switch_on(net, draw)


@dataclass(frozen=True)
class Row:
    """One number: of an image, of a volume or group, or of the whole test set."""

    metric: str
    value: float
    image: str | None = None
    group: str | None = None
    dimensions: dict[str, Any] = field(default_factory=dict)  # layer, channel, map, ...


@dataclass(frozen=True)
class Figure:
    """A picture: pixels (h, w) or (h, w, 3) from 0 to 255, or a matplotlib figure.

    Its caption is kept as the description of the file, and no letter of it among the pixels.
    """

    name: str
    picture: NDArray[np.uint8] | Any
    caption: str = ""


@dataclass(frozen=True)
class Arrays:
    """Arrays that are stored beside the rows, as NAME.npz."""

    name: str
    arrays: dict[str, NDArray[Any]]
