"""Where a result was made, and by which code: what its record says beside the result."""

import platform
import sys
from typing import Any

import torch

from harness.spec.code_of import code_of
from harness.spec.values import Fit, Trial


def origin_of(value: Fit | Trial, device: torch.device) -> dict[str, Any]:
    """The computer, the device, the versions, and a digest of each component's code."""
    origin = {
        "host": platform.node(),
        "machine": platform.machine(),
        "device": device_name(device),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "platform": sys.platform,
        "code": code_of(value),
    }
    if isinstance(value, Fit) and device.type == "cuda":
        origin["deterministic"] = torch.are_deterministic_algorithms_enabled()
    return origin


def device_name(device: torch.device) -> str:
    """The name of a card, or the kind of device."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return device.type
