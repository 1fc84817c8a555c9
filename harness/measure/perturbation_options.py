"""The perturbations that are options of a probe, ready to be switched on one after the other."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property, partial

from torch import nn

from harness.data.images import Labelled, Unlabelled
from harness.measure.opened import Opened
from harness.measure.rows import Perturbation
from harness.measure.setup import (
    feature_perturbation,
    perturb_test_set,
    perturbed_images,
    prepare_like_training,
)
from harness.spec.values import Part, Trial

TestSet = Labelled | Unlabelled
Ready = Perturbation | list[Perturbation]


@dataclass(frozen=True)
class OpenTrial:
    """The test set that a probe gets, and what is opened, once, when it is perturbed further."""

    trial: Trial
    test: TestSet
    opened: Opened

    @cached_property
    def images_before_steps(self) -> TestSet:
        """The test set before any `prepare` step, with the perturbation of the trial itself."""
        return perturbed_images(self.trial, self.opened)


def perturbation_options(part: Part, trial: OpenTrial) -> dict[str, Ready]:
    """Returns the options of a probe that are perturbations, or lists of them, by their names."""
    options: dict[str, Ready] = {}
    for name, value in part.options.items():
        if _is_perturbation(value):
            options[name] = _ready(value, trial)
        elif isinstance(value, list) and value and all(map(_is_perturbation, value)):
            options[name] = [_ready(item, trial) for item in value]
    return options


def _is_perturbation(value: object) -> bool:
    return isinstance(value, Part) and value.kind == "perturb"


def _ready(part: Part, trial: OpenTrial) -> Perturbation:
    """Returns a perturbation that does nothing until it is switched on."""
    facts = part.component.facts
    switch_on = _of_features if facts.features else _of_images
    return Perturbation(
        name=part.name,
        strength=float(part.options["strength"]),
        level=part.level,
        moves=facts.moves,
        switch_on=partial(switch_on, part, trial),
    )


@contextmanager
def _of_features(part: Part, trial: OpenTrial, net: nn.Module) -> Iterator[TestSet]:
    """Changes features of the network while it is open; the test set is the same."""
    with feature_perturbation(part, net, trial.opened.home):
        yield trial.test


def _of_images(part: Part, trial: OpenTrial, net: nn.Module) -> AbstractContextManager[TestSet]:
    """Perturbs the images before they are prepared, as a trial does; the network is the same."""
    shared = trial.opened
    test = perturb_test_set(part, trial.images_before_steps, shared.home, shared.device)
    return nullcontext(prepare_like_training(test, trial.trial, shared))
