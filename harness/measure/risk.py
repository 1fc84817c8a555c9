"""Maps of transferability -> hardness from 0 to 1, and the weights of paper 003 (Eqs. 5 and 6)."""

import torch
from torch import Tensor

from harness.measure.leep_map import FLAT


def scaled_hardness(transferability: Tensor) -> Tensor:
    """Returns a map of LEEP scaled to 0 .. 1, where 1 is the location that is hardest to transfer.

    Eq. 5 as printed, (t - min) / (max - min), gives 1 to the highest LEEP, the easiest location;
    the text says that values near 1 are the hard ones. So this is Eq. 5 of -LEEP. A map of one
    value, for which Eq. 5 is 0 / 0, has no hard location: it is 0. Several maps in one tensor are
    scaled together, so that one can be told from the other.
    """
    span = transferability.max() - transferability.min()
    if float(span) < FLAT:
        return torch.zeros_like(transferability)
    return (transferability.max() - transferability) / span


def risk_weights(transferability: Tensor, base: float = 10.0) -> Tensor:
    """Returns base ** hardness (Eq. 6): from 1 where transfer is easiest to 10 where it is
    hardest.
    """
    return base ** scaled_hardness(transferability)
