"""What every model is asked: the estimators that need one network and unlabelled images alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.data.refused import Refused
from harness.measure.estimators import Score, read_estimator
from harness.spec.catalogue import catalogue
from harness.spec.estimators import estimators_of, needs_text
from harness.spec.options import did_you_mean
from harness.spec.values import Part

FIRST = "consistency"  # the estimator of the paper, by which models are ranked
FEATURES = {"name": "dropout", "strength": 0.3}  # the paper's perturbation of features
PIXELS = {"name": "noise", "strength": 0.05, "clip": False}


@dataclass(frozen=True)
class Question:
    """A probe as it is asked; some networks can be asked a part of it only."""

    part: Part
    for_scripts: Part | None  # of a network whose layers cannot be reached; None: not at all
    of_images: bool  # each image has a value of its own

    @property
    def name(self) -> str:
        return self.part.name

    def for_network(self, is_script: bool) -> Part | None:
        """What this network can be asked."""
        return self.for_scripts if is_script else self.part


@dataclass(frozen=True)
class Column:
    """One number for each model: a metric, at one perturbation where there is one."""

    label: str
    probe: str
    of_images: bool
    average: str = "median"


def questions(names: Sequence[str]) -> list[Question]:
    """The questions with these names, or all that need nothing but unlabelled images."""
    usable = usable_estimators()
    for name in names:
        if name not in usable:
            reasons = estimators_left_out()
            if name in reasons:
                raise Refused(f"--estimator {name}: it needs {reasons[name]}, not images alone")
            raise Refused(f"--estimator {name}: there is none; {did_you_mean(name, usable)}")
    chosen_names = list(dict.fromkeys(names)) or usable
    return [_question(name) for name in chosen_names]


def usable_estimators() -> list[str]:
    """The probes that need nothing but a network and unlabelled images, the paper's first."""
    names = []
    for probe in catalogue("probe").values():
        estimators = list(estimators_of(probe))
        if estimators and not any(estimator.needs for estimator in estimators):
            names.append(probe.name)
    return sorted(names, key=lambda name: (name != FIRST, name))


def estimators_left_out() -> dict[str, str]:
    """The estimators that cannot be asked here, and what each needs."""
    reasons = {}
    for probe in catalogue("probe").values():
        for estimator in estimators_of(probe):
            if estimator.needs:
                reasons[probe.name] = needs_text(estimator.needs)
    return reasons


def _question(name: str) -> Question:
    """A probe with its defaults; consistency under both kinds of perturbation."""
    if name == FIRST:
        part = read_estimator({"name": name, "perturb": [FEATURES, PIXELS]})
        for_scripts = read_estimator({"name": name, "perturb": [PIXELS]})
        return Question(part, for_scripts, of_images=True)
    part = read_estimator(name)
    estimators = list(estimators_of(part.component))
    of_images = all(estimator.image_metric for estimator in estimators)
    return Question(part, part, of_images)


def column_of(score: Score, part: Part) -> Column:
    """What a table calls a score."""
    label = score.estimator.metric.removeprefix("cte_").replace("_", " ")
    if part.name == FIRST:
        label = f"consistency {label.replace('v rand', 'V-Rand').upper()}"
    details = _details(score.dimensions)
    if details:
        label = f"{label}, {details}"
    average = str(part.options.get("average", "mean"))
    return Column(label, part.name, bool(score.estimator.image_metric), average)


def _details(dimensions: Mapping[str, Any]) -> str:
    """The dimensions of a row in a few words: a perturbation and its strength."""
    values = []
    for value in dimensions.values():
        text = str(value).split("(")[0] if isinstance(value, str) else f"{value:g}"
        values.append(text)
    return " ".join(values)
