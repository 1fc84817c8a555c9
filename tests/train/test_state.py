"""What is saved of a fit comes back as it was."""

import torch
from torch import nn

from harness.train.phases import Memory, freeze
from harness.train.state import module_tensors, restore_module
from tests.made.fits import same_weights


class Buffers(nn.Module):
    """Buffers of the kinds that loading alone would not restore."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Conv2d(1, 1, 1)
        self.memory = Memory(pool=torch.zeros(0), steps=torch.zeros(()))
        self.register_buffer("later", None)
        self.register_buffer("secret", torch.zeros(2), persistent=False)
        self.register_buffer("secret_later", None, persistent=False)


def test_buffers_are_restored_that_grew_or_were_none_or_stay_out_of_checkpoints() -> None:
    net = Buffers()
    freeze(net.layer)
    net.memory.pool = torch.rand(3, 2)
    net.memory.steps += 7
    net.later = torch.rand(4)
    net.secret = torch.rand(2)
    net.secret_later = torch.arange(5)
    tensors = module_tensors(net)
    assert not any(name.endswith("frozen") for name in tensors)
    fresh = Buffers()
    steps = fresh.memory.steps
    restore_module(fresh, {name: value.clone() for name, value in tensors.items()})
    assert fresh.memory.steps is steps  # whoever holds it sees what was restored
    for name in ("later", "secret", "secret_later"):
        assert torch.equal(fresh.get_buffer(name), net.get_buffer(name)), name
    assert same_weights(module_tensors(fresh), tensors)
