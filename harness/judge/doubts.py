"""What a verdict is confined to, what is missing from it, and what its values are worth."""

from collections.abc import Iterator

import pandas as pd

from harness.judge.arms import Layout, arm_names, at_stratum
from harness.judge.checks import pooled_values
from harness.judge.measured import Measured
from harness.judge.network_level import BELOW_A_NETWORK, Inference
from harness.judge.samples import measured_samples
from harness.judge.verdicts import Pooled
from harness.spec.naming import as_list
from harness.study.comparison import Comparison
from harness.study.names import Names


def confinements(comparison: Comparison) -> Iterator[str]:
    """Says what `where` confines the comparison to."""
    for path, levels in comparison.where.items():
        yield f"only where {path} is {' or '.join(as_list(levels))}"


def losses(comparison: Comparison, measured: Measured, own: Names) -> Iterator[str]:
    """Says which trials, units and values are missing from each arm."""
    names = arm_names(comparison, [tally.arm for tally in measured.tallies], own)
    for tally in measured.tallies:
        name = (names[tally.arm] or "all trials") + at_stratum(tally.stratum)
        losses = []
        for state, count in tally.states.items():
            if count and state != "finished":
                losses.append(f"{count} {state}")
        if losses:
            yield f"{name}: {' and '.join(losses)} of {sum(tally.states.values())} trials"
        if tally.states["diverged"]:
            yield f"{name}: its mean is of the trials that did not diverge, which flatters it"
        if tally.lost:
            yield f"{name}: without a complete value: {', '.join(tally.lost)}"
        if tally.undefined:
            yield f"{name}: {tally.undefined} undefined values were left out"


def pooled_arms(
    comparison: Comparison,
    plan: Layout,
    runs: pd.DataFrame,
    rows: pd.DataFrame,
    inference: Inference,
) -> Iterator[Pooled]:
    """What the values below the networks are worth, in each arm."""
    if comparison.unit not in BELOW_A_NETWORK:
        return
    metric = comparison.metrics[0]
    measured = measured_samples(
        plan, comparison, metric, runs, rows, of_each_network=True, with_tallies=False
    )
    is_averaged = inference.within_network is not None
    for sample in measured.samples:
        levels = sample.arm_or_point
        name = arm_names(comparison, [levels], plan.names)[levels]
        yield pooled_values(comparison, sample, name, is_averaged=is_averaged)
