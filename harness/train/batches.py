"""Crops of the images for each step: a function of the seed, the phase and the step alone."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from harness.data.images import Domains, Labelled, Unlabelled
from harness.spec.values import Fit
from harness.train.build import as_function
from harness.train.crops import Crops
from harness.train.phases import BOTH, Batch, Phase
from harness.train.state import FitInProgress

Augmentations = Sequence[Callable[..., Any]]


@dataclass(frozen=True)
class StepPlace:
    """The step of training that a batch is for."""

    step: int
    phase: int
    progress: float
    device: torch.device


def batch_of_step(
    spec: Fit, data: Domains, phase: Phase, augment: Augmentations, step: StepPlace
) -> Batch:
    """Returns the batch of one step, on the training device and augmented."""
    streams = crops_of_step(spec, data, phase, step.step, step.phase)
    return augmented_batch(spec, streams, augment, step)


def crops_of_step(
    spec: Fit, data: Domains, phase: Phase, step: int, index: int
) -> dict[str, Crops]:
    """Draws the crops of one step on the device that stores the images."""
    patch = phase.patch or spec.patch
    streams = {"source": Crops(torch.empty(0)), "target": Crops(torch.empty(0))}
    for name in phase.streams:
        domain = phase.domain_of(name, data)
        count = phase.batch_of(name, spec.batch)
        rng = _generator(domain.images.pixels.device, spec.seed, f"crops {index} {name}", step)
        streams[name] = _draw_crops(domain, count, patch, rng)
    return streams


def augmented_batch(
    spec: Fit, streams: dict[str, Crops], augment: Augmentations, step: StepPlace
) -> Batch:
    """Moves the crops of one step to the training device and augments them there.

    The target's draws follow the source's; a stream of the phase's own has draws of its own.
    """
    purpose = f"augment {step.phase}"
    rng = _generator(step.device, spec.seed, purpose, step.step)
    layout = torch.channels_last if spec.channels_last else torch.contiguous_format
    augmented: dict[str, Crops] = {}
    for name, crops in streams.items():
        draws = rng
        if name not in BOTH:
            draws = _generator(step.device, spec.seed, f"{purpose} {name}", step.step)
        if len(crops.images):
            crops = augmented_crops(_on_device(crops, step.device), augment, draws)
            images = crops.images.contiguous(memory_format=layout)
            crops = replace(crops, images=images)
        augmented[name] = crops
    source, target = augmented.pop("source"), augmented.pop("target")
    return Batch(source, target, rng, step.progress, own_streams=augmented)


def augmented_crops(crops: Crops, augment: Augmentations, rng: torch.Generator) -> Crops:
    """Augments crops on their device; planes go where the masks go.

    An augmentation moves a plane by being called again with the same draws and the plane in the
    masks' stead. So a plane of weights is read by nearest as masks are: a weight belongs to its
    pixel.
    """
    images, masks, planes = crops.images, crops.masks, dict(crops.planes)
    for change in augment:
        if planes:
            draws = rng.get_state()
            for name, plane in planes.items():
                planes[name] = _moved_plane(change, images, plane, draws)
        images, masks = change(images, masks, rng)
    return Crops(images, masks, crops.which, planes)


def _moved_plane(
    change: Callable[..., Any], images: Tensor, plane: Tensor, draws: Tensor
) -> Tensor:
    """Returns a plane as an augmentation with these draws moves masks."""
    rng = torch.Generator(images.device)
    rng.set_state(draws)
    _, moved = change(images.clone(), plane, rng)
    if moved.dtype != plane.dtype or moved.shape != plane.shape:
        name = getattr(change, "label", change)
        raise ValueError(
            f"fit.augment: {name} makes masks of {moved.dtype} out of {plane.dtype}, so it cannot "
            "move the planes beside them; give masks back in the type that they came in"
        )
    return moved


def _on_device(crops: Crops, device: torch.device) -> Crops:
    """Moves crops to the training device, but for the numbers of their images."""
    masks = crops.masks
    if masks is not None:
        masks = masks.to(device, non_blocking=True)
    planes = {}
    for name, plane in crops.planes.items():
        planes[name] = plane.to(device, non_blocking=True)
    return Crops(crops.images.to(device, non_blocking=True), masks, crops.which, planes)


def batches(
    training: FitInProgress, data: Domains, phase: Phase, first: int, steps: int
) -> Iterator[Batch]:
    """Yields the batches of one epoch.

    Where the images are not on the training device, a thread fetches the next batch meanwhile.
    """
    index = training.state.phase
    total = phase.epochs * steps
    augment = [as_function(part, None) for part in training.spec.augment]
    if data.source.images.pixels.device.type == training.device.type:
        for step in range(first, first + steps):
            step_place = StepPlace(step, index, step / total, training.device)
            yield batch_of_step(training.spec, data, phase, augment, step_place)
        return
    with ThreadPoolExecutor(1) as ahead:
        future = ahead.submit(crops_of_step, training.spec, data, phase, first, index)
        for step in range(first, first + steps):
            streams = future.result()
            if step + 1 < first + steps:
                future = ahead.submit(crops_of_step, training.spec, data, phase, step + 1, index)
            step_place = StepPlace(step, index, step / total, training.device)
            yield augmented_batch(training.spec, streams, augment, step_place)


def _draw_crops(
    domain: Labelled | Unlabelled, count: int, patch: int, rng: torch.Generator
) -> Crops:
    """Draws crops with their masks, if there are any: any image, at any position inside it."""
    images = domain.images
    draws = torch.rand(3, count, generator=rng, device=rng.device)
    which = (draws[0] * len(images)).long()
    _check_patch(images, patch)
    if images.sizes is None:
        sizes = torch.tensor(images.size, device=rng.device).expand(count, 2)
    else:
        sizes = images.sizes[which]
    positions = (sizes - patch + 1).clamp(min=1)  # of the upper left corner, along either side
    top = (draws[1] * positions[:, 0]).long()
    left = (draws[2] * positions[:, 1]).long()
    masks = None
    if isinstance(domain, Labelled):
        masks = domain.mask_crops(which, top, left, patch)
    planes = images.plane_crops(which, top, left, patch)
    return Crops(images.crops(which, top, left, patch), masks, which, planes)


def _generator(device: torch.device, seed: int, purpose: str, step: int) -> torch.Generator:
    """Returns the draws for one purpose at one step."""
    rng = torch.Generator(device)
    rng.manual_seed(seed_from(seed, purpose, step))
    return rng


def _check_patch(images: Unlabelled, patch: int) -> None:
    """Refuses a patch that one of the images cannot fill: what is not there is not learned from."""
    height, width = images.size_of(images.smallest)
    side = min(height, width)
    if side >= patch:
        return
    if images.sizes is None:
        raise ValueError(f"fit.patch: {patch} is larger than the images, {height} x {width}")
    name = images.ids[images.smallest]
    raise ValueError(
        f"fit.patch: {patch} is larger than the image {name}, {height} x {width}; "
        f"take a patch of at most {side}, or leave out the images that are smaller than the patch"
    )


def seed_from(*parts: object) -> int:
    """Makes a seed of names and numbers, the same on every machine."""
    text = json.dumps(parts)
    digest = hashlib.sha256(text.encode()).digest()
    number = int.from_bytes(digest[:8], "little")
    return number >> 1  # torch takes no seed above 2**63
