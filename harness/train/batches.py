"""Crops of the images for each step: a function of the seed, the phase and the step alone."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch

from harness.data.images import Domains, Labelled, Unlabelled
from harness.spec.values import Fit
from harness.train.build import as_function
from harness.train.phases import Batch, Crops, Phase
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
    count = phase.batch or spec.batch
    patch = phase.patch or spec.patch
    streams = {"source": Crops(torch.empty(0)), "target": Crops(torch.empty(0))}
    for name in phase.streams:
        domain = data.source if name == "source" else data.target
        if domain is None:
            raise ValueError(
                "fit.method needs fit.adapt_to, the images to adapt to; "
                'its decorator has to say so: needs=("adapt_to",)'
            )
        rng = torch.Generator(domain.images.pixels.device)
        rng.manual_seed(seed_from(spec.seed, f"crops {index} {name}", step))
        streams[name] = _draw_crops(domain, count, patch, rng)
    return streams


def augmented_batch(
    spec: Fit, streams: dict[str, Crops], augment: Augmentations, step: StepPlace
) -> Batch:
    """Moves the crops of one step to the training device and augments them there."""
    rng = torch.Generator(step.device)
    rng.manual_seed(seed_from(spec.seed, f"augment {step.phase}", step.step))
    layout = torch.channels_last if spec.channels_last else torch.contiguous_format
    for name, crops in streams.items():
        if not len(crops.images):
            continue
        images = crops.images.to(step.device, non_blocking=True)
        masks = crops.masks
        if masks is not None:
            masks = masks.to(step.device, non_blocking=True)
        for change in augment:
            images, masks = change(images, masks, rng)
        streams[name] = Crops(images.contiguous(memory_format=layout), masks, crops.which)
    return Batch(streams["source"], streams["target"], rng, step.progress)


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
    return Crops(images.crops(which, top, left, patch), masks, which)


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
