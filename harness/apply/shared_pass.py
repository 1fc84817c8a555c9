"""One clean forward pass for all questions about an image."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def shared_pass(net: nn.Module) -> Iterator[None]:
    """Keeps the last answer of a network, and gives it again for the same images.

    A network whose layers are hooked, as perturbations of features hook them, is always asked.
    """
    original = net.forward
    images_of_last: list[Tensor] = []
    last: list[Tensor] = []

    def forward(images: Tensor) -> Tensor:
        """Asks the network, unless it was asked this before and nothing in it is changed."""
        if _is_hooked(net):
            answer: Tensor = original(images)
            return answer
        if images_of_last and torch.equal(images_of_last[0], images):
            return last[0].clone()
        answer = original(images)
        images_of_last[:] = [images]
        last[:] = [answer.clone()]
        return answer

    net.forward = forward
    try:
        yield
    finally:
        del net.forward


def _is_hooked(net: nn.Module) -> bool:
    """Whether anything looks at a layer of a network, or changes it, while it runs."""
    return any(module._forward_hooks or module._forward_pre_hooks for module in net.modules())
