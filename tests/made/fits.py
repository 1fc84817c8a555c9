"""Fits and trials that train within a second, and how tests compare the weights of two fits."""

from typing import Any

import torch
from torch import Tensor, nn

from harness.spec.parse import read_fit, read_trial
from harness.spec.values import LAST, Fit, Part, Trial
from harness.store import Home, load_weights
from harness.train.build import as_function, checkpoint
from harness.train.draws import Draws

CPU = torch.device("cpu")
FIT: dict[str, Any] = {
    "train_on": {"name": "phantom", "slices": 4, "size": 48},
    "net": {"arch": "tiny_unet", "slices": 3, "width": 2},
    "augment": ["flips", "noise"],
    "method": {"name": "supervised", "epochs": 3, "lr": 1e-3},
    "patch": 32,
    "batch": 4,
    "steps": 2,
}
FIT_OF_TRIAL: dict[str, Any] = {
    "train_on": {"name": "phantom", "slices": 4, "size": 48},
    "net": {"arch": "tiny_unet", "slices": 3, "width": 2},
    "method": {"name": "supervised", "epochs": 1},
    "patch": 32,
    "batch": 2,
    "steps": 2,
}
VALIDATED = Part("pick", "source_validation", {})


class Stop(BaseException):
    """Stands for a kill: nothing may catch it."""


def small_fit(**changes: Any) -> Fit:
    """Returns a fit of three epochs with two steps each, with some settings changed."""
    problems: list[Any] = []
    spec = read_fit({**FIT, **changes}, (), problems)
    assert spec is not None, problems
    return spec


def small_trial(**changes: Any) -> Trial:
    """Returns a trial whose fit takes two steps, with some settings of the two changed."""
    problems: list[Any] = []
    fit = {**FIT_OF_TRIAL, **changes.pop("fit", {})}
    trial = read_trial({"fit": fit, **changes}, problems)
    assert trial is not None, problems
    return trial


def draws_at(step: int, phase: int = 0, seed: int = 0) -> Draws:
    """Returns the draws of one step on a processor."""
    draws = Draws(seed, phase, CPU)
    draws.begin_step(step)
    return draws


def new_net(spec: Fit) -> nn.Module:
    """Returns the network of a fit, always with the same random weights."""
    torch.manual_seed(0)
    net: nn.Module = as_function(spec.net, None)(3, 1)
    return net


def weights_of(fit: Fit, home: Home, pick: Part = LAST) -> dict[str, Tensor]:
    """Reads the weights that a pick chose of a finished fit."""
    return load_weights(checkpoint(fit, pick, home))


def same_weights(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    """Tells whether two networks have the same tensors, to the bit."""
    if first.keys() != second.keys():
        return False
    return all(torch.equal(value, second[name]) for name, value in first.items())
