"""Which trials and which images show the answer of a comparison: a trial of each arm that differ in
nothing else, and the median and the worst case of their images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from harness.judge.verdicts import Arm, Verdict
from harness.record.database import Run
from harness.study.cells import Cell
from harness.study.load import Study

MOST_ARMS = 6  # of a figure of images


@dataclass(frozen=True)
class ArmTrial:
    """An arm and the trial that stands for it."""

    arm: Arm
    run: Run
    cell: Cell


@dataclass(frozen=True)
class Case:
    """A test image, and the rule that chose it."""

    rule: str
    image: str


@dataclass(frozen=True)
class _Candidate:
    """A trial that may stand for its arm, with the mean of its values."""

    trial: ArmTrial
    mean: float


def arms_with_trials(study: Study, verdict: Verdict, runs: Sequence[Run]) -> list[ArmTrial]:
    """A trial for each arm of the first stratum: of those that differ in their arm alone the ones
    whose mean is the median; none where no trials differ in that alone.
    """
    if verdict.comparison.kind != "groups" or not verdict.arms:
        return []
    cells = {cell.trial.key: cell for cell in study.cells}
    run_of_id = {run.id: run for run in runs if run.key in cells}
    arms = verdict.arms_of(verdict.arms[0].stratum)[:MOST_ARMS]
    factors = verdict.comparison.factors
    by_rest: dict[Any, list[_Candidate]] = {}
    for arm in arms:
        for rest, candidate in _trials_of(arm, run_of_id, cells, factors).items():
            by_rest.setdefault(rest, []).append(candidate)
    complete = [group for group in by_rest.values() if len(group) == len(arms)]
    if len(arms) < 2 or not complete:
        return []
    complete.sort(key=_mean_of)
    median = complete[(len(complete) - 1) // 2]
    return [candidate.trial for candidate in median]


def _mean_of(group: Sequence[_Candidate]) -> float:
    return fmean(candidate.mean for candidate in group)


def _trials_of(
    arm: Arm,
    run_of_id: Mapping[str, Run],
    cells: Mapping[str, Cell],
    factors: Sequence[str],
) -> dict[Any, _Candidate]:
    """The trials of an arm, each by all that it shares with a trial of another arm."""
    values: dict[str, list[float]] = {}
    for runs, value in zip(arm.sample.runs, arm.sample.values, strict=True):
        for run_id in runs:
            values.setdefault(run_id, []).append(float(value))
    candidates: dict[Any, _Candidate] = {}
    for run_id, of_run in values.items():
        run = run_of_id.get(run_id)
        if run is None:
            continue
        cell = cells[run.key]
        fit = cell.trial.fit
        rest: list[Any] = [fit.seed, fit.fold, cell.trial.test_on.key]
        for path, level in cell.levels.items():
            if not any(path == factor or path.startswith(f"{factor}.") for factor in factors):
                rest.append((path, level))
        candidates.setdefault(tuple(rest), _Candidate(ArmTrial(arm, run, cell), fmean(of_run)))
    return candidates


def comparison_title(verdict: Verdict) -> str:
    """The name of a comparison, and that it is not the primary one."""
    comparison = verdict.comparison
    return comparison.name if comparison.primary else f"{comparison.name} (secondary)"


def chosen_cases(
    scores: Sequence[Mapping[str, float]], pictured: Sequence[str], *, is_lower_better: bool
) -> list[Case]:
    """The median and the worst case by the mean over the arms, of the images that have pictures.

    The rank of an image is that among all images that were measured in every arm.
    """
    shared = set(scores[0]).intersection(*scores[1:])
    means: dict[str, float] = {}
    for image in scores[0]:
        if image in shared:
            means[image] = fmean([of_arm[image] for of_arm in scores])
    best_first = sorted(means, key=lambda image: means[image], reverse=not is_lower_better)
    ranks = {image: rank for rank, image in enumerate(best_first)}
    candidates = [image for image in pictured if image in ranks]
    if not candidates:
        return []
    worst = max(candidates, key=lambda image: ranks[image])
    middle = (len(best_first) - 1) / 2
    others = [image for image in candidates if image != worst]
    if not others:
        return [Case(_rank_text("the image", ranks[worst], len(ranks)), worst)]
    median = min(others, key=lambda image: abs(ranks[image] - middle))
    is_median = abs(ranks[median] - middle) < 1
    rule = "median case" if is_median else "nearest to the median of those kept"
    return [
        Case(_rank_text(rule, ranks[median], len(ranks)), median),
        Case(_rank_text("worst case", ranks[worst], len(ranks)), worst),
    ]


def _rank_text(rule: str, rank: int, count: int) -> str:
    """'worst case, rank 16 of 16'."""
    return f"{rule}, rank {rank + 1} of {count}"
