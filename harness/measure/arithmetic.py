"""How a trial is computed while it is measured: exactly, and on a card always in one order."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import torch

from harness.train.repeatable import FixedOrder, arithmetic
from harness.train.true_float32 import true_float32


@contextmanager
def measuring_arithmetic(device: torch.device) -> Iterator[None]:
    """While it is open, float32 is no TF32, and a map that is made twice has the same bits."""
    with ExitStack() as stack:
        if device.type == "cuda":
            stack.enter_context(arithmetic(device, "float32"))
            stack.enter_context(FixedOrder())
        stack.enter_context(true_float32())
        yield
