"""What a probe yields: rows of numbers, pictures, and arrays."""

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
class Row:
    """One number: of an image, of a volume or group, or of the whole test set."""

    metric: str
    value: float
    image: str | None = None
    group: str | None = None
    dimensions: dict[str, Any] = field(default_factory=dict)  # layer, channel, map, ...


@dataclass(frozen=True)
class Figure:
    """A picture: pixels (h, w) or (h, w, 3) from 0 to 255, or a matplotlib figure."""

    name: str
    picture: NDArray[np.uint8] | Any


@dataclass(frozen=True)
class Arrays:
    """Arrays that are stored beside the rows, as NAME.npz."""

    name: str
    arrays: dict[str, NDArray[Any]]
