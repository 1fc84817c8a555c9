"""Every pixel weighs the same: vanilla fine-tuning, which other weights are compared with."""

import torch
from torch import Tensor, nn

from harness.components.weights import weight
from harness.data.images import Labelled


@weight
def uniform(source: Labelled, net: nn.Module) -> Tensor:
    """Every pixel weighs 1, so that a loss is its plain mean."""
    return torch.ones(source.masks.shape, device=source.masks.device)
