"""How evenly a network looks at the slices of a stack."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.components.probes import probe
from harness.components.probes.attribution_figures import by_channel, overview
from harness.data.images import Labelled, Unlabelled
from harness.measure.distances import DISTANCES, condensed_sample, full, symmetric
from harness.measure.forward import padded_forward
from harness.measure.rows import Figure, Row
from harness.spec.options import Count, Saliency, Whole

PIXELS = 2**19  # of the images that are explained at once
POOLED = 1024  # values that stand for a channel of an image where all images are pooled
NAN = float("nan")

Maps = NDArray[np.floating]  # (channels, h, w)
Distances = Literal["wasserstein", "jensen_shannon", "bhattacharyya"]


@dataclass
class Seen:
    """What one saliency gave for the images so far."""

    explain: Callable[[nn.Module, Tensor, Tensor | None], Tensor]
    label: str
    values: list[Maps] = field(default_factory=list)  # of each image: (channels, POOLED)
    total: Maps | None = None  # the sum of the maps that have the first one's size
    summed: int = 0


@probe(
    metrics=("swd", "fwd", "pooled_swd", "pooled_fwd", "swap", "share"),
    lower=("swd", "fwd", "pooled_swd", "pooled_fwd", "swap"),
    dimensions=("map", "distance", "channel"),
)
def attribution(
    net: nn.Module,
    test: Labelled | Unlabelled,
    *,
    maps: list[Saliency] = ["gradient"],  # noqa: B006  the signature is the schema
    distances: list[Distances] = ["wasserstein"],  # noqa: B006
    scale: Literal["joint", "raw"] = "joint",
    images: Count | None = None,
    crop: Count | None = None,
    figures: Whole = 1,
) -> Iterator[Row | Figure]:
    """SWd and FWd of the slices' saliency (joint: 0 to 255 over an image's slices), their shares, swap equivariance."""
    stack = _stack(test)
    chosen = _spread(len(stack), len(stack) if images is None else images)
    shown = {chosen[i] for i in _spread(len(chosen), figures)}
    every = [Seen(one, one.label) for one in maps]
    for which, batch, masks in _batches(net, test, chosen, crop):
        yield from _swaps(net, batch, which, stack)
        pictures: dict[int, dict[str, Maps]] = {i: {} for i in which if i in shown}
        for seen in every:
            found = seen.explain(net, batch, masks).cpu().numpy()
            for i, one in zip(which, found, strict=True):
                for metric, value, about in _measured(seen, one, distances, scale):
                    yield Row(metric, value, stack.ids[i], stack.groups[i], about)
                if i in pictures:
                    pictures[i][seen.label] = one
        for i, views in pictures.items():
            yield overview(stack.ids[i], batch[which.index(i)].cpu().numpy(), views)
    for seen in every:
        yield from _pooled(seen, distances)
        if figures and seen.total is not None:
            unit = "0 to 255 over the slices of each" if scale == "joint" else "as it is"
            said = f"Mean of {seen.summed} images, {unit}"
            mean = seen.total / seen.summed
            yield by_channel(seen.label, mean, np.concatenate(seen.values, axis=1), said)


def _measured(
    seen: Seen, found: Maps, distances: Sequence[str], scale: str
) -> Iterator[tuple[str, float, dict[str, Any]]]:
    """The numbers of one image; a map without any saliency is undefined (nan), and not symmetric."""
    there = bool(found.max() > 0)
    sums = found.sum(axis=(1, 2), dtype=np.float64)
    for channel, part in enumerate(sums):
        offset = channel - len(found) // 2
        yield (
            "share",
            float(part / sums.sum()) if there else NAN,
            {"map": seen.label, "channel": offset},
        )
    scaled = joint(found) if scale == "joint" else found
    for name in distances:
        about = {"map": seen.label, "distance": name}
        yield "swd", symmetric(DISTANCES[name], list(scaled)) if there else NAN, about
        yield "fwd", full(DISTANCES[name], list(scaled)) if there else NAN, about
    if there:
        seen.values.append(np.stack([condensed_sample(channel, POOLED) for channel in scaled]))
        if seen.total is None or seen.total.shape == scaled.shape:
            seen.total = scaled if seen.total is None else seen.total + scaled
            seen.summed += 1


def _pooled(seen: Seen, distances: Sequence[str]) -> Iterator[Row]:
    """The values of all images as one distribution."""
    channels = list(np.concatenate(seen.values, axis=1)) if seen.values else []
    for name in distances:
        about = {"map": seen.label, "distance": name}
        for metric, mean in (("pooled_swd", symmetric), ("pooled_fwd", full)):
            yield Row(
                metric, mean(DISTANCES[name], channels) if channels else NAN, dimensions=about
            )


@torch.no_grad()
def _swaps(net: nn.Module, batch: Tensor, which: list[int], stack: Unlabelled) -> list[Row]:
    """How far the predicted probabilities move, on average, when the slices come in the opposite order."""
    moved = (
        (_probabilities(net, batch) - _probabilities(net, batch.flip(1))).abs().flatten(1).mean(1)
    )
    return [
        Row("swap", value, stack.ids[i], stack.groups[i])
        for i, value in zip(which, moved.tolist(), strict=True)
    ]


def _probabilities(net: nn.Module, batch: Tensor) -> Tensor:
    logits = padded_forward(net, batch)
    return logits.sigmoid() if logits.shape[1] == 1 else logits.softmax(1)


def joint(found: Maps) -> Maps:
    """From 0 to 255 over all channels together; by channel, the very difference between them would be gone."""
    low, high = found.min(), found.max()
    return (found - low) * (255 / (high - low)) if high > low else np.zeros_like(found)


def _stack(test: Labelled | Unlabelled) -> Unlabelled:
    images = test.images if isinstance(test, Labelled) else test
    planes = images.pixels.shape[1]
    if images.slices < 3 or planes > 1:
        raise ValueError(
            f"probe attribution: SWd compares the slices of an odd stack of at least 3 (net.slices); this network sees "
            f"{images.slices} slice{'s' * (images.slices > 1)} of {planes} plane{'s' * (planes > 1)}"
        )
    return images


def _batches(
    net: nn.Module, test: Labelled | Unlabelled, chosen: list[int], crop: int | None
) -> Iterator[tuple[list[int], Tensor, Tensor | None]]:
    """(which, images, masks): the central windows of the images chosen; images of several sizes come one by one."""
    images = test.images if isinstance(test, Labelled) else test
    like = next(net.parameters())
    height, width = (min(side, crop or side) for side in images.size)
    count = 1 if images.sizes is not None else max(1, PIXELS // (height * width))
    for start in range(0, len(chosen), count):
        which = chosen[start : start + count]
        index = torch.tensor(which, device=images.pixels.device)
        size = images.size if images.sizes is None else images.sizes[which[0]].tolist()
        masks = None
        if isinstance(test, Labelled):
            masks = test.masks[index].long()
            masks = _window(
                masks if test.ignore is None else masks.masked_fill(masks == test.ignore, 0),
                size,
                crop,
            )
            masks = masks.to(like.device)
        yield which, _window(images.whole(index), size, crop).to(like), masks


def _window(pixels: Tensor, size: Sequence[int], crop: int | None) -> Tensor:
    height, width = size
    top, left = (max(0, (side - (crop or side)) // 2) for side in size)
    return pixels[
        ..., top : min(height, top + (crop or height)), left : min(width, left + (crop or width))
    ]


def _spread(count: int, wanted: int) -> list[int]:
    """So many of them, evenly spaced."""
    return np.linspace(0, count - 1, min(wanted, count)).round().astype(int).tolist()
