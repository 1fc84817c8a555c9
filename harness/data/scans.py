"""What a dataset yields for a split."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.generic] | Sequence[NDArray[np.generic]]
Masks = NDArray[np.integer] | Sequence[NDArray[np.integer]]


@dataclass(frozen=True)
class Scans:
    """Images of a split, in order; slices of a volume stand side by side and share its name."""

    images: Images  # (n, h, w) or (n, h, w, c); a list where sizes differ
    masks: Masks | None  # (n, h, w): labels 0 .. k-1, or instance ids
    ids: Sequence[str]  # a name for each image, the same in every run
    volumes: Sequence[str]  # the volume of each image: 2D+ neighbours are taken inside it only
    groups: Sequence[str] | None = None  # patient, slide, domain: what must not be split
    classes: tuple[str, ...] = ("background", "foreground")  # () for instance ids
    ignore: int | None = None  # the label that is neither trained on nor counted
    sources: tuple[Path, ...] = ()  # the files behind it: a change on disk shows in their stamps

    def __len__(self) -> int:
        return len(self.ids)
