"""Every pixel weighs the same: what other weights are compared with."""

import torch
from torch import Tensor

from harness.components.weights import weight
from harness.data.images import Labelled


@weight
def uniform(source: Labelled) -> Tensor:
    """Every pixel weighs 1, so that a loss is its plain mean."""
    return torch.ones(source.masks.shape, device=source.masks.device)
