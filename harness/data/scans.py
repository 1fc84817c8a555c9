"""What a dataset yields for one split."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Scans:
    """Images of one split, in order; slices of one volume stand next to each other and share its name."""

    images: (
        NDArray[np.generic] | Sequence[NDArray[np.generic]]
    )  # (n, h, w) or (n, h, w, c); a list where sizes differ
    masks: (
        NDArray[np.integer] | Sequence[NDArray[np.integer]] | None
    )  # (n, h, w): labels 0 .. k-1, or instance ids
    ids: Sequence[str]  # one name per image, the same in every run
    volumes: Sequence[str]  # the volume of each image: 2D+ neighbours are taken inside it only
    groups: Sequence[str] | None = None  # patient, slide, domain: what must not be split
    classes: tuple[str, ...] = (
        "background",
        "foreground",
    )  # names of the labels; () for instance ids
    ignore: int | None = None  # the label that is neither trained on nor counted
    sources: tuple[
        Path, ...
    ] = ()  # the files behind it, so that a change on disk is seen without reading them

    def __len__(self) -> int:
        return len(self.ids)
