"""Encoders that the libraries' authors pretrained on ImageNet, from their hub or from its cache."""

from torch import nn

from harness.components.inits import init
from harness.components.nets.hub import check_offered, encoder_weights
from harness.train.weights import load_into


@init(needs=("encoder",))
def imagenet(net: nn.Module, *, weights: str = "imagenet") -> None:
    """The library's pretrained encoder for red, green and blue; `weights` names another set that it
    offers.
    """
    load_into(net, encoder_weights(str(net.encoder_name), weights), "encoder")


def refuse_imagenet(net: nn.Module, *, weights: str) -> None:
    """Says before anything is trained that the library has no such weights of an encoder."""
    check_offered(str(net.encoder_name), weights)
