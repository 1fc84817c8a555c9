"""Whether a verdict speaks of any training, or only of the networks that were trained.

A network is the smallest thing that a training repeats. Values below it (images, patients) are
averaged within each network, and the test compares networks. Where those are too few for the test
to pass at all, it compares the values below them, and its answer is of these networks only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.judge.arms import Layout, Levels, TrialPlace, planned_units
from harness.judge.choose_test import chosen_test, is_paired, post_hoc_of, smallest
from harness.judge.pairing import pairing
from harness.study.comparison import Comparison, Unit

BELOW_A_NETWORK = ("image", "patient")
NOT_CONFIRMATORY = "too few networks to speak of another training"


@dataclass(frozen=True)
class Inference:
    """The question that is tested, and what its answer speaks of."""

    question: Comparison  # its unit is the one that is tested
    within_network: Unit | None = None  # what is averaged within each network before
    only_these_networks: bool = False
    networks: int = 0  # planned in the arm that has the fewest

    @property
    def note(self) -> str:
        """What a reader must know of the unit; empty where it is the declared one."""
        if self.only_these_networks:
            count = f"{self.networks} networks"
            if self.networks == 1:
                count = "1 network"
            return (
                f"{count} an arm are too few for a test: what is shown of their "
                f"{self.question.unit}s holds of these networks only, not of another training"
            )
        if self.within_network:
            return (
                f"the {self.within_network}s of a network are no independent trainings: they are "
                f"averaged within each network, and n counts {self.question.unit}s"
            )
        return ""


def inference_of(layout: Layout, comparison: Comparison) -> Inference:
    """What a comparison tests; the plan and the verdict both ask here, so both know the planned
    networks only, and a failure changes no test.
    """
    if comparison.unit not in BELOW_A_NETWORK:
        return Inference(comparison)
    has_folds = any(trial.fold is not None for trial in layout.trial_places)
    interval = comparison.interval
    if comparison.interval_name == "hierarchical":
        interval = "t"  # of means of networks; the images within them are averaged already
    question = replace(comparison, unit="fold" if has_folds else "seed", interval=interval)
    units = planned_units(layout.trial_places, question)
    if comparison.kind == "trend":
        units = _units_of_points(layout, question)
    networks = min(map(len, units.values()), default=0)
    if _are_enough(layout, question, list(units.values()), networks):
        return Inference(question, comparison.unit, networks=networks)
    return Inference(comparison, only_these_networks=True, networks=networks)


def _units_of_points(layout: Layout, question: Comparison) -> dict[tuple[Levels, Levels], set[int]]:
    """The planned networks at each point of a trend."""
    units: dict[tuple[Levels, Levels], set[int]] = {}
    points: dict[tuple[Levels, Levels], list[TrialPlace]] = {}
    for trial in layout.trial_places:
        points.setdefault((trial.stratum, (trial.point,)), []).append(trial)
    for stratum_and_point, trials in points.items():
        units[stratum_and_point] = set.union(*planned_units(trials, question).values())
    return units


def _are_enough(
    layout: Layout, question: Comparison, units: Sequence[set[int]], networks: int
) -> bool:
    """Whether the test of networks could pass, if each arm had as many as the smallest."""
    if question.kind == "correlate":  # its points are means, and know their networks themselves
        return True
    if networks < 2:
        return False
    if question.kind == "model":
        return True
    paired = question.paired is not False
    if question.paired is None and len(units) > 1:
        paired, _ = pairing(question, units[0], units[1])
    test, _ = chosen_test(question, paired, pairs=networks)
    groups = 2
    if question.kind == "trend" or (post_hoc_of(question, test) and is_paired(test)):
        groups = _arms_side_by_side(layout, question)
    return smallest(question, test, (networks,) * groups) <= question.alpha


def _arms_side_by_side(layout: Layout, question: Comparison) -> int:
    """How many arms, or points of a trend, stand side by side."""
    side_by_side = set()
    for trial in layout.trial_places:
        side_by_side.add(trial.point if question.kind == "trend" else trial.arm)
    return max(2, len(side_by_side))
