"""One clean forward pass for all questions about an image."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def shared_pass(net: nn.Module) -> Iterator[None]:
    """Keeps the last two answers of a network, and gives them again for the same images.

    One is that for the images as they are, the other that for images that a question has changed.
    A network whose layers are hooked, as perturbations of features hook them, is always asked.
    """
    original = net.forward
    answers: deque[tuple[Tensor, Tensor]] = deque(maxlen=2)

    def forward(images: Tensor) -> Tensor:
        """Asks the network, unless it was asked this before and nothing in it is changed."""
        if _is_hooked(net):
            answer: Tensor = original(images)
            return answer
        for known_images, known_answer in answers:
            if torch.equal(known_images, images):
                return known_answer.clone()
        answer = original(images)
        answers.append((images, answer.clone()))
        return answer

    net.forward = forward
    try:
        yield
    finally:
        del net.forward


def _is_hooked(net: nn.Module) -> bool:
    """Whether anything looks at a layer of a network, or changes it, while it runs."""
    return any(module._forward_hooks or module._forward_pre_hooks for module in net.modules())
