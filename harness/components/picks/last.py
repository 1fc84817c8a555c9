"""The end of training."""

from torch import nn

from harness.components.picks import pick
from harness.data.images import Domains


@pick
def last(net: nn.Module, data: Domains) -> float:
    """The weights after the last epoch."""
    return 0.0
