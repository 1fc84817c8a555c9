"""Learning-rate schedules: functions of the clock alone, so that a resumed fit needs no state for
them.

Each returns what the phase's learning rate is multiplied by.
"""

import math

from harness.spec.catalogue import register
from harness.spec.options import Count, Fraction, Positive, Whole
from harness.train.phases import Clock

schedule = register("schedule")


@schedule
def constant(clock: Clock) -> float:
    """The same rate throughout."""
    return 1.0


@schedule
def step(clock: Clock, *, every: Count = 20, gamma: Fraction = 0.1) -> float:
    """Times `gamma` after each `every` epochs."""
    return gamma ** (clock.epoch // every)


@schedule
def linear(clock: Clock, *, start: Fraction = 0.0, end: Fraction = 0.0) -> float:
    """Constant for the first `start` of the steps, then a straight line down to `end` of the
    rate.
    """
    level_steps = start * clock.total
    falling_steps = max(1.0, clock.total - level_steps)
    progress = max(0.0, clock.step - level_steps) / falling_steps
    return 1.0 + (end - 1.0) * progress


@schedule
def one_cycle(
    clock: Clock,
    *,
    rise: Fraction = 0.3,
    div: Positive = 25.0,
    final_div: Positive = 10000.0,
) -> float:
    """Cosine up from 1 / `div` of the rate over the first `rise` of the steps, then down to 1 /
    (div final_div).
    """
    peak = rise * clock.total - 1
    last = clock.total - 1
    if clock.step <= peak:
        progress = clock.step / peak if peak > 0 else 1.0
        return _cosine(1 / div, 1.0, progress)
    progress = (clock.step - peak) / max(last - peak, 1e-12)
    return _cosine(1.0, 1 / (div * final_div), progress)


@schedule(version=2)
def plateau(
    clock: Clock,
    *,
    factor: Fraction = 0.5,
    patience: Whole = 10,
    floor: Fraction = 0.0,
) -> float:
    """Times `factor` whenever the watched score has not improved for more than `patience` epochs,
    not below `floor`.

    A phase that watches nothing, for want of a validation split, shows it minus the training loss.
    """
    best = -math.inf
    waited = 0
    rate = 1.0
    for score in clock.watched:
        if score > best:
            best = score
            waited = 0
        else:
            waited += 1
        if waited > patience:
            rate = max(rate * factor, floor)
            waited = 0
    return rate


def _cosine(start: float, end: float, progress: float) -> float:
    """Goes from `start` to `end` along half a cosine wave."""
    wave = 1 + math.cos(math.pi * progress)  # from 2 to 0
    half_way = (start - end) / 2
    return end + half_way * wave
