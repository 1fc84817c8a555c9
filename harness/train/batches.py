"""Crops of the images for each step: a function of the seed, the phase and the step alone."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from harness.data.images import Domains, Labelled, Unlabelled
from harness.spec.values import Fit
from harness.train.crops import Crops
from harness.train.draws import Draws
from harness.train.phases import BOTH, Batch, Phase

Augmentations = Sequence[Callable[..., Any]]


def batch_of_step(
    spec: Fit,
    data: Domains,
    phase: Phase,
    augment: Augmentations,
    draws: Draws,
    *,
    progress: float = 0.0,
) -> Batch:
    """Returns the batch of the step that `draws` are at, on the training device and augmented."""
    streams = crops_of_step(spec, data, phase, draws)
    return augmented_batch(spec, streams, augment, draws, progress=progress)


def crops_of_step(spec: Fit, data: Domains, phase: Phase, draws: Draws) -> dict[str, Crops]:
    """Draws the crops of one step on the device that stores the images."""
    patch = phase.patch or spec.patch
    streams = {"source": Crops(torch.empty(0)), "target": Crops(torch.empty(0))}
    for name in phase.streams:
        domain = phase.domain_of(name, data)
        count = phase.batch_of(name, spec.batch)
        rng = draws.of(f"crops {name}", domain.images.pixels.device)
        streams[name] = _draw_crops(domain, count, patch, rng)
    return streams


def augmented_batch(
    spec: Fit,
    streams: dict[str, Crops],
    augment: Augmentations,
    draws: Draws,
    *,
    progress: float,
) -> Batch:
    """Moves the crops of one step to the training device and augments them there.

    The target's draws follow the source's; a stream of the phase's own has draws of its own.
    """
    rng = draws.of("augment", draws.device)
    layout = torch.channels_last if spec.channels_last else torch.contiguous_format
    augmented: dict[str, Crops] = {}
    for name, crops in streams.items():
        own_rng = rng
        if name not in BOTH:
            own_rng = draws.of(f"augment {name}", draws.device)
        if len(crops.images):
            crops = augmented_crops(on_device(crops, draws.device), augment, own_rng)
            images = crops.images.contiguous(memory_format=layout)
            crops = replace(crops, images=images)
        augmented[name] = crops
    source, target = augmented.pop("source"), augmented.pop("target")
    return Batch(source, target, rng, progress, own_streams=augmented)


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


def on_device(crops: Crops, device: torch.device) -> Crops:
    """Moves crops to the training device, but for the numbers of their images."""
    masks = crops.masks
    if masks is not None:
        masks = masks.to(device, non_blocking=True)
    planes = {}
    for name, plane in crops.planes.items():
        planes[name] = plane.to(device, non_blocking=True)
    return Crops(crops.images.to(device, non_blocking=True), masks, crops.which, planes)


def streams_of_steps(
    spec: Fit, data: Domains, phase: Phase, number: int, steps: range
) -> Iterator[dict[str, Crops]]:
    """Yields the crops of each of these steps of a phase whose images are not on the device.

    A thread fetches the crops of the next step meanwhile.
    """
    draws = Draws(spec.seed, number, torch.device("cpu"))

    def fetch(step: int) -> dict[str, Crops]:
        """Draws the crops of one step."""
        draws.begin_step(step)
        return crops_of_step(spec, data, phase, draws)

    with ThreadPoolExecutor(1) as ahead:
        future = ahead.submit(fetch, steps[0])
        for step in steps:
            streams = future.result()
            if step + 1 < steps.stop:
                future = ahead.submit(fetch, step + 1)
            yield streams


def are_apart(data: Domains, phase: Phase, device: torch.device) -> bool:
    """Tells whether all images of a phase lie on the host and it trains on another device."""
    kinds = set()
    for name in phase.streams:
        images = phase.domain_of(name, data).images
        kinds.add(images.pixels.device.type)
    return device.type != "cpu" and kinds == {"cpu"}


def _draw_crops(
    domain: Labelled | Unlabelled, count: int, patch: int, rng: torch.Generator
) -> Crops:
    """Draws crops with their masks, if there are any: any image, at any position inside it."""
    images = domain.images
    draws = torch.rand(3, count, generator=rng, device=rng.device)
    which = (draws[0] * len(images)).long()
    _check_patch(images, patch)
    if images.sizes is None:  # of the upper left corner, along either side
        height, width = images.size
        rows, columns = height - patch + 1, width - patch + 1
        top = (draws[1] * rows).long()
        left = (draws[2] * columns).long()
    else:
        positions = (images.sizes[which] - patch + 1).clamp(min=1)
        top = (draws[1] * positions[:, 0]).long()
        left = (draws[2] * positions[:, 1]).long()
    masks = None
    if isinstance(domain, Labelled):
        masks = domain.mask_crops(which, top, left, patch)
    planes = images.plane_crops(which, top, left, patch)
    return Crops(images.crops(which, top, left, patch), masks, which, planes)


def _check_patch(images: Unlabelled, patch: int) -> None:
    """Refuses a patch that one of the images cannot fill: what is not there is not learned from."""
    height, width = images.smallest_size
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
