"""One step of a phase: its crops, the step of each player, and what the method does after them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from harness.data.images import Domains
from harness.train.batches import Augmentations, augmented_batch, batch_of_step
from harness.train.crops import Crops
from harness.train.draws import Draws
from harness.train.memory import no_memory_for_crops
from harness.train.phases import Batch, Clock, Phase, Player
from harness.train.repeatable import FixedOrder
from harness.train.state import FitInProgress
from harness.train.step import is_out_of_memory, precision_of, update

Streams = dict[str, Crops]
Terms = dict[str, Tensor]  # the value of each term of each player's loss, by its name


@dataclass(frozen=True)
class Steps:
    """What all steps of a phase have in common."""

    training: FitInProgress
    net: nn.Module
    data: Domains
    phase: Phase
    optimisers: list[Any]
    augment: Augmentations
    draws: Draws

    def learners(self, clock: Clock) -> Iterator[tuple[Any, Player]]:
        """Yields the players that learn at a step, each with its optimiser."""
        for optimiser, player in zip(self.optimisers, self.phase.players, strict=True):
            if clock.step % player.every == 0:
                yield optimiser, player


def take_step(steps: Steps, clock: Clock, streams: Streams | None) -> tuple[Terms, Batch]:
    """Takes the step that the draws are at; returns the terms of its losses, and what it saw.

    `streams` are its crops where they were fetched before; else they are drawn here.
    """
    if steps.training.device.type != "cuda":
        return _take_step(steps, clock, streams)
    with FixedOrder():
        return _take_step(steps, clock, streams)


def _take_step(steps: Steps, clock: Clock, streams: Streams | None) -> tuple[Terms, Batch]:
    """Takes a step, whatever the operations are called by."""
    phase, training = steps.phase, steps.training
    batch = _batch(steps, clock, streams)
    terms: Terms = {}
    for optimiser, player in steps.learners(clock):
        for name, value in update(training, player, batch, optimiser).items():
            terms[f"loss/{player.name}{name}"] = value
    if phase.after_step is not None:
        with torch.no_grad(), precision_of(training):
            phase.after_step(batch)
    return terms, batch


def _batch(steps: Steps, clock: Clock, streams: Streams | None) -> Batch:
    """Returns the augmented batch of a step."""
    progress = clock.step / clock.total
    spec = steps.training.spec
    try:
        if streams is not None:
            return augmented_batch(spec, streams, steps.augment, steps.draws, progress=progress)
        return batch_of_step(
            spec, steps.data, steps.phase, steps.augment, steps.draws, progress=progress
        )
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise no_memory_for_crops(steps.training, steps.phase, steps.data) from error
