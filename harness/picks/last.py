"""The end of training."""

from torch import nn

from harness.phases import Domains
from harness.picks import pick


@pick
def last(net: nn.Module, data: Domains) -> float:
    """The weights after the last epoch."""
    return 0.0
