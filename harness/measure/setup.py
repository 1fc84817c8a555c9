"""The trained network and the test set of a trial, as its probes get them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from harness.data.domains import float_buffer, open_domains, open_images
from harness.data.images import Labelled, Unlabelled, unit
from harness.measure.moves import move_image, move_mask
from harness.measure.rows import Original
from harness.spec.values import Part, Trial
from harness.store import Home
from harness.train.batches import seed_from
from harness.train.build import as_function, trained_network
from harness.train.prepare import prepare_test


def open_trial(
    trial: Trial, home: Home, device: torch.device
) -> tuple[nn.Module, Labelled | Unlabelled]:
    """Returns the network of a trial in evaluation mode, and its test set."""
    net = trained_network(trial.fit, trial.pick, home, device)
    return net, open_test_set(trial, home, device)


def open_test_set(trial: Trial, home: Home, device: torch.device) -> Labelled | Unlabelled:
    """Returns the test set of a trial: perturbed, prepared by the trial, then as its fit says."""
    slices = int(trial.fit.net.options["slices"])
    test = open_images(trial.test_on, slices, home, device)
    if trial.perturb is not None and not _is_of_features(trial.perturb):
        test = perturb_test_set(trial.perturb, test, home, device)
    if trial.prepare or any(part.options["to"] != "source" for part in trial.fit.prepare):
        domains = open_domains(trial.fit, home, device)
        test = prepare_test(test, trial, domains, home, device)
    return test


def with_datasets(part: Part, trial: Trial, home: Home, device: torch.device) -> Callable[..., Any]:
    """Returns a probe whose options that name data sets are opened.

    They are prepared for this trial's network as its fit says, and never perturbed; the trial's own
    steps are for its test set alone.
    """

    def opened(dataset: Part) -> Labelled | Unlabelled:
        untouched = replace(trial, perturb=None, prepare=[], test_on=dataset)
        return open_test_set(untouched, home, device)

    return as_function(part, home, device, opened)


def originals(
    part: Part, trial: Trial, net: nn.Module, home: Home, device: torch.device
) -> list[Original | None]:
    """Returns the arguments that a probe takes after network and test set.

    A probe that needs the original gets network and test set without the perturbation, or None if
    the trial has no perturbation. Other probes take no further argument.
    """
    if "original" not in part.component.facts.needs:
        return []
    if trial.perturb is None:
        return [None]
    if _is_of_features(trial.perturb):
        net = trained_network(trial.fit, trial.pick, home, device)
    return [Original(net, open_test_set(replace(trial, perturb=None), home, device))]


def _is_of_features(part: Part) -> bool:
    """Tells whether a perturbation changes features inside the network instead of pixels."""
    return bool(part.component.facts.features)


def perturb_test_set(
    part: Part, test: Labelled | Unlabelled, home: Home, device: torch.device | None = None
) -> Labelled | Unlabelled:
    """Returns a test set with its images perturbed, and the masks of images whose pixels move."""
    perturbed = test.with_pixels(partial(perturb_pixels, part, home, device=device))
    if part.component.facts.moves and isinstance(perturbed, Labelled):
        masks = _masks_moved_by(part, test, perturbed.masks, home)
        return replace(perturbed, masks=masks)
    return perturbed


@torch.no_grad()
def perturb_pixels(
    part: Part, home: Home, images: Unlabelled, device: torch.device | None = None
) -> Tensor:
    """Changes every stored image by itself.

    So an image looks the same in every stack and in every test set that holds it.
    """
    change = as_function(part, home, device or images.pixels.device)
    if part.component.facts.moves:
        change = partial(_moved_pixels, change)
    strength = float(part.options["strength"])
    pixels = images.pixels
    changed = float_buffer(tuple(pixels.shape), pixels.device, home)
    for i, name in enumerate(zip(images.groups, images.ids, strict=True)):
        height, width = images.size_of(i)
        rng = torch.Generator(pixels.device).manual_seed(seed_from(*name))
        changed[i] = unit(pixels[i])
        image = changed[i : i + 1, :, :height, :width]
        changed[i, :, :height, :width] = change(image, strength, rng)[0]
    return changed


def _moved_pixels(
    offsets_of: Callable[..., Tensor], image: Tensor, strength: float, rng: torch.Generator
) -> Tensor:
    """Returns an image moved as a perturbation says."""
    return move_image(image, offsets_of(image, strength, rng))


@torch.no_grad()
def _masks_moved_by(part: Part, test: Labelled | Unlabelled, masks: Tensor, home: Home) -> Tensor:
    """Returns the masks of a test set, each moved as its image is."""
    offsets_of = as_function(part, home, test.images.pixels.device)
    strength = float(part.options["strength"])
    images = test.images
    moved = masks.clone()
    for i, name in enumerate(zip(images.groups, images.ids, strict=True)):
        height, width = images.size_of(i)
        rng = torch.Generator(images.pixels.device).manual_seed(seed_from(*name))
        image = unit(images.pixels[i : i + 1, :, :height, :width])
        offsets = offsets_of(image, strength, rng)
        mask = masks[i : i + 1, :height, :width]
        moved[i, :height, :width] = move_mask(mask, offsets)[0]
    return moved


def feature_perturbation(
    part: Part | None, net: nn.Module, home: Home
) -> AbstractContextManager[Any]:
    """Keeps a feature perturbation switched on while the probes run."""
    if part is None or not _is_of_features(part):
        return nullcontext()
    device = next(net.parameters()).device
    perturbation: AbstractContextManager[Any] = as_function(part, home, device)(
        net, float(part.options["strength"])
    )
    return perturbation
