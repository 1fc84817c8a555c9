"""The fits that differ from another in their seed alone, for a probe that compares them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.spec.values import Fit, Part


def fits_of_other_seeds(fit: Fit, probe: Part) -> list[Fit]:
    """The fits of the seeds that a probe names (`needs=("seeds",)`), without the fit's own; none
    where the probe compares no seeds.

    Fits that these start from are the same, with the seeds that the study gave them.
    """
    if "seeds" not in probe.component.facts.needs:
        return []
    seeds = dict.fromkeys(probe.options["seeds"])
    return [replace(fit, seed=seed) for seed in seeds if seed != fit.seed]
