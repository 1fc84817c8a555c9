"""A fit while it is made, and what of it is kept after each epoch to go on from."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from harness.spec.values import Fit
from harness.store import load_tensors, save_tensors

Report = Callable[[dict[str, Any]], None]


@dataclass
class State:
    """Where a fit is: everything besides tensors that the next epoch depends on."""

    phase: int = 0
    epoch: int = 0
    step: int = 0  # over all phases
    watched: list[float] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, float] = field(default_factory=dict)  # of each pick
    pieces: dict[str, int] = field(
        default_factory=dict
    )  # player -> parts a batch is cut into (out of memory)
    seconds: float = 0.0


@dataclass
class Making:
    """A fit while it is made."""

    spec: Fit
    picks: dict[str, Callable[..., float]]  # by the picks' keys
    folder: Path
    device: torch.device
    report: Report
    shape: tuple[int, int] = (0, 0)  # input channels and outputs of the network
    kept: set[str] = field(
        default_factory=set
    )  # tensors of the network as built: what a checkpoint holds
    state: State = field(default_factory=State)
    started: float = field(default_factory=time.monotonic)


def save(making: Making, net: nn.Module, optimisers: list[Any]) -> None:
    """The state after an epoch: tensors and history in one file, whole or not at all."""
    now = time.monotonic()
    making.state.seconds += now - making.started
    making.started = now
    tensors = {f"net.{name}": value for name, value in net.state_dict().items()}
    for i, optimiser in enumerate(optimisers):
        for index, values in optimiser.state_dict()["state"].items():
            for name, value in values.items():
                if isinstance(value, Tensor):
                    tensors[f"optimiser.{i}.{index}.{name}"] = value
    save_tensors(making.folder / "state.safetensors", tensors, {"state": making.state.__dict__})


def resume(making: Making) -> dict[str, Tensor]:
    """The tensors of the last saved epoch, none where there is none."""
    path = making.folder / "state.safetensors"
    if not path.exists():
        return {}
    tensors, about = load_tensors(path)
    making.state = State(**about["state"])
    return tensors if making.state.epoch else {}


def restore(net: nn.Module, optimisers: list[Any], tensors: dict[str, Tensor]) -> None:
    net.load_state_dict(
        {k.removeprefix("net."): v for k, v in tensors.items() if k.startswith("net.")}
    )
    for i, optimiser in enumerate(optimisers):
        kept: dict[int, dict[str, Any]] = {}
        for name, value in tensors.items():
            if name.startswith(f"optimiser.{i}."):
                _, _, index, key = name.split(".", 3)
                kept.setdefault(int(index), {})[key] = value
        optimiser.load_state_dict(
            {"state": kept, "param_groups": optimiser.state_dict()["param_groups"]}
        )
