"""Which values masks hold, how often, and what they probably stand for."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.refused import first_few

NEAR = 0.1  # of the range: so near to its end a value counts as that end
LEAST_TOP = 64  # below it values are numbers of something, rather than grey
MOST_CLASSES = 8
# Of the pixels that are not dark, so many are nearly white where the others are only grey edges.
WHITE_SHARE = 0.6
WHITE_SHARE_OF_FEW = 0.8  # where there are so few values that they could be classes
BINARY = ({0}, {1}, {255}, {0, 1}, {0, 255})


@dataclass(frozen=True)
class GreyValues:
    """The distinct values of some masks in order, and how many pixels have each."""

    counts: Mapping[float, int]

    @property
    def values(self) -> list[float]:
        return list(self.counts)

    @property
    def are_whole(self) -> bool:
        return all(float(value).is_integer() for value in self.counts)

    @property
    def are_binary(self) -> bool:
        """Whether they are 0 and 1, or 0 and 255."""
        return not self.counts or set(self.counts) in BINARY

    @property
    def are_grey_edges(self) -> bool:
        """Whether they look like two classes whose edges are grey, as smoothing and JPEG make
        them.
        """
        low, top = self.values[0], self.values[-1]
        has_range = top >= LEAST_TOP or not self.are_whole
        if len(self.counts) < 3 or not has_range:
            return False
        if len(self.counts) <= MOST_CLASSES:
            not_dark = sum(self.counts.values()) - self.counts[low]
            return self.counts[top] >= WHITE_SHARE_OF_FEW * not_dark
        margin = NEAR * (top - low)
        return self._pixels(top - margin) >= WHITE_SHARE * self._pixels(low + margin)

    @property
    def are_classes(self) -> bool:
        """Whether they are few enough to be a number for each class."""
        return self.are_whole and 2 <= len(self.counts) <= MOST_CLASSES

    @property
    def middle(self) -> float:
        """The threshold half way between the darkest and the brightest."""
        middle = (self.values[0] + self.values[-1]) / 2
        return middle // 1 if self.are_whole else middle

    @property
    def stray_share(self) -> float:
        """The share of pixels that are neither the darkest nor the brightest."""
        total = sum(self.counts.values())
        ends = self.counts[self.values[0]] + self.counts[self.values[-1]]
        return (total - ends) / total

    def _pixels(self, low: float) -> int:
        """How many pixels are at least so bright."""
        pixels = 0
        for value, count in self.counts.items():
            if value >= low:
                pixels += count
        return pixels


def grey_values(masks: Iterable[NDArray[Any]]) -> GreyValues:
    """Counts the values of some masks."""
    counts: Counter[float] = Counter()
    for mask in masks:
        values, numbers = np.unique(mask, return_counts=True)
        counts.update(dict(zip(values.tolist(), numbers.tolist(), strict=True)))
    return GreyValues(dict(sorted(counts.items())))


def why_not_binary(grey: GreyValues) -> str:
    """Why masks are no binary ones, and what to say of them; nothing where they are."""
    if grey.are_binary:
        return ""
    text = f"the mask holds {first_few(grey.values)}; "
    otherwise = "labels: instances for objects with numbers, or classes: {name: value} for "
    if grey.are_grey_edges:
        ends = f"{grey.values[0]:g} nor {grey.values[-1]:g}"
        return (
            f"{text}{share_text(grey.stray_share)} of its pixels are neither {ends}. "
            f"Say threshold: {grey.middle:g} if these are grey edges (what is brighter is "
            f"foreground), {otherwise}other meanings"
        )
    return f"{text}a binary mask holds 0 and 1, or 0 and 255. Say {otherwise}several classes"


def share_text(share: float) -> str:
    """A share of pixels as people write it."""
    if share < 0.0001:
        return "less than 0.01 %"
    return f"{100 * share:.2g} %"
