"""The trained network and the test set as the trial shows them."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import nn

from harness.data.domains import float_buffer, open_domains, open_images
from harness.data.images import Domains, Labelled, Unlabelled, unit
from harness.measure.rows import Original
from harness.spec.catalogue import catalogue
from harness.spec.values import Fit, Part, Trial
from harness.store import Home, load_weights, read_json
from harness.train.batches import seeded
from harness.train.build import bind, built, checkpoint


def opened(
    trial: Trial, home: Home, device: torch.device
) -> tuple[nn.Module, Labelled | Unlabelled]:
    """The network of a trial in evaluation mode, and its test set as the network is to see it."""
    return network(trial.fit, trial.pick, home, device), shown(trial, home, device)


def shown(trial: Trial, home: Home, device: torch.device) -> Labelled | Unlabelled:
    """The test set of a trial: perturbed, then prepared like the training set."""
    slices = int(trial.fit.net.options["slices"])
    test = open_images(trial.test_on, slices, home, device)
    if trial.perturb is not None and not _in_features(trial.perturb):
        test = _seen(test, partial(perturb_pixels, trial.perturb, home))
    if trial.fit.prepare:
        domains = open_domains(trial.fit, home, device)
        for part in trial.fit.prepare:
            test = _seen(test, partial(_prepared, bind(part, home), domains))
    return test


def with_datasets(part: Part, trial: Trial, home: Home, device: torch.device) -> Callable[..., Any]:
    """A probe whose options that are data sets come opened, as this trial's network is to see them, unperturbed."""
    sets = {
        name: shown(replace(trial, perturb=None, test_on=value), home, device)
        for name, value in part.options.items()
        if isinstance(value, Part) and value.kind == "dataset"
    }
    return partial(bind(part, home), **sets)


def originals_of(
    part: Part, trial: Trial, net: nn.Module, home: Home, device: torch.device
) -> list[Original | None]:
    """What a probe takes beside network and test set: both without the perturbation, None where there is none."""
    if "original" not in catalogue("probe")[part.name].facts.needs:
        return []
    if trial.perturb is None:
        return [None]
    bare = replace(trial, perturb=None)
    same = net if not _in_features(trial.perturb) else network(trial.fit, trial.pick, home, device)
    return [Original(same, shown(bare, home, device))]


def network(fit: Fit, pick: Part, home: Home, device: torch.device) -> nn.Module:
    """A trained network in evaluation mode."""
    kept = read_json(home.store("fits").path(fit.key) / "fit.json")
    net = built(fit.net, kept["channels"], kept["outputs"]).to(device)
    net.load_state_dict(load_weights(checkpoint(fit, pick, home)))
    if fit.channels_last:
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net.eval()


def _seen(test: Labelled | Unlabelled, change: Callable[[Unlabelled], torch.Tensor]) -> Any:
    if isinstance(test, Labelled):
        return replace(test, images=replace(test.images, pixels=change(test.images)))
    return replace(test, pixels=change(test))


def _prepared(
    change: Callable[..., torch.Tensor], domains: Domains, images: Unlabelled
) -> torch.Tensor:
    return change(images, domains)


def _in_features(part: Part) -> bool:
    return bool(catalogue("perturb")[part.name].facts.features)


@torch.no_grad()
def perturb_pixels(part: Part, home: Home, images: Unlabelled) -> torch.Tensor:
    """Every stored image changed by itself, so that it looks the same in every stack and test set that holds it."""
    change = bind(part, home)
    strength = float(part.options["strength"])
    pixels = images.pixels
    done = float_buffer(tuple(pixels.shape), pixels.device, home)
    for i, name in enumerate(zip(images.groups, images.ids, strict=True)):
        height, width = images.size if images.sizes is None else images.sizes[i].tolist()
        rng = torch.Generator(pixels.device).manual_seed(seeded(*name))
        done[i] = unit(pixels[i])
        done[i, :, :height, :width] = change(done[i : i + 1, :, :height, :width], strength, rng)[0]
    return done


def feature_perturbation(part: Part | None, net: nn.Module, home: Home) -> Any:
    """A perturbation of features holds while the probes run."""
    if part is None or not _in_features(part):
        return nullcontext()
    return bind(part, home)(net, float(part.options["strength"]))
