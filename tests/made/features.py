"""Feature perturbations switched on, and what a layer then gives."""

from typing import Any

import torch
from torch import Tensor, nn

from harness.measure.layers import hooked_layers
from tests.made.networks import function_of


def perturbation(name: str, net: nn.Module, strength: float, **options: Any) -> Any:
    """Returns a context in which a perturbation of features is felt by a network."""
    raw = {"name": name, "strength": strength, **options}
    return function_of("perturb", raw)(net, strength)


def random_images(count: int, channels: int = 1, size: int = 32) -> Tensor:
    rng = torch.Generator().manual_seed(3)
    return torch.rand(count, channels, size, size, generator=rng)


@torch.no_grad()
def output_of_layer(net: nn.Module, batch: Tensor, layer: str) -> Tensor:
    """Returns what a layer gives, after whatever was there before has changed it."""
    outputs: dict[str, Tensor] = {}
    with hooked_layers(net, [layer], outputs.__setitem__):
        net(batch)
    return outputs[layer]
