"""One epoch of a phase: its steps, and the scores at its end."""

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from harness.data.images import Domains
from harness.store import save_tensors
from harness.train.batches import are_apart, streams_of_steps
from harness.train.one_step import Steps, Streams
from harness.train.phases import Clock, Phase, train_mode
from harness.train.recording import Recorder
from harness.train.state import FitInProgress, checkpoint_weights
from harness.train.true_float32 import true_float32

CHECK_EVERY = 50  # steps; reading a number off a GPU makes it wait

Losses = dict[str, dict[int, Tensor]]  # of each term, at the steps at which its player learned


class Diverged(Exception):
    """The loss is no number any more."""

    def __init__(self, phase: str, epoch: int, step: int) -> None:
        self.phase = phase
        self.epoch = epoch
        self.step = step
        super().__init__(f"the loss is not a number at step {step} (phase {phase}, epoch {epoch})")


def run_epoch(recorder: Recorder, *, epoch: int, count: int) -> dict[str, float]:
    """Takes so many steps, an epoch, in training mode and returns the mean of each loss."""
    steps = recorder.steps
    phase, training = steps.phase, steps.training
    train_mode(steps.net)
    state = training.state
    first = epoch * count
    losses: Losses = {}
    for i, streams in enumerate(_streams(steps, first, count)):
        clock = Clock(first + i, phase.epochs * count, epoch, count, state.watched)
        _set_learning_rates(phase, steps.optimisers, clock)
        for name, value in recorder.take(clock, streams).items():
            losses.setdefault(name, {})[clock.step] = value
        if i + 1 == count or (i + 1) % CHECK_EVERY == 0:
            _check_finite(losses, phase.name, epoch)
        training.report(
            {
                "phase": phase.name,
                "epoch": epoch,
                "epochs": phase.epochs,
                "step": i + 1,
                "steps": count,
            }
        )
    return {name: float(_in_order_of_steps(values).mean()) for name, values in losses.items()}


def _streams(steps: Steps, first: int, count: int) -> Iterable[Streams | None]:
    """Yields the crops of each step of an epoch where they are fetched ahead, else None."""
    training = steps.training
    if not are_apart(steps.data, steps.phase, training.device):
        return [None] * count
    numbers = range(first, first + count)
    return streams_of_steps(training.spec, steps.data, steps.phase, training.state.phase, numbers)


def _set_learning_rates(phase: Phase, optimisers: list[Any], clock: Clock) -> None:
    """Sets each player's learning rate to what the schedule says for this step."""
    for optimiser, player in zip(optimisers, phase.players, strict=True):
        schedule = player.schedule or phase.schedule
        rate = phase.rate_of(player) * schedule(clock)
        for group in optimiser.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate


def _in_order_of_steps(values: dict[int, Tensor]) -> Tensor:
    """Returns the values of a term in the order of their steps."""
    return torch.stack(list(values.values()))


def _check_finite(losses: Losses, phase: str, epoch: int) -> None:
    """Raises Diverged for the first step of the epoch at which a loss is no number."""
    bad_steps = []
    for values in losses.values():
        is_finite = torch.isfinite(_in_order_of_steps(values)).tolist()
        for step, is_number in zip(values, is_finite, strict=True):
            if not is_number:
                bad_steps.append(step)
    if bad_steps:
        raise Diverged(phase, epoch + 1, min(bad_steps))


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
        with true_float32():
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
        with true_float32():
            score = float(pick(judged, data))
        scores[f"pick/{pick.__name__}"] = score
        if is_better(score, state.best.get(key)):
            state.best[key] = score
            path = training.folder / f"{key}.safetensors"
            weights = training.writer.on_host(checkpoint_weights(training, judged))
            training.writer.write(partial(save_tensors, path, weights, {"epoch": state.epoch}))
    return scores


def _loss_of_first_player(phase: Phase, losses: dict[str, float]) -> float:
    """Returns the mean training loss of an epoch: the sum of the terms of the first player.

    In an epoch in which that player took no step, it is the sum over all players.
    """
    whole = f"loss/{phase.players[0].name}"
    terms = []
    for name, value in losses.items():
        is_term = name.startswith(f"{whole}/")
        if name == whole or is_term:
            terms.append(value)
    if not terms:
        terms = list(losses.values())
    return sum(terms)


def is_better(score: float, best: float | None) -> bool:
    """Tells whether a score beats the best one so far: NaN never does, and is always beaten."""
    if math.isnan(score):
        return False
    if best is None or math.isnan(best):
        return True
    return score > best
