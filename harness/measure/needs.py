"""What a probe takes beside network and test set, by its fact `needs`."""

from dataclasses import replace
from typing import Any

import torch
from torch import nn

from harness.data.images import Labelled
from harness.measure.opened import Opened
from harness.measure.rows import Original
from harness.measure.setup import network, open_test_set
from harness.spec.other_seeds import fits_of_other_seeds
from harness.spec.records import FitRecord
from harness.spec.values import Fit, Part, Trial
from harness.spec.walk import same_images, training_of
from harness.store import Home
from harness.train.build import as_function, build_net
from harness.train.prepare import prepare_domains


def further_arguments(part: Part, trial: Trial, net: nn.Module, opened: Opened) -> list[Any]:
    """Returns the arguments that a probe takes after network and test set, in this order.

    A probe that needs the original gets network and test set without the perturbation, or None if
    the trial has no perturbation. One that needs the start gets the network as its training began,
    one that needs the training the labelled training images of what the trial tests on, one that
    needs the source its validation images, one that needs seeds the networks of those it names.
    """
    needs = part.component.facts.needs
    arguments: list[Any] = []
    if "original" in needs:
        arguments.append(_original(trial, net, opened))
    if "start" in needs:
        arguments.append(start_network(trial.fit, opened.home, opened.device))
    if "training" in needs:
        arguments.append(training_images(trial, opened))
    if "source" in needs:
        arguments.append(_source_validation(part, trial, opened))
    if "seeds" in needs:
        fits = fits_of_other_seeds(trial.fit, part)
        arguments.append([network(fit, trial.pick, opened) for fit in fits])
    return arguments


def _original(trial: Trial, net: nn.Module, opened: Opened) -> Original | None:
    """Returns network and test set of a trial without its perturbation, None if it has none."""
    if trial.perturb is None:
        return None
    if trial.perturb.component.facts.features:
        net = network(trial.fit, trial.pick, opened)
    unperturbed = replace(trial, perturb=None)
    return Original(net, open_test_set(unperturbed, opened.home, opened.device, opened))


def start_network(fit: Fit, home: Home, device: torch.device) -> nn.Module:
    """Returns the network that a finished fit began with, in evaluation mode: after its init."""
    record = FitRecord.read(home.store("fits").open(fit.key))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(fit.seed)
        net = build_net(fit.net, record.channels, record.outputs).to(device)
        as_function(fit.init, home, device)(net)
    return net.eval()


def training_images(trial: Trial, opened: Opened) -> Labelled:
    """Returns the labelled training images of what a trial tests on.

    They are those that the fit learned from, after fold and shots, where it learned from that data
    set, and else all of its training split, prepared as test images are.
    """
    training = training_of(trial.test_on)
    fit = trial.fit
    if same_images(training, fit.train_on):
        fit_steps = opened.share_steps(fit)
        images = prepare_domains(fit_steps.domains, fit_steps.steps).source
    else:
        untouched = replace(trial, perturb=None, prepare=[], test_on=training)
        images = open_test_set(untouched, opened.home, opened.device, opened)
    if not isinstance(images, Labelled):
        raise ValueError(f"test_on: the training images of {training.name} have no masks")
    return images


def _source_validation(part: Part, trial: Trial, opened: Opened) -> Labelled:
    """Returns the validation images of the source as the network saw them in training."""
    fit_steps = opened.share_steps(trial.fit)
    validation = prepare_domains(fit_steps.domains, fit_steps.steps).validation
    if validation is None:
        raise ValueError(
            f"probes: {part.name} needs labelled source images that the network did not learn "
            "from; fit.train_on has no validation split, and fit.fold is not set"
        )
    return validation
