"""A fit in progress, and the state saved after each epoch from which a stopped fit resumes."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from harness.spec.values import Fit
from harness.store import load_tensors, save_tensors
from harness.train.meter import Meter, Use
from harness.train.phases import FROZEN
from harness.train.writer import Writer

Report = Callable[[dict[str, Any]], None]


@dataclass
class ResumeState:
    """How far a fit has come: everything besides tensors that the next epoch depends on."""

    phase: int = 0
    epoch: int = 0
    step: int = 0  # over all phases
    watched: list[float] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    best: dict[str, float] = field(default_factory=dict)  # of each pick
    # player -> into how many pieces a batch is cut because memory ran out
    pieces: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    use: dict[str, float] = field(default_factory=dict)  # of memory and of a card: a `Use`

    def snapshot(self) -> dict[str, Any]:
        """Returns the state as it is now, whatever the fit does while it is written."""
        return {
            **self.__dict__,
            "watched": list(self.watched),
            "history": list(self.history),
            "best": dict(self.best),
            "pieces": dict(self.pieces),
            "use": dict(self.use),
        }


@dataclass
class FitInProgress:
    """A fit while it trains: what it was asked for, and how far it has come."""

    spec: Fit
    picks: dict[str, Callable[..., float]]  # by the picks' keys
    folder: Path
    device: torch.device
    report: Report
    shape: tuple[int, int] = (0, 0)  # input channels and outputs of the network
    # names of the tensors of the network as built, which alone go into a checkpoint
    checkpoint_names: set[str] = field(default_factory=set)
    records_steps: bool = True  # on a GPU, where nothing forbids it
    writer: Writer = field(default_factory=lambda: Writer(torch.device("cpu")))
    state: ResumeState = field(default_factory=ResumeState)
    meter: Meter = field(default_factory=lambda: Meter(torch.device("cpu")))
    started: float = field(default_factory=time.monotonic)


def save(training: FitInProgress, net: nn.Module, optimisers: list[Any]) -> None:
    """Saves the state after an epoch: tensors and history in one file, whole or not at all."""
    now = time.monotonic()
    training.state.seconds += now - training.started
    training.started = now
    note_use(training)
    tensors = {f"net.{name}": value for name, value in module_tensors(net).items()}
    for i, optimiser in enumerate(optimisers):
        for index, values in optimiser.state_dict()["state"].items():
            for name, value in values.items():
                if isinstance(value, Tensor):
                    tensors[f"optimiser.{i}.{index}.{name}"] = value
    path = training.folder / "state.safetensors"
    tensors = training.writer.on_host(tensors)
    notes = {"state": training.state.snapshot()}
    training.writer.write(partial(save_tensors, path, tensors, notes))


def note_use(training: FitInProgress, *, up_to_now: bool = False) -> Use:
    """Adds what the fit has used since this was last asked to its state; returns all of it."""
    use = Use(**training.state.use).plus(training.meter.take(up_to_now=up_to_now))
    training.state.use = asdict(use)
    return use


def resume(training: FitInProgress) -> dict[str, Tensor]:
    """Reads the state of the last saved epoch and returns its tensors, none if there is none."""
    path = training.folder / "state.safetensors"
    if not path.exists():
        return {}
    tensors, notes = load_tensors(path)
    training.state = ResumeState(**notes["state"])
    if training.state.epoch == 0:
        return {}
    return tensors


def restore(net: nn.Module, optimisers: list[Any], tensors: dict[str, Tensor]) -> None:
    """Sets the network and its optimisers to the saved tensors."""
    weights = {}
    for name, value in tensors.items():
        if name.startswith("net."):
            weights[name.removeprefix("net.")] = value
    restore_module(net, weights)
    for i, optimiser in enumerate(optimisers):
        optimiser_state: dict[int, dict[str, Any]] = {}
        for name, value in tensors.items():
            if name.startswith(f"optimiser.{i}."):
                _, _, index, key = name.split(".", 3)
                optimiser_state.setdefault(int(index), {})[key] = value
        groups = optimiser.state_dict()["param_groups"]
        optimiser.load_state_dict({"state": optimiser_state, "param_groups": groups})


def module_tensors(net: nn.Module) -> dict[str, Tensor]:
    """Returns all parameters and buffers, also those that are left out of a checkpoint."""
    tensors: dict[str, Tensor] = dict(net.state_dict())
    for name, buffer in net.named_buffers():
        if name.split(".")[-1] != FROZEN:  # freezing is what the method does again
            tensors[name] = buffer
    return tensors


@torch.no_grad()
def restore_module(net: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Sets parameters and buffers to saved tensors; a buffer takes the saved shape and type.

    So a buffer may have grown since it was hung on, as a pool of images does, or been None.
    """
    rest = dict(tensors)
    for path, module in net.named_modules():
        for name, buffer in module._buffers.items():
            full_name = f"{path}.{name}".removeprefix(".")
            if full_name not in tensors:
                continue
            module._buffers[name] = _restored_buffer(net, buffer, tensors[full_name])
            if name in module._non_persistent_buffers_set:  # which loading does not look for
                del rest[full_name]
    net.load_state_dict(rest)


def _restored_buffer(net: nn.Module, buffer: Tensor | None, saved: Tensor) -> Tensor:
    """Returns a buffer with its saved values: the same tensor where shape and type are the same."""
    if buffer is None:
        first_parameter = next(net.parameters())
        return saved.to(first_parameter.device)
    if (buffer.shape, buffer.dtype) != (saved.shape, saved.dtype):
        return saved.to(buffer.device)
    return buffer.copy_(saved)


def checkpoint_weights(training: FitInProgress, judged: nn.Module) -> dict[str, Tensor]:
    """Returns what a checkpoint holds: not the modules that a method hung onto the network.

    `judged` is the network, or the module that a phase evaluates in its place.
    """
    weights = {}
    for name, value in judged.state_dict().items():
        if name in training.checkpoint_names:
            weights[name] = value
    return weights
