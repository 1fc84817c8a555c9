"""The memory that a recorded step reads and writes, which must be the same at each step."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from harness.train.crops import Crops
from harness.train.one_step import Streams
from harness.train.step import is_out_of_memory

NO_MEMORY = "there is no memory for it beside the step itself"


class Bound:
    """Which tensors a module has, so that a step that sets one anew is found out."""

    def __init__(self, net: nn.Module) -> None:
        """Remembers the parameters and the buffers of all modules."""
        self._parameters = [(name, value, value.data) for name, value in net.named_parameters()]
        self._buffers: list[tuple[str, nn.Module, str, Tensor | None]] = []
        for path, module in net.named_modules():
            for name, value in module._buffers.items():
                self._buffers.append((f"{path}.{name}", module, name, value))

    def put_back(self) -> str:
        """Gives each its tensor of before; returns the name of one that had another."""
        changed = ""
        for name, parameter, data in self._parameters:
            if parameter.data_ptr() != data.data_ptr():
                parameter.data = data
                changed = name
        for path, module, name, value in self._buffers:
            if module._buffers.get(name) is not value:
                module._buffers[name] = value
                changed = path.removeprefix(".")
        return changed


def copies_of(streams: Streams, device: torch.device) -> Streams:
    """Returns crops on the device in memory of their own, for a recording to read."""
    copies = {}
    for name, crops in streams.items():
        copies[name] = replace(
            crops,
            images=crops.images.to(device, copy=True),
            masks=None if crops.masks is None else crops.masks.to(device, copy=True),
            planes=_planes_on(crops.planes, device),
        )
    return copies


def _planes_on(planes: Mapping[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    copies = {}
    for name, plane in planes.items():
        copies[name] = plane.to(device, copy=True)
    return copies


def copy_into(own: Streams, streams: Streams) -> None:
    """Copies the crops of a step to where a recording reads them."""
    for name, crops in streams.items():
        for value, target in _pairs(crops, own[name]):
            target.copy_(value, non_blocking=True)


def _pairs(crops: Crops, own: Crops) -> list[tuple[Tensor, Tensor]]:
    """Pairs the tensors of crops with those of others of the same shape."""
    pairs = [(crops.images, own.images)]
    if crops.masks is not None and own.masks is not None:
        pairs.append((crops.masks, own.masks))
    pairs += [(plane, own.planes[name]) for name, plane in crops.planes.items()]
    return pairs


def are_same(value: Tensor, second: Tensor, repeats: bool) -> bool:
    """Tells whether two results agree: to the bit where arithmetic repeats."""
    if repeats or not value.is_floating_point():
        return torch.allclose(value, second, rtol=0, atol=0, equal_nan=True)
    return torch.allclose(value, second, rtol=1e-2, atol=1e-4, equal_nan=True)


def prepare_optimiser(optimiser: Any, device: torch.device) -> str:
    """Puts what an optimiser counts onto the GPU; returns why its steps cannot be recorded.

    The learning rate becomes a tensor, which a schedule changes under a recording.
    """
    is_of_torch = type(optimiser).__module__.startswith("torch.optim")
    can_count = all("capturable" in group or group.get("fused") for group in optimiser.param_groups)
    if not is_of_torch or not can_count:
        return f"the optimiser {type(optimiser).__name__} counts on the host"
    for group in optimiser.param_groups:
        if "capturable" in group:
            group["capturable"] = True
        group["lr"] = torch.tensor(float(group["lr"]), device=device)
    return ""


def why_not_recorded(error: Exception) -> str:
    """Says in a line why a step could not be recorded; what it names may lie behind the error."""
    if is_out_of_memory(error) or is_out_of_memory(error.__cause__):
        return NO_MEMORY
    return str(error).strip().split("\n")[0]
