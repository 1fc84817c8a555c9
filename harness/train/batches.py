"""Windows of the images for each step: a function of the seed, the phase and the step alone."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import torch

from harness.data.images import Domains, Labelled, Unlabelled
from harness.spec.values import Fit
from harness.train.build import bind
from harness.train.phases import Batch, Crops, Phase
from harness.train.state import Making


def draw(spec: Fit, data: Domains, phase: Phase, augment: list[Any], at: "At") -> Batch:
    """The batch of a step: a function of the seed, the phase and the step alone."""
    return _changed(spec, taken(spec, data, phase, at.step, at.phase), augment, at)


def taken(spec: Fit, data: Domains, phase: Phase, step: int, index: int) -> dict[str, Crops]:
    """The windows of a step, where the images are kept."""
    count, patch = phase.batch or spec.batch, phase.patch or spec.patch
    streams = {"source": Crops(torch.empty(0)), "target": Crops(torch.empty(0))}
    for name in phase.streams:
        domain = data.source if name == "source" else data.target
        if domain is None:
            raise ValueError("fit.method needs fit.adapt_to, the images to adapt to")
        kept = (domain.images if isinstance(domain, Labelled) else domain).pixels.device
        rng = torch.Generator(kept).manual_seed(seeded(spec.seed, f"crops {index} {name}", step))
        streams[name] = _crops(domain, count, patch, rng)
    return streams


@dataclass(frozen=True)
class At:
    """Where in training a batch is asked for."""

    step: int
    phase: int
    progress: float
    device: torch.device


def _changed(spec: Fit, streams: dict[str, Crops], augment: list[Any], at: At) -> Batch:
    """The windows on the training device, augmented there."""
    device = at.device
    rng = torch.Generator(device).manual_seed(seeded(spec.seed, f"augment {at.phase}", at.step))
    layout = torch.channels_last if spec.channels_last else torch.contiguous_format
    for name, crops in streams.items():
        if not len(crops.images):
            continue
        images = crops.images.to(device, non_blocking=True)
        masks = None if crops.masks is None else crops.masks.to(device, non_blocking=True)
        for change in augment:
            images, masks = change(images, masks, rng)
        streams[name] = Crops(images.contiguous(memory_format=layout), masks, crops.which)
    return Batch(streams["source"], streams["target"], rng, at.progress)


def batches(making: Making, data: Domains, phase: Phase, first: int, steps: int) -> Iterator[Batch]:
    """The batches of an epoch; where images are not on the training device, the next is fetched meanwhile."""
    spec, index, device = making.spec, making.state.phase, making.device
    augment = [bind(part, None) for part in spec.augment]
    images = data.source.images if isinstance(data.source, Labelled) else data.source
    total = phase.epochs * steps
    if images.pixels.device.type == device.type:
        for step in range(first, first + steps):
            yield draw(spec, data, phase, augment, At(step, index, step / total, device))
        return
    with ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(taken, spec, data, phase, first, index)
        for step in range(first, first + steps):
            streams = coming.result()
            if step + 1 < first + steps:
                coming = ahead.submit(taken, spec, data, phase, step + 1, index)
            yield _changed(spec, streams, augment, At(step, index, step / total, device))


def _crops(domain: Labelled | Unlabelled, count: int, patch: int, rng: torch.Generator) -> Crops:
    images = domain.images if isinstance(domain, Labelled) else domain
    device = rng.device
    draws = torch.rand(3, count, generator=rng, device=device)
    which = (draws[0] * len(images)).long()
    height, width = images.size
    whole = torch.tensor([height, width], device=device).expand(count, 2)
    room = whole if images.sizes is None else images.sizes[which]
    if min(height, width) < patch:
        raise ValueError(f"fit.patch: {patch} is larger than the images, {height} x {width}")
    top = (draws[1] * (room[:, 0] - patch + 1).clamp(min=1)).long()
    left = (draws[2] * (room[:, 1] - patch + 1).clamp(min=1)).long()
    masks = domain.mask_crops(which, top, left, patch) if isinstance(domain, Labelled) else None
    return Crops(images.crops(which, top, left, patch), masks, which)


def seeded(*parts: object) -> int:
    """A seed from names and numbers, the same on every machine."""
    return int.from_bytes(hashlib.sha256(json.dumps(parts).encode()).digest()[:8], "little") >> 1
