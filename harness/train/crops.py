"""The crops that one stream gives to a step."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True)
class Crops:
    """One stream's share of a batch."""

    images: Tensor
    masks: Tensor | None = None
    which: Tensor | None = None  # the image that each crop is of
    planes: Mapping[str, Tensor] = field(default_factory=dict)  # (b, h, w): those of the images

    def slice_of(self, cut: slice) -> "Crops":
        """Returns a stretch of these crops."""
        masks, which = self.masks, self.which
        if masks is not None:
            masks = masks[cut]
        if which is not None:
            which = which[cut]
        planes = {name: plane[cut] for name, plane in self.planes.items()}
        return Crops(self.images[cut], masks, which, planes)

    def piece(self, number: int, of: int) -> "Crops":
        """Returns one of so many pieces of these crops.

        Where there are fewer crops than pieces, pieces that follow each other have the same crop.
        """
        count = len(self.images)
        if not count:
            return self
        start = number * count // of
        stop = (number + 1) * count // of
        return self.slice_of(slice(start, max(stop, start + 1)))
