"""How exact torch is told to be."""

from typing import Any

import torch


def precision_of_convolutions() -> str:
    """Returns how convolutions of float32 on a card are rounded: ieee is not at all."""
    backends: Any = torch.backends
    precision: str = backends.cudnn.conv.fp32_precision
    return precision
