"""No pretraining."""

from torch import nn

from harness.components.inits import init


@init
def random(net: nn.Module) -> None:
    """The weights as the network's library draws them, from the fit's seed."""
