"""One epoch of a phase: its steps, and the scores at its end."""

import math
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from harness.data.images import Domains
from harness.store import save_tensors
from harness.train.batches import batches, seed_from
from harness.train.phases import Clock, Phase, train_mode
from harness.train.state import FitInProgress, checkpoint_weights
from harness.train.step import precision_of, update

CHECK_EVERY = 50  # steps; reading a number off a GPU makes it wait


class Diverged(Exception):
    """The loss is no number any more."""

    def __init__(self, phase: str, epoch: int, step: int) -> None:
        self.phase = phase
        self.epoch = epoch
        self.step = step
        super().__init__(f"the loss is not a number at step {step} (phase {phase}, epoch {epoch})")


def run_epoch(
    training: FitInProgress,
    net: nn.Module,
    data: Domains,
    phase: Phase,
    optimisers: list[Any],
    *,
    epoch: int,
    steps: int,
) -> dict[str, float]:
    """Takes the steps of one epoch in training mode and returns the mean of each loss."""
    train_mode(net)
    state = training.state
    players = list(zip(optimisers, phase.players, strict=True))
    first = epoch * steps
    losses: dict[str, list[Tensor]] = {}
    for i, batch in enumerate(batches(training, data, phase, first, steps)):
        clock = Clock(first + i, phase.epochs * steps, epoch, steps, state.watched)
        _set_learning_rates(phase, optimisers, clock)
        # dropout and the like
        torch.manual_seed(seed_from(training.spec.seed, f"step {state.phase}", first + i))
        for optimiser, player in players:
            if clock.step % player.every:
                continue
            for name, value in update(training, player, batch, optimiser).items():
                losses.setdefault(f"loss/{player.name}{name}", []).append(value)
        if phase.after_step is not None:
            with torch.no_grad(), precision_of(training):
                phase.after_step(batch)
        if i + 1 == steps or (i + 1) % CHECK_EVERY == 0:
            _check_finite(losses, phase.name, epoch, first)
        training.report(
            {
                "phase": phase.name,
                "epoch": epoch,
                "epochs": phase.epochs,
                "step": i + 1,
                "steps": steps,
            }
        )
    return {name: float(torch.stack(values).mean()) for name, values in losses.items()}


def _set_learning_rates(phase: Phase, optimisers: list[Any], clock: Clock) -> None:
    """Sets each player's learning rate to what the schedule says for this step."""
    for optimiser, player in zip(optimisers, phase.players, strict=True):
        schedule = player.schedule or phase.schedule
        rate = phase.rate_of(player) * schedule(clock)
        for group in optimiser.param_groups:
            group["lr"] = rate


def _check_finite(losses: dict[str, list[Tensor]], phase: str, epoch: int, first: int) -> None:
    """Raises Diverged for the first step of the epoch whose loss is no number."""
    for values in losses.values():
        is_finite = torch.isfinite(torch.stack(values))
        bad_steps = (~is_finite).nonzero()
        if len(bad_steps):
            step = first + int(bad_steps[0, 0])
            raise Diverged(phase, epoch + 1, step)


@torch.no_grad()
def end_of_epoch(
    training: FitInProgress,
    net: nn.Module,
    data: Domains,
    phase: Phase,
    losses: dict[str, float],
) -> dict[str, float]:
    """Scores an epoch in evaluation mode by what the phase watches and by every pick.

    A phase that watches nothing shows its schedules minus the training loss.

    The weights with the best score of a pick so far are saved as its checkpoint. An epoch whose
    score is no number is never the best.
    """
    net.eval()
    judged = phase.judged_module(net)
    state = training.state
    scores: dict[str, float] = {}
    if phase.watch is not None:
        scores["watch"] = phase.watch()
        state.watched.append(scores["watch"])
    elif losses:
        state.watched.append(-_loss_of_first_player(phase, losses))
    if not phase.selects:
        return scores
    data = replace(data, target=None)  # a pick names the images that it looks at
    for key, pick in training.picks.items():
        if pick.__name__ == "last":
            continue
        score = float(pick(judged, data))
        scores[f"pick/{pick.__name__}"] = score
        if is_better(score, state.best.get(key)):
            state.best[key] = score
            path = training.folder / f"{key}.safetensors"
            save_tensors(path, checkpoint_weights(training, judged), {"epoch": state.epoch})
    return scores


def _loss_of_first_player(phase: Phase, losses: dict[str, float]) -> float:
    """Returns the mean training loss of an epoch: the sum of the terms of the first player.

    In an epoch in which that player took no step, it is the sum over all players.
    """
    own = f"loss/{phase.players[0].name}"
    terms = [value for name, value in losses.items() if name == own or name.startswith(f"{own}/")]
    return sum(terms or losses.values())


def is_better(score: float, best: float | None) -> bool:
    """Tells whether a score beats the best one so far: NaN never does, and is always beaten."""
    if math.isnan(score):
        return False
    if best is None or math.isnan(best):
        return True
    return score > best
