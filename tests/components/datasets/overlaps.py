"""How far two masks agree."""

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def dice(first: Mask, second: Mask) -> float:
    """Returns twice the share of pixels that both masks have; 0 for two empty masks."""
    overlap = int(np.count_nonzero(first & second))
    area_of_first = int(np.count_nonzero(first))
    area_of_second = int(np.count_nonzero(second))
    total = max(1, area_of_first + area_of_second)
    return 2 * overlap / total
