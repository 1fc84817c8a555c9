"""One step of one player; out of memory, a batch is cut into pieces whose gradients are added."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from harness.spec.values import Part
from harness.train.memory import no_memory_for_one
from harness.train.phases import Batch, Player
from harness.train.state import FitInProgress

CPU_OUT_OF_MEMORY = "DefaultCPUAllocator: can't allocate memory"


def update(
    training: FitInProgress, player: Player, batch: Batch, optimiser: Any
) -> dict[str, Tensor]:
    """Takes one step of one player and returns the value of each term of its loss.

    Out of memory, it tries again with twice as many pieces of the batch. Their gradients add up to
    that of the whole where the loss is a mean over images; batch norm, which sees one piece at a
    time, counts other statistics than those of the whole. A step of one crop that does not fit is
    refused with what would.
    """
    while True:
        pieces = training.state.pieces.get(player.name, 1)
        try:
            optimiser.zero_grad(set_to_none=True)
            terms = backward(training, player, batch, pieces)
            optimiser.step()
            return terms
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            if pieces >= batch.size:
                raise no_memory_for_one(training, batch) from error
        batch.values.clear()
        if training.device.type == "cuda":
            torch.cuda.empty_cache()
        training.state.pieces[player.name] = pieces * 2


def is_out_of_memory(error: BaseException | None) -> bool:
    """Tells whether memory ran out, on a GPU or beside it."""
    return isinstance(error, torch.OutOfMemoryError) or CPU_OUT_OF_MEMORY in str(error)


def backward(
    training: FitInProgress, player: Player, batch: Batch, pieces: int
) -> dict[str, Tensor]:
    """Adds up the gradients of the whole batch piece by piece; returns the value of each term."""
    total: dict[str, Tensor] = {}
    for share, piece in _pieces(batch, pieces):
        with precision_of(training):
            loss = player.loss(piece)
        terms: dict[str, Tensor] = {}
        if isinstance(loss, dict):
            for name, value in loss.items():
                terms[f"/{name}"] = value
        else:
            terms[""] = loss
        for value in terms.values():
            _check_number(training, value)
        whole_loss = sum(terms.values(), torch.zeros((), device=training.device))
        (whole_loss * share).backward()
        for name, value in terms.items():
            before = total.get(name, torch.zeros((), device=value.device))
            total[name] = before + value.detach() * share
    return total


def _check_number(training: FitInProgress, value: object) -> None:
    """Refuses a loss that is not one number, and names the component that it came from."""
    if isinstance(value, Tensor) and value.numel() == 1:
        return
    method = training.spec.method
    loss = method.options.get("loss")
    part = loss if isinstance(loss, Part) else method
    answer = f"a tensor {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)[:80]
    raise ValueError(
        f"{part.kind} {part.name} gives {answer} instead of one number "
        f"({part.component.defined_at})"
    )


def precision_of(training: FitInProgress) -> torch.autocast:
    """Returns the context in which networks answer in the precision of the fit."""
    half = training.spec.precision == "bfloat16"
    return torch.autocast(training.device.type, dtype=torch.bfloat16, enabled=half)


def _pieces(batch: Batch, pieces: int) -> Iterator[tuple[float, Batch]]:
    """Yields pieces of a batch, each with its share of the whole."""
    if pieces == 1:
        yield 1.0, batch
        return
    size = batch.size
    for i in range(pieces):
        cut = slice(i * size // pieces, (i + 1) * size // pieces)
        if cut.start == cut.stop:
            continue
        values = batch.values.setdefault((i, pieces), {})
        yield (cut.stop - cut.start) / size, batch.piece(i, pieces, values)
