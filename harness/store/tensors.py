"""Tensors in safetensors files; torch is loaded only where a tensor is."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.store.files import give_usual_mode, replacing, sync

if TYPE_CHECKING:
    from torch import Tensor


def save_tensors(
    path: Path,
    tensors: "dict[str, Tensor]",
    description: dict[str, Any] | None = None,
) -> None:
    """Tensors and a plain value in one safetensors file, whole or not at all."""
    from safetensors.torch import save_file  # torch is not needed to look into a store

    addresses: set[int] = set()
    ready: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        value = tensor.detach().cpu().contiguous()
        address = value.data_ptr()
        if address in addresses:  # the format refuses shared memory
            value = value.clone()
        addresses.add(address)
        ready[name] = value
    with replacing(path) as unfinished:
        save_file(ready, unfinished, metadata={"about": json.dumps(description or {})})
        give_usual_mode(unfinished)
        sync(unfinished)


def load_tensors(path: Path) -> "tuple[dict[str, Tensor], dict[str, Any]]":
    """What `save_tensors` wrote."""
    from safetensors import safe_open

    with safe_open(path, framework="pt") as handle:
        description = json.loads((handle.metadata() or {}).get("about", "{}"))
        names = handle.keys()
        return {name: handle.get_tensor(name) for name in names}, description


def load_weights(path: Path) -> "dict[str, Tensor]":
    """The weights in a checkpoint."""
    return load_tensors(path)[0]
