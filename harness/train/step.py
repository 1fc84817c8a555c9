"""One step of one player; out of memory, the batch is cut into pieces whose gradients are added up."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from harness.train.phases import Batch, Player
from harness.train.state import Making


def update(making: Making, player: Player, batch: Batch, optimiser: Any) -> dict[str, Tensor]:
    """One step of one player; out of memory, the batch is cut in two and tried again, its effect the same."""
    while True:
        pieces = making.state.pieces.get(player.name, 1)
        try:
            optimiser.zero_grad(set_to_none=True)
            terms = backward(making, player, batch, pieces)
            optimiser.step()
            return terms
        except (torch.OutOfMemoryError, RuntimeError) as error:
            size = max(len(batch.source.images), len(batch.target.images))
            if not _out_of_memory(error) or pieces >= size:
                raise
        batch.shared.clear()
        if making.device.type == "cuda":
            torch.cuda.empty_cache()
        making.state.pieces[player.name] = pieces * 2


def _out_of_memory(error: Exception) -> bool:
    return isinstance(
        error, torch.OutOfMemoryError
    ) or "DefaultCPUAllocator: can't allocate memory" in str(error)


def backward(making: Making, player: Player, batch: Batch, pieces: int) -> dict[str, Tensor]:
    """Gradients of the whole batch, gathered piece by piece; the value of each term."""
    total: dict[str, Tensor] = {}
    half = making.spec.precision == "bfloat16"
    for share, piece in _pieces(batch, pieces):
        with torch.autocast(making.device.type, dtype=torch.bfloat16, enabled=half):
            found = player.loss(piece)
        terms = {f"/{k}": v for k, v in found.items()} if isinstance(found, dict) else {"": found}
        (sum(terms.values(), torch.zeros((), device=making.device)) * share).backward()
        for name, value in terms.items():
            total[name] = (
                total.get(name, torch.zeros((), device=value.device)) + value.detach() * share
            )
    return total


def _pieces(batch: Batch, pieces: int) -> Iterator[tuple[float, Batch]]:
    if pieces == 1:
        yield 1.0, batch
        return
    size = max(len(batch.source.images), len(batch.target.images))
    for i in range(pieces):
        cut = slice(i * size // pieces, (i + 1) * size // pieces)
        if cut.start == cut.stop:
            continue
        both = [crops.some(cut) for crops in (batch.source, batch.target)]
        shared = batch.shared.setdefault(f"piece {i} of {pieces}", {})
        yield (
            (cut.stop - cut.start) / size,
            Batch(both[0], both[1], batch.rng, batch.progress, shared),
        )
