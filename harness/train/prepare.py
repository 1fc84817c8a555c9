"""What is done to images once: in training by the fit, in a test by the trial and then the fit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from harness.data.domains import open_domains, open_images
from harness.data.images import Domains, Labelled, Unlabelled
from harness.spec.values import Fit, Part, Trial
from harness.spec.walk import sees_target_labels
from harness.store import Home
from harness.train.build import as_function


@dataclass(frozen=True)
class PrepareStep:
    """A `prepare` step, the domains that it learns from, and which images it changes."""

    function: Callable[[Unlabelled, Domains], Tensor]
    domains: Domains
    to: str

    @torch.no_grad()
    def __call__(self, images: Unlabelled) -> Tensor:
        """Returns new pixels for images: the domains' own, or those of a test set."""
        return self.function(images, self.domains)

    @property
    def changes_tests(self) -> bool:
        """Whether test images are changed: they are treated as those of the target are."""
        return self.to in ("target", "all")

    def changed_domains(self) -> Domains:
        """Returns the domains after the step; the validation part goes with the source."""
        before = self.domains
        after = before
        if self.to in ("source", "all"):
            validation = before.validation
            if validation is not None:
                validation = validation.with_pixels(self)
            after = replace(after, source=before.source.with_pixels(self), validation=validation)
        if self.to in ("target", "all") and before.target is not None:
            after = replace(after, target=before.target.with_pixels(self))
        return after


def prepare_steps(
    fit: Fit, domains: Domains, home: Home, device: torch.device
) -> list[PrepareStep]:
    """Returns the `prepare` steps of a fit in their order.

    Each step learns from the domains as the steps before it left them, and so it sees the images of
    data sets that it names, as images of the target. Training and measuring both rely on this
    function, so that a test image is treated as a training image is.
    """
    steps: list[PrepareStep] = []
    for part in fit.prepare:
        if steps:
            domains = steps[-1].changed_domains()
        open_dataset = dataset_opener(fit, tuple(steps), home, device)
        function = as_function(part, home, device, open_dataset)
        steps.append(PrepareStep(function, domains, part.options["to"]))
    return steps


def prepare_domains(domains: Domains, steps: Sequence[PrepareStep]) -> Domains:
    """Returns the domains of a fit after all its `prepare` steps."""
    return steps[-1].changed_domains() if steps else domains


@dataclass(frozen=True)
class FitSteps:
    """The `prepare` steps of a fit, and the domains that they start from."""

    domains: Domains
    steps: Sequence[PrepareStep]
    home: Home
    device: torch.device


def open_steps(fit: Fit, home: Home, device: torch.device) -> FitSteps:
    """Opens the domains of a fit for its steps, and for those of the trials that test it."""
    domains = open_domains(fit, home, device)
    return FitSteps(domains, prepare_steps(fit, domains, home, device), home, device)


def prepare_test(
    test: Labelled | Unlabelled, trial: Trial, fit_steps: FitSteps
) -> Labelled | Unlabelled:
    """Returns a test set as the network gets it: changed by the trial's steps, then by the fit's.

    The trial's steps learn from the domains and data sets as they are stored.
    """
    home, device = fit_steps.home, fit_steps.device
    open_dataset = dataset_opener(trial.fit, (), home, device)
    for part in trial.prepare:
        function = as_function(part, home, device, open_dataset)
        test = test.with_pixels(PrepareStep(function, fit_steps.domains, "all"))
    for step in fit_steps.steps:
        if step.changes_tests:
            test = test.with_pixels(step)
    return test


def dataset_opener(
    fit: Fit,
    steps: Sequence[PrepareStep],
    home: Home,
    device: torch.device,
    *,
    with_masks: bool = False,
) -> Callable[[Part], Labelled | Unlabelled]:
    """Returns what opens the data sets that a component names: their images, prepared as those of
    a target; their masks too for an oracle alone.
    """

    def open_prepared(part: Part) -> Labelled | Unlabelled:
        """Opens a data set, and passes it through the steps that change test images."""
        images = open_images(part, int(fit.net.options["slices"]), home, device)
        if not with_masks:
            images = images.images
        for step in steps:
            if step.changes_tests:
                images = images.with_pixels(step)
        return images

    return open_prepared


def pick_function(
    part: Part, fit: Fit, steps: Sequence[PrepareStep], home: Home, device: torch.device
) -> Callable[..., float]:
    """Returns a pick, which looks at no target but the data sets that it names itself."""
    open_dataset = dataset_opener(fit, steps, home, device, with_masks=sees_target_labels(part))
    return as_function(part, home, device, open_dataset)
