"""Optimisers: (parameters, learning rate) -> torch optimiser."""

import torch
from torch import nn

from harness.spec.catalogue import register
from harness.spec.options import Fraction, NonNegative

optimiser = register("optimiser")


@optimiser
def adam(
    parameters: list[nn.Parameter],
    lr: float,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    decay: NonNegative = 0.0,
) -> torch.optim.Optimizer:
    """Adam, with weight decay as part of the gradient."""
    return torch.optim.Adam(parameters, lr=lr, betas=betas, weight_decay=decay, fused=True)


@optimiser
def adamw(
    parameters: list[nn.Parameter],
    lr: float,
    *,
    betas: tuple[float, float] = (0.9, 0.999),
    decay: NonNegative = 0.01,
) -> torch.optim.Optimizer:
    """Adam with decoupled weight decay."""
    return torch.optim.AdamW(parameters, lr=lr, betas=betas, weight_decay=decay, fused=True)


@optimiser
def sgd(
    parameters: list[nn.Parameter],
    lr: float,
    *,
    momentum: Fraction = 0.9,
    nesterov: bool = False,
    decay: NonNegative = 0.0,
) -> torch.optim.Optimizer:
    """Stochastic gradient descent with momentum."""
    return torch.optim.SGD(
        parameters, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=decay, fused=True
    )
