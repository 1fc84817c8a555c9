"""What a network says of images together with the features on its way there, from one pass."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Answer:
    """What a network says of images, and the features that critics and painters look at."""

    logits: Tensor
    bottleneck: Tensor  # the deepest features of the encoder
    last: Tensor  # what the convolution gets that makes the logits


def answer_of(net: nn.Module) -> Callable[[Tensor], Answer]:
    """Makes a function of images that passes them through the network once.

    It is made before anything hangs on the network: the convolution that makes the logits is the
    last that the network has.
    """
    encoder = encoder_of(net)
    head = [module for module in net.modules() if isinstance(module, nn.Conv2d)][-1]

    def answer(images: Tensor) -> Answer:
        """Returns the logits and the features of one pass."""
        features: dict[str, Tensor] = {}

        def see_encoder(module: nn.Module, inputs: Any, output: Any) -> None:
            features["bottleneck"] = output[-1]

        def see_last(module: nn.Module, inputs: Any) -> None:
            features["last"] = inputs[0]

        hooks = [
            encoder.register_forward_hook(see_encoder),
            head.register_forward_pre_hook(see_last),
        ]
        try:
            logits = net(images)
        finally:
            for hook in hooks:
                hook.remove()
        return Answer(logits, features["bottleneck"], features["last"])

    return answer


@torch.no_grad()
def shapes_of(
    net: nn.Module, answer: Callable[[Tensor], Answer], channels: int, side: int
) -> tuple[int, torch.Size]:
    """Returns the number of logits of each pixel, and the shape of the last features of an image.

    The network is asked in evaluation mode, so that no batch norm counts, and stays in it.
    """
    net.eval()
    device = next(net.parameters()).device
    image = torch.zeros(1, channels, side, side, device=device)
    example = answer(image)
    return example.logits.shape[1], example.last.shape[1:]


def encoder_of(net: nn.Module) -> nn.Module:
    """Returns the encoder; a network without one that says its widths is refused."""
    encoder = getattr(net, "encoder", None)
    if not isinstance(encoder, nn.Module) or not hasattr(encoder, "out_channels"):
        raise ValueError(f"fit.method: {type(net).__name__} has no encoder with features to adapt")
    return encoder


def painted_widths(net: nn.Module, channels: int) -> list[int]:
    """Returns how many maps a painter has at each size, from the bottleneck up.

    They are the encoder's. Where an encoder's first features are the images, it is those below.
    """
    encoder: Any = encoder_of(net)
    widths = list(reversed(encoder.out_channels))
    if widths[-1] == channels and len(widths) > 1:
        widths[-1] = widths[-2]
    return widths
