"""Encoders that the libraries' authors pretrained on ImageNet, from their hub or from its cache."""

from torch import nn

from harness.components.inits import init
from harness.components.nets.hub import encoder_weights
from harness.train.weights import load_into


@init(needs=("encoder",))
def imagenet(net: nn.Module, *, weights: str = "imagenet") -> None:
    """The library's pretrained encoder for red, green and blue; `weights` names another set that it
    offers.
    """
    load_into(net, encoder_weights(str(net.encoder_name), weights), "encoder")
