"""The perturbations that are options of a probe, ready to be switched on one after the other."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial

import torch
from torch import nn

from harness.data.domains import open_domains
from harness.data.images import Labelled, Unlabelled
from harness.measure.rows import Perturbation
from harness.measure.setup import feature_perturbation, open_test_set, perturb_test_set
from harness.spec.values import Part, Trial
from harness.store import Home
from harness.train.build import PrepareStep, prepare_steps

TestSet = Labelled | Unlabelled
Ready = Perturbation | list[Perturbation]


@dataclass(frozen=True)
class OpenTrial:
    """The test set that a probe gets, and what is opened, once, when it is perturbed further."""

    trial: Trial
    test: TestSet
    home: Home
    device: torch.device

    @cached_property
    def images_before_steps(self) -> TestSet:
        """The test set before any `prepare` step, with the perturbation of the trial itself."""
        fit = replace(self.trial.fit, prepare=[])
        return open_test_set(replace(self.trial, fit=fit), self.home, self.device)

    @cached_property
    def steps(self) -> list[PrepareStep]:
        """The `prepare` steps of the fit."""
        fit = self.trial.fit
        if not fit.prepare:
            return []
        return prepare_steps(fit, open_domains(fit, self.home, self.device), self.home)


def perturbation_options(part: Part, opened: OpenTrial) -> dict[str, Ready]:
    """Returns the options of a probe that are perturbations, or lists of them, by their names."""
    options: dict[str, Ready] = {}
    for name, value in part.options.items():
        if _is_perturbation(value):
            options[name] = _ready(value, opened)
        elif isinstance(value, list) and value and all(map(_is_perturbation, value)):
            options[name] = [_ready(item, opened) for item in value]
    return options


def _is_perturbation(value: object) -> bool:
    return isinstance(value, Part) and value.kind == "perturb"


def _ready(part: Part, opened: OpenTrial) -> Perturbation:
    """Returns a perturbation that does nothing until it is switched on."""
    facts = part.component.facts
    switch_on = _of_features if facts.features else _of_images
    return Perturbation(
        name=part.name,
        strength=float(part.options["strength"]),
        level=part.level,
        moves=facts.moves,
        switch_on=partial(switch_on, part, opened),
    )


@contextmanager
def _of_features(part: Part, opened: OpenTrial, net: nn.Module) -> Iterator[TestSet]:
    """Changes features of the network while it is open; the test set is the same."""
    with feature_perturbation(part, net, opened.home):
        yield opened.test


def _of_images(part: Part, opened: OpenTrial, net: nn.Module) -> AbstractContextManager[TestSet]:
    """Perturbs the images before they are prepared, as a trial does; the network is the same."""
    test = perturb_test_set(part, opened.images_before_steps, opened.home)
    for step in opened.steps:
        test = test.with_pixels(step)
    return nullcontext(test)
