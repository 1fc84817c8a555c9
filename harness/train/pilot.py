"""A fit tried for two steps of each phase, to tell how long the whole of it takes."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from harness.data.images import Domains
from harness.spec.values import Fit, Part
from harness.store import Home
from harness.train.epoch import end_of_epoch, run_epoch
from harness.train.finish import finish
from harness.train.loop import open_phase, open_training, steps_of_epoch
from harness.train.phase_checks import check_phase
from harness.train.phases import Phase
from harness.train.repeatable import arithmetic
from harness.train.state import FitInProgress, save
from harness.train.writer import writer_for

STEPS = 2  # that are timed
WARM_STEPS = {"cuda": 4}  # taken before, for a card records its steps in them
FEW_WARM_STEPS = 1  # on any other device


@dataclass(frozen=True)
class PhaseTiming:
    """What a phase of a fit costs."""

    name: str
    epochs: int
    steps: int  # of an epoch
    step: float  # seconds
    end: float  # seconds at the end of an epoch, for validation and the saved state

    @property
    def seconds(self) -> float:
        """The seconds of the whole phase."""
        return self.epochs * (self.steps * self.step + self.end)


@dataclass(frozen=True)
class FitTiming:
    """What a fit costs: until it begins, and in each phase."""

    setup: float
    phases: tuple[PhaseTiming, ...]

    def to_plain(self) -> dict[str, Any]:
        """The timing for a plan: seconds of the whole, steps of the whole, seconds of a step."""
        training = [phase for phase in self.phases if phase.epochs]
        steps = sum(phase.epochs * phase.steps for phase in training)
        in_steps = sum(phase.epochs * phase.steps * phase.step for phase in training)
        return {
            "seconds": self.setup + sum(phase.seconds for phase in training),
            "steps": steps,
            "step": in_steps / max(1, steps),
            "phases": [asdict(phase) for phase in self.phases],
        }


def time_fit(spec: Fit, picks: list[Part], home: Home, device: torch.device) -> FitTiming:
    """Takes two steps and one end of an epoch in each phase of a fit; returns what they took.

    The fit then stands finished in `home`, so that measuring can be timed on it: a home of its own,
    for this is no trained network.
    """
    by_key = {pick.key: pick for pick in picks}
    with home.store("fits").making(spec.key) as folder:
        if folder is None:
            raise ValueError(f"the fit {spec.key} is there already, so there is nothing to time")
        with arithmetic(device, spec.precision, repeats=True), writer_for(device) as writer:
            training = FitInProgress(spec, {}, folder, device, _say_nothing, writer=writer)
            return _time_phases(training, by_key, home)


def _say_nothing(progress: dict[str, Any]) -> None:
    """Reports nothing of a fit that is only tried."""


def _time_phases(training: FitInProgress, picks: dict[str, Part], home: Home) -> FitTiming:
    """Tries the phases of a method one after the other."""
    began = time.monotonic()
    net, data, phases = open_training(training, picks, home)
    setup = time.monotonic() - began
    timings = []
    judged: nn.Module = net
    for phase in phases:
        check_phase(net, phase, training.checkpoint_names)
        judged = phase.judged_module(net)
        timings.append(_time_phase(training, net, data, phase))
        training.state.phase += 1
    training.writer.wait()
    finish(training, net, picks, None, judged=judged)
    return FitTiming(setup, tuple(timings))


def _time_phase(
    training: FitInProgress, net: nn.Module, data: Domains, phase: Phase
) -> PhaseTiming:
    """Tries one phase."""
    count = steps_of_epoch(data, phase, training.spec)
    if not phase.epochs:
        return PhaseTiming(phase.name, 0, count, 0.0, 0.0)
    recorder = open_phase(training, net, data, phase)
    warm_steps = WARM_STEPS.get(training.device.type, FEW_WARM_STEPS)
    run_epoch(recorder, epoch=0, count=warm_steps)
    began = _now(training.device)
    losses = run_epoch(recorder, epoch=0, count=STEPS)
    after_steps = _now(training.device)
    training.state.epoch = 1
    row: dict[str, Any] = {"phase": phase.name, "epoch": 1}
    row.update(end_of_epoch(training, net, data, phase, losses))
    training.state.history.append(row)
    save(training, net, recorder.steps.optimisers)
    training.writer.wait()
    end = _now(training.device) - after_steps
    step = (after_steps - began) / STEPS
    return PhaseTiming(phase.name, phase.epochs, count, step, end)


def _now(device: torch.device) -> float:
    """The time at which the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.monotonic()
