"""What a planned contrast can be expected to show: power, the smallest difference that it finds,
and where seeds are trained until it is decided how many those will be.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.judge.arms import at_stratum
from harness.judge.choose_test import declared_options, options_of_test, post_hoc_of
from harness.judge.contrasts import Contrast
from harness.judge.looks import has_looks
from harness.judge.measured import shared_units
from harness.judge.planned import Planned
from harness.judge.sentences import number
from harness.judge.verdicts import Verdict, Verdicts
from harness.study.comparison import Comparison

Spreads = Mapping[tuple[str, str], float]  # by the names of a comparison and of a contrast

ENOUGH = 0.8  # the power of the smallest difference that is said to be found
FEWEST = 3  # values that a recorded spread takes
HALVINGS = 10  # in the search for that difference
SIMULATED = 300  # studies at each step of it


@dataclass(frozen=True)
class Prospect:
    """What a contrast can be expected to show; everything is empty where nothing is expected."""

    power: float | None = None
    seeds: float | None = None  # on average, where they are trained until it is decided
    fixed: int | None = None  # seeds of a fixed design with the same chance
    text: str = ""


NOTHING_EXPECTED = Prospect()


def prospect(planned: Planned, family: int, spread: float | None) -> Prospect:
    """What a planned contrast of a family can be expected to show, given a recorded spread."""
    comparison = planned.comparison
    if post_hoc_of(comparison, planned.test) or comparison.kind not in ("groups", "trend"):
        return NOTHING_EXPECTED
    source = "recorded"
    if isinstance(comparison.expect, dict) and "spread" in comparison.expect:
        spread = comparison.expect["spread"]
        source = "declared"
    effect = _effect(comparison, spread)
    detectable = ""
    if spread and comparison.kind == "groups" and comparison.margin is None:
        smallest = _smallest_effect(planned, family)
        detectable = f"{ENOUGH:.0%} power for a difference of {number(smallest * spread)}"
        detectable += f" (spread {number(spread)}, {source})"
    if effect is None or (comparison.margin is not None and not spread):
        return Prospect(text=detectable)
    margin = 0.0
    if comparison.margin is not None and spread:
        margin = comparison.margin / spread
    if has_looks(planned.test):
        return _in_looks(planned, family, effect, margin=margin, beside=detectable)
    chance = _power(planned, family, effect, margin)
    text = f"power {_chance_text(chance)} for {_effect_text(comparison, effect)}"
    return Prospect(chance, text="; ".join(filter(None, [text, detectable])))


def _effect(comparison: Comparison, spread: float | None) -> float | None:
    """The expected effect in standard deviations; None where none is known."""
    expect = comparison.expect
    if not isinstance(expect, dict):
        return expect
    if not spread:
        return None
    return expect.get("difference", 0.0) / spread


def _chance_text(chance: float) -> str:
    """A chance in per cent; one that no simulation tells from certainty is over 99%."""
    return "over 99%" if chance > 0.995 else f"{chance:.0%}"


def _effect_text(comparison: Comparison, effect: float) -> str:
    """The expected effect as people read it."""
    expect = comparison.expect
    if not effect:
        return "no difference"
    if not isinstance(expect, dict):
        return f"{effect:g} standard deviations"
    difference = number(expect.get("difference", 0.0))
    return f"a difference of {difference} ({number(effect)} standard deviations)"


def _in_looks(
    planned: Planned, family: int, effect: float, *, margin: float, beside: str
) -> Prospect:
    """What is expected of seeds that are trained until decided, each contrast with its own share
    of alpha: what others pass on makes it a little better.
    """
    # scipy takes a second to load, which a study without expectations need not wait for
    from harness.stats.sequential import Looks
    from harness.stats.sequential_power import expect_in_looks

    comparison = planned.comparison
    options = declared_options(comparison.test)
    looks = Looks(options["least"], options["most"])
    alpha = comparison.alpha
    if comparison.correct is not None:
        alpha /= family
    signs = planned.test == "sequential_signs"
    answer = expect_in_looks(looks, alpha, effect, margin, signs=signs)
    text = f"for {_effect_text(comparison, effect)} decided with a chance of {answer.chance:.0%}"
    text += f", after {answer.pairs:.1f} of at most {looks.most} seeds on average"
    if answer.fixed:
        text += f" (fixed before, {answer.fixed} seeds have that chance)"
    whole = "; ".join(filter(None, [text, beside]))
    return Prospect(answer.chance, answer.pairs, answer.fixed or None, whole)


def _power(
    planned: Planned, family: int, effect: float, margin: float = 0.0, simulations: int = 1000
) -> float:
    """The power of a test whose number of repetitions is fixed."""
    from harness.stats.power import power

    return power(
        planned.test,
        planned.n,
        effect,
        planned.comparison.alpha,
        comparisons=family,
        simulations=simulations,
        options=options_of_test(planned.comparison, planned.test),
        margin=margin or 1.0,
    )


def _smallest_effect(planned: Planned, family: int) -> float:
    """The smallest effect that is found with enough power, in standard deviations."""
    low, high = 0.0, 16.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _chance(planned, family, middle) >= ENOUGH:
            high = middle
        else:
            low = middle
    return high


def _chance(planned: Planned, family: int, effect: float) -> float:
    """The chance that a contrast shows an effect, by whichever design."""
    if has_looks(planned.test):
        return _in_looks(planned, family, effect, margin=0.0, beside="").power or 0.0
    return _power(planned, family, effect, simulations=SIMULATED)


def recorded_spreads(verdicts: Verdicts) -> dict[tuple[str, str], float]:
    """The standard deviation behind each contrast of which enough is recorded: that of its
    differences where its units pair, else of the values of its arms.
    """
    spreads: dict[tuple[str, str], float] = {}
    for verdict in verdicts.verdicts:
        for contrast in verdict.contrasts:
            label = f"{contrast.first} against {contrast.second}{at_stratum(contrast.stratum)}"
            spread = _spread(verdict, contrast)
            if spread:
                spreads[verdict.comparison.name, label] = spread
    return spreads


def _spread(verdict: Verdict, contrast: Contrast) -> float | None:
    """The standard deviation behind one contrast; None where too little is recorded."""
    samples = {arm.name: arm.sample for arm in verdict.arms_of(contrast.stratum)}
    if contrast.first not in samples or contrast.second not in samples:
        return None
    x = samples[contrast.first]
    y = samples[contrast.second]
    if contrast.paired:
        shared = shared_units((x, y))
        if len(shared) < FEWEST:
            return None
        return float(np.std(x.array(shared) - y.array(shared), ddof=1))
    if min(len(x.units), len(y.units)) < FEWEST:
        return None
    variances = [np.var(sample.array(), ddof=1) for sample in (x, y)]
    return float(np.sqrt(np.mean(variances)))
