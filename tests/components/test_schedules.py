"""Schedules of learning rates are those of torch."""

from functools import partial
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LinearLR, OneCycleLR, ReduceLROnPlateau, StepLR

from harness.components.schedules import linear, one_cycle, plateau, step
from harness.train.phases import Clock

STEPS = 4
EPOCHS = 10
TOTAL = STEPS * EPOCHS

PAIRS: dict[str, tuple[Any, Any]] = {
    "step": (
        partial(step, every=3, gamma=0.5),
        partial(StepLR, step_size=3 * STEPS, gamma=0.5),
    ),
    "one_cycle": (
        partial(one_cycle, rise=0.3, div=25, final_div=1e4),
        partial(
            OneCycleLR,
            max_lr=1.0,
            total_steps=TOTAL,
            div_factor=25,
            final_div_factor=1e4,
            cycle_momentum=False,
        ),
    ),
    "linear": (
        partial(linear, start=0.0, end=0.0),
        partial(LinearLR, start_factor=1.0, end_factor=0.0, total_iters=TOTAL),
    ),
}


def new_optimiser() -> torch.optim.Optimizer:
    """Returns an optimiser of one parameter whose learning rate is 1."""
    return torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)


@pytest.mark.parametrize("name", PAIRS)
def test_schedules_are_those_of_torch(name: str) -> None:
    schedule, torch_schedule = PAIRS[name]
    optimiser = new_optimiser()
    scheduler = torch_schedule(optimiser)
    for i in range(TOTAL):
        clock = Clock(i, TOTAL, i // STEPS, STEPS, [])
        expected = optimiser.param_groups[0]["lr"]
        assert schedule(clock) == pytest.approx(expected, abs=1e-9), i
        optimiser.step()
        scheduler.step()


def test_plateau_is_that_of_torch() -> None:
    scores = [1.0, 2, 2, 2, 2, 3, 1, 1, 1, 1, 1, 4, 4, 4, 4, 4]
    optimiser = new_optimiser()
    scheduler = ReduceLROnPlateau(optimiser, mode="max", factor=0.5, patience=2, threshold=0)
    for i, score in enumerate(scores):
        clock = Clock(i, 100, i, 1, scores[:i])
        expected = optimiser.param_groups[0]["lr"]
        assert plateau(clock, factor=0.5, patience=2) == expected
        scheduler.step(score)
