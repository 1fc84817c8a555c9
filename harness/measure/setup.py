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
from harness.measure.rows import Original
from harness.spec.records import FitRecord
from harness.spec.values import Fit, Part, Trial
from harness.store import Home, load_weights
from harness.train.batches import seed_from
from harness.train.build import as_function, build_net, checkpoint


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
    """Returns the test set of a trial: perturbed, then prepared like the training set."""
    opened = opened or Opened(home, device)
    if trial.perturb is None or _is_of_features(trial.perturb):
        name = f"prepared {trial.fit.key} {trial.test_on.key}"
        return opened.share_images(name, lambda: _prepared_images(trial, opened))
    test = perturb_test_set(trial.perturb, _stored_images(trial, opened), home)
    return _prepared_like_training(test, trial, opened)


def _stored_images(trial: Trial, opened: Opened) -> Labelled | Unlabelled:
    """Returns the test set of a trial as its files hold it."""
    slices = int(trial.fit.net.options["slices"])
    return opened.share_images(
        f"stored {trial.test_on.key} {slices}",
        lambda: open_images(trial.test_on, slices, opened.home, opened.device),
    )


def _prepared_images(trial: Trial, opened: Opened) -> Labelled | Unlabelled:
    return _prepared_like_training(_stored_images(trial, opened), trial, opened)


def _prepared_like_training(
    test: Labelled | Unlabelled, trial: Trial, opened: Opened
) -> Labelled | Unlabelled:
    """Returns a test set after every `prepare` step of the fit."""
    if trial.fit.prepare:
        for step in opened.share_steps(trial.fit):
            test = test.with_pixels(step)
    return test


def with_datasets(
    part: Part, trial: Trial, home: Home, device: torch.device, opened: Opened | None = None
) -> Callable[..., Any]:
    """Returns a probe whose options that name data sets are opened.

    They are prepared for this trial's network, and never perturbed.
    """
    test_sets = {}
    for name, value in part.options.items():
        if isinstance(value, Part) and value.kind == "dataset":
            unperturbed = replace(trial, perturb=None, test_on=value)
            test_sets[name] = open_test_set(unperturbed, home, device, opened)
    return partial(as_function(part, home), **test_sets)


def originals(part: Part, trial: Trial, net: nn.Module, opened: Opened) -> list[Original | None]:
    """Returns the arguments that a probe takes after network and test set.

    A probe that needs the original gets network and test set without the perturbation, or None if
    the trial has no perturbation. Other probes take no further argument.
    """
    if "original" not in part.component.facts.needs:
        return []
    if trial.perturb is None:
        return [None]
    if _is_of_features(trial.perturb):
        net = network(trial.fit, trial.pick, opened)
    unperturbed = replace(trial, perturb=None)
    return [Original(net, open_test_set(unperturbed, opened.home, opened.device, opened))]


def network(fit: Fit, pick: Part, opened: Opened) -> nn.Module:
    """Returns a trained network in evaluation mode, which nobody else has."""
    return opened.copy_network(
        f"{fit.key} {pick.key}", lambda: _load_network(fit, pick, opened.home, opened.device)
    )


def _load_network(fit: Fit, pick: Part, home: Home, device: torch.device) -> nn.Module:
    """Builds the network of a fit, and loads the checkpoint that a pick chose."""
    record = FitRecord.read(home.store("fits").path(fit.key))
    net = build_net(fit.net, record.channels, record.outputs).to(device)
    net.load_state_dict(load_weights(checkpoint(fit, pick, home)))
    if fit.channels_last:
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net.eval()


def _is_of_features(part: Part) -> bool:
    """Tells whether a perturbation changes features inside the network instead of pixels."""
    return bool(part.component.facts.features)


def perturb_test_set(part: Part, test: Labelled | Unlabelled, home: Home) -> Labelled | Unlabelled:
    """Returns a test set with its images perturbed, and the masks of images whose pixels move."""
    perturbed = test.with_pixels(partial(perturb_pixels, part, home))
    if part.component.facts.moves and isinstance(perturbed, Labelled):
        masks = _masks_moved_by(part, test, perturbed.masks, home)
        return replace(perturbed, masks=masks)
    return perturbed


@torch.no_grad()
def perturb_pixels(part: Part, home: Home, images: Unlabelled) -> Tensor:
    """Changes every stored image by itself.

    So an image looks the same in every stack and in every test set that holds it.
    """
    change = as_function(part, home)
    if part.component.facts.moves:
        change = partial(_moved_pixels, change)
    strength = float(part.options["strength"])
    pixels = images.pixels
    changed = float_buffer(tuple(pixels.shape), pixels.device, home)
    for i, name in enumerate(zip(images.groups, images.ids, strict=True)):
        height, width = images.size_of(i)
        rng = torch.Generator(pixels.device).manual_seed(seed_from(*name))
        changed[i] = unit(pixels[i])
        changed[i, :, :height, :width] = change(images.image(i)[None], strength, rng)[0]
    return changed


def _moved_pixels(
    offsets_of: Callable[..., Tensor], image: Tensor, strength: float, rng: torch.Generator
) -> Tensor:
    """Returns an image moved as a perturbation says."""
    return move_image(image, offsets_of(image, strength, rng))


@torch.no_grad()
def _masks_moved_by(part: Part, test: Labelled | Unlabelled, masks: Tensor, home: Home) -> Tensor:
    """Returns the masks of a test set, each moved as its image is."""
    offsets_of = as_function(part, home)
    strength = float(part.options["strength"])
    images = test.images
    moved = masks.clone()
    for i, name in enumerate(zip(images.groups, images.ids, strict=True)):
        height, width = images.size_of(i)
        rng = torch.Generator(images.pixels.device).manual_seed(seed_from(*name))
        offsets = offsets_of(images.image(i)[None], strength, rng)
        mask = masks[i : i + 1, :height, :width]
        moved[i, :height, :width] = move_mask(mask, offsets)[0]
    return moved


def feature_perturbation(
    part: Part | None, net: nn.Module, home: Home
) -> AbstractContextManager[Any]:
    """Keeps a feature perturbation switched on while the probes run."""
    if part is None or not _is_of_features(part):
        return nullcontext()
    perturbation: AbstractContextManager[Any] = as_function(part, home)(
        net, float(part.options["strength"])
    )
    return perturbation
