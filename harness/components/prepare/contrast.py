"""Local contrast, made equal in each image by itself: nothing is learned from any domain."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from skimage.exposure import equalize_adapthist
from torch import Tensor

from harness.components.prepare import prepare
from harness.components.prepare.one_by_one import change_one_by_one
from harness.data.images import Domains, Unlabelled
from harness.spec.options import Count, Fraction


@prepare
def clahe(
    images: Unlabelled,
    domains: Domains,
    *,
    implementation: Literal["scikit-image"] = "scikit-image",
    kernel: Count | None = None,
    clip: Fraction = 0.01,
    bins: Count = 256,
) -> Tensor:
    """Contrast limited adaptive histogram equalisation (Zuiderveld 1994).

    `kernel` is the side of a tile, an eighth of each side where it is not given. The parameters are
    the library's, as paper 002 gives none.
    """

    def change(plane: NDArray[np.float32]) -> NDArray[np.float64]:
        """Equalises a plane; one of one grey level stays, which the library would make white."""
        if plane.min() == plane.max():
            return plane.astype(np.float64)
        equalised: NDArray[np.float64] = equalize_adapthist(
            np.clip(plane, 0, 1), kernel_size=kernel, clip_limit=clip, nbins=bins
        )
        return equalised

    return change_one_by_one(images, change)
