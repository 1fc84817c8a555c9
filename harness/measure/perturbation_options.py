"""The perturbations that are options of a probe, ready to be switched on one after the other."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Protocol

import torch
from torch import nn

from harness.data.images import Labelled, Unlabelled
from harness.data.later import Later
from harness.measure.opened import Opened
from harness.measure.rows import Perturbation
from harness.measure.setup import (
    feature_perturbation,
    perturb_test_set,
    perturbed_images,
    prepare_like_training,
)
from harness.spec.values import Part, Trial
from harness.store import Home

TestSet = Labelled | Unlabelled
Ready = Perturbation | list[Perturbation]


class Tested(Protocol):
    """A test set that can be perturbed before it is prepared."""

    @property
    def test(self) -> TestSet:
        """The test set as a probe gets it."""

    @property
    def images_before_steps(self) -> TestSet:
        """The test set before any `prepare` step."""

    @property
    def home(self) -> Home:
        """Where large images are kept in files."""

    @property
    def device(self) -> torch.device:
        """Where images are perturbed."""

    def prepare(self, images: TestSet) -> TestSet:
        """Returns perturbed images as the network is to see them."""


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

    @property
    def home(self) -> Home:
        """The home of the trial."""
        return self.opened.home

    @property
    def device(self) -> torch.device:
        """The device of the trial."""
        return self.opened.device

    def prepare(self, images: TestSet) -> TestSet:
        """Returns images after the steps of the trial and its fit."""
        return prepare_like_training(images, self.trial, self.opened)


def perturbation_options(part: Part, tested: Tested) -> dict[str, Ready]:
    """Returns the options of a probe that are perturbations, or lists of them, by their names."""
    options: dict[str, Ready] = {}
    for name, value in part.options.items():
        if _is_perturbation(value):
            options[name] = _ready(value, tested)
        elif isinstance(value, list) and value and all(map(_is_perturbation, value)):
            options[name] = [_ready(item, tested) for item in value]
    return options


def _is_perturbation(value: object) -> bool:
    return isinstance(value, Part) and value.kind == "perturb"


def _ready(part: Part, tested: Tested) -> Perturbation:
    """Returns a perturbation that does nothing until it is switched on."""
    facts = part.component.facts
    switch_on = _of_features if facts.features else _of_images
    return Perturbation(
        name=part.name,
        strength=float(part.options["strength"]),
        level=part.level,
        family=_without_strength(part).level,
        moves=facts.moves,
        switch_on=partial(switch_on, part, tested),
    )


def _without_strength(part: Part) -> Part:
    options = {name: value for name, value in part.options.items() if name != "strength"}
    return replace(part, options=options)


@contextmanager
def _of_features(part: Part, tested: Tested, net: nn.Module, draw: int) -> Iterator[TestSet]:
    """Changes features of the network while it is open; the test set is the same."""
    with feature_perturbation(part, net, tested.home, draw=draw):
        yield tested.test


def _of_images(
    part: Part, tested: Tested, net: nn.Module, draw: int
) -> AbstractContextManager[TestSet]:
    """Perturbs the images before they are prepared, as a trial does; the network is the same."""
    images = tested.images_before_steps
    perturbed = perturb_test_set(part, images, tested.home, tested.device, draw=draw)
    return nullcontext(tested.prepare(_remembering(images, perturbed)))


def _remembering(images: TestSet, perturbed: TestSet) -> TestSet:
    """The perturbed images, with those that they were: a preparation that learns from the images
    themselves would undo the perturbation if it saw nothing else.
    """
    pixels = replace(perturbed.images, unperturbed=Later(images.images))
    if isinstance(perturbed, Labelled):
        return replace(perturbed, images=pixels)
    return pixels
