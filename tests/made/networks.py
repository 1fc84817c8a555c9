"""Parts as a study writes them, and small networks, each the same in every run."""

from typing import Any

import torch
from torch import nn

from harness.components.nets.tiny_unet import tiny_unet
from harness.spec.enclosing import Enclosing
from harness.spec.parse import read_fit, read_part
from harness.spec.values import Fit, Part
from harness.train.build import as_function


def part_of(kind: str, raw: Any) -> Part:
    """Reads a part as a study file writes it, and insists that nothing is wrong with it."""
    problems: list[Any] = []
    part = read_part(kind, raw, (), problems, Enclosing())
    assert part is not None, problems
    assert not problems
    return part


def function_of(kind: str, raw: Any) -> Any:
    """Returns the function of a part, with the options that the study file sets."""
    return as_function(part_of(kind, raw), None)


def fit_of(**settings: object) -> Fit:
    """Reads a fit of a tiny network on stacks of three phantom slices, with some settings
    changed.
    """
    raw: dict[str, object] = {
        "train_on": {"name": "phantom", "slices": 4, "size": 48},
        "net": {"arch": "tiny_unet", "slices": 3},
    }
    raw.update(settings)
    problems: list[Any] = []
    fit = read_fit(raw, (), problems)
    assert fit is not None, problems
    return fit


def tiny_network(width: int = 2, seed: int = 0) -> nn.Module:
    """Builds a network of one channel and one class that is ready to be asked."""
    torch.manual_seed(seed)
    return tiny_unet(1, 1, width=width).eval()
