"""The trained network and the test set of a trial, as its probes get them."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from harness.data.domains import float_buffer, open_images
from harness.data.images import Labelled, Unlabelled, unit
from harness.measure.moves import move_image, move_mask
from harness.measure.opened import Opened
from harness.spec.values import Fit, Part, Trial
from harness.store import Home
from harness.train.build import as_function, trained_network
from harness.train.draws import seed_from
from harness.train.prepare import prepare_test


def open_trial(
    trial: Trial, home: Home, device: torch.device, opened: Opened | None = None
) -> tuple[nn.Module, Labelled | Unlabelled]:
    """Returns the network of a trial in evaluation mode, and its test set.

    What an earlier trial has `opened` is not read again.
    """
    opened = opened or Opened(home, device)
    return network(trial.fit, trial.pick, opened), open_test_set(trial, home, device, opened)


def open_test_set(
    trial: Trial, home: Home, device: torch.device, opened: Opened | None = None
) -> Labelled | Unlabelled:
    """Returns the test set of a trial: perturbed, prepared by the trial, then as its fit says."""
    shared = opened or Opened(home, device)

    def prepared_images() -> Labelled | Unlabelled:
        return prepare_like_training(perturbed_images(trial, shared), trial, shared)

    if _has_perturbed_pixels(trial):
        return prepared_images()
    own_steps = [part.key for part in trial.prepare]
    name = f"prepared {trial.fit.key} {own_steps} {trial.test_on.key}"
    return shared.share_images(name, prepared_images)


def perturbed_images(trial: Trial, opened: Opened) -> Labelled | Unlabelled:
    """Returns the test set of a trial before any step prepares it."""
    slices = int(trial.fit.net.options["slices"])
    test = opened.share_images(
        f"stored {trial.test_on.key} {slices}",
        lambda: open_images(trial.test_on, slices, opened.home, opened.device),
    )
    if trial.perturb is None or not _has_perturbed_pixels(trial):
        return test
    return perturb_test_set(trial.perturb, test, opened.home, opened.device)


def _has_perturbed_pixels(trial: Trial) -> bool:
    """Tells whether a trial changes its test images, rather than features or nothing."""
    return trial.perturb is not None and not _is_of_features(trial.perturb)


def prepare_like_training(
    test: Labelled | Unlabelled, trial: Trial, opened: Opened
) -> Labelled | Unlabelled:
    """Returns a test set after the steps of the trial, then those of its fit for test images."""
    if trial.prepare or any(part.options["to"] != "source" for part in trial.fit.prepare):
        return prepare_test(test, trial, opened.share_steps(trial.fit))
    return test


def with_datasets(
    part: Part, trial: Trial, home: Home, device: torch.device, opened: Opened | None = None
) -> Callable[..., Any]:
    """Returns a probe whose options that name data sets are opened.

    They are prepared for this trial's network as its fit says, and never perturbed; the trial's own
    steps are for its test set alone.
    """
    opened = opened or Opened(home, device)

    def open_dataset(dataset: Part) -> Labelled | Unlabelled:
        untouched = replace(trial, perturb=None, prepare=[], test_on=dataset)
        return open_test_set(untouched, home, device, opened)

    return as_function(part, home, device, open_dataset)


def network(fit: Fit, pick: Part, opened: Opened) -> nn.Module:
    """Returns a trained network in evaluation mode, which nobody else has."""
    return opened.copy_network(
        f"{fit.key} {pick.key}",
        lambda: trained_network(fit, pick, opened.home, opened.device),
    )


def _is_of_features(part: Part) -> bool:
    """Tells whether a perturbation changes features inside the network instead of pixels."""
    return bool(part.component.facts.features)


def perturb_test_set(
    part: Part,
    test: Labelled | Unlabelled,
    home: Home,
    device: torch.device | None = None,
    *,
    draw: int = 0,
) -> Labelled | Unlabelled:
    """Returns a test set with its images perturbed, and the masks of images whose pixels move."""
    perturbed = test.with_pixels(partial(perturb_pixels, part, home, device=device, draw=draw))
    if part.component.facts.moves and isinstance(perturbed, Labelled):
        masks = _masks_moved_by(part, test, perturbed.masks, home, draw)
        return replace(perturbed, masks=masks)
    return perturbed


@torch.no_grad()
def perturb_pixels(
    part: Part,
    home: Home,
    images: Unlabelled,
    device: torch.device | None = None,
    *,
    draw: int = 0,
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
        rng = _rng_of_image(name, draw, pixels.device)
        changed[i] = unit(pixels[i])
        changed[i, :, :height, :width] = change(images.image(i)[None], strength, rng)[0]
    return changed


def _moved_pixels(
    offsets_of: Callable[..., Tensor], image: Tensor, strength: float, rng: torch.Generator
) -> Tensor:
    """Returns an image moved as a perturbation says."""
    return move_image(image, offsets_of(image, strength, rng))


@torch.no_grad()
def _masks_moved_by(
    part: Part, test: Labelled | Unlabelled, masks: Tensor, home: Home, draw: int
) -> Tensor:
    """Returns the masks of a test set, each moved as its image is."""
    offsets_of = as_function(part, home, test.images.pixels.device)
    strength = float(part.options["strength"])
    images = test.images
    moved = masks.clone()
    for i, name in enumerate(zip(images.groups, images.ids, strict=True)):
        height, width = images.size_of(i)
        rng = _rng_of_image(name, draw, images.pixels.device)
        offsets = offsets_of(images.image(i)[None], strength, rng)
        mask = masks[i : i + 1, :height, :width]
        moved[i, :height, :width] = move_mask(mask, offsets)[0]
    return moved


def _rng_of_image(name: tuple[str, str], draw: int, device: torch.device) -> torch.Generator:
    """Returns what an image is perturbed by: its name decides, and which draw it is."""
    rng = torch.Generator(device)
    if draw:
        return rng.manual_seed(seed_from(*name, draw))
    return rng.manual_seed(seed_from(*name))


def feature_perturbation(
    part: Part | None, net: nn.Module, home: Home, *, draw: int = 0
) -> AbstractContextManager[Any]:
    """Keeps a feature perturbation switched on while the probes run.

    A further draw is made with another `seed`, where the perturbation has one.
    """
    if part is None or not _is_of_features(part):
        return nullcontext()
    if draw and "seed" in part.options:
        seed = seed_from(part.options["seed"], draw) % 2**32
        part = replace(part, options={**part.options, "seed": seed})
    device = next(net.parameters()).device
    perturbation: AbstractContextManager[Any] = as_function(part, home, device)(
        net, float(part.options["strength"])
    )
    return perturbation
