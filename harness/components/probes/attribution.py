"""How evenly a network looks at the slices of a stack (paper 000, equations 1 and 2)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.components.probes import probe
from harness.components.probes.attribution_arrays import saliency_arrays
from harness.components.probes.attribution_figures import by_channel, overview
from harness.components.probes.attribution_windows import Windows, evenly_spaced, windows_of
from harness.data.images import Labelled, Unlabelled
from harness.measure.distances import DISTANCES, full, symmetric
from harness.measure.forward import padded_forward
from harness.measure.layers import weights_without_gradients
from harness.measure.memory import Portions
from harness.measure.rows import Arrays, Figure, Row
from harness.measure.sorted_distances import SORTED_DISTANCES, condensed_channels, sort_channels
from harness.spec.options import Count, Saliency, Whole

POOLED = 1024  # values that stand for a channel of an image where all images are pooled
NAN = float("nan")

Maps = NDArray[np.floating]  # (channels, h, w)
Distances = Literal["wasserstein", "jensen_shannon", "bhattacharyya"]


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
) -> Iterator[Row | Figure | Arrays]:
    """SWd and FWd of the slices' saliency (joint: 0 to 255 over an image's slices), their shares,
    swap equivariance.
    """
    stacks = test.images
    _check_stacks(stacks)
    measured = evenly_spaced(len(stacks), len(stacks) if images is None else images)
    pictured = {measured[i] for i in evenly_spaced(len(measured), figures)}
    summaries = [Summary(saliency, saliency.label) for saliency in maps]
    portions = Portions()
    drawn: dict[str, tuple[Maps, dict[str, Maps]]] = {}
    for windows in windows_of(net, test, measured, crop):
        yield from _swap_rows(net, windows, stacks, portions)
        pictures: dict[int, dict[str, Maps]] = {i: {} for i in windows.which if i in pictured}
        for summary in summaries:
            batch = _maps_of(net, windows, summary, portions)
            for i, slice_maps in zip(windows.which, batch, strict=True):
                scaled = joint(slice_maps) if scale == "joint" else slice_maps
                explained = Explained(stacks.ids[i], stacks.groups[i], slice_maps, scaled)
                yield from _image_rows(explained, summary.label, distances)
                summary.add(explained)
                if i in pictures:
                    pictures[i][summary.label] = slice_maps.cpu().numpy()
        for i, maps_by_label in pictures.items():
            stack = windows.images[windows.which.index(i)].cpu().numpy()
            yield overview(stacks.ids[i], stack, maps_by_label)
            drawn[stacks.ids[i]] = (stack, maps_by_label)
    means: dict[str, Maps] = {}
    for summary in summaries:
        yield from _pooled_rows(summary, distances)
        if figures and summary.total is not None:
            unit = "0 to 255 over the slices of each" if scale == "joint" else "as it is"
            caption = f"Mean of {summary.summed} images, {unit}"
            values = np.concatenate(summary.values, axis=1)
            mean = summary.total.cpu().numpy() / summary.summed
            yield by_channel(summary.label, mean, values, caption)
            means[summary.label] = mean
    if means:
        yield saliency_arrays(drawn, means)


@dataclass(frozen=True)
class Explained:
    """What one saliency gave for one image: maps (channels, h, w) on the network's device."""

    image: str
    group: str
    maps: Tensor  # as they are
    scaled: Tensor  # as distances compare them

    @cached_property
    def has_saliency(self) -> bool:
        """Without any saliency, a map is undefined (nan), and not symmetric."""
        return bool(self.maps.max() > 0)

    @cached_property
    def sorted_values(self) -> Tensor:
        """The values of each channel in ascending order."""
        return sort_channels(self.scaled)

    def sums(self) -> NDArray[np.float64]:
        """Returns the sum of each channel."""
        if self.maps.is_cuda:
            return self.maps.sum(dim=(1, 2), dtype=torch.float64).cpu().numpy()
        return self.maps.numpy().sum(axis=(1, 2), dtype=np.float64)


@dataclass
class Summary:
    """What one saliency gave for the images so far."""

    explain: Callable[[nn.Module, Tensor, Tensor | None], Tensor]
    label: str
    values: list[Maps] = field(default_factory=list)  # of each image: (channels, POOLED)
    total: Tensor | None = None  # the sum of the maps that have the first one's size
    summed: int = 0

    def add(self, explained: Explained) -> None:
        """Takes in one more image; maps without any saliency are left out."""
        if not explained.has_saliency:
            return
        scaled = explained.scaled
        self.values.append(condensed_channels(explained.sorted_values, POOLED))
        if self.total is None:
            self.total = scaled
        elif self.total.shape == scaled.shape:
            self.total = self.total + scaled
        else:
            return
        self.summed += 1


def _image_rows(explained: Explained, label: str, distances: Sequence[str]) -> Iterator[Row]:
    """Yields the shares of an image's slices, and the distances between their maps."""
    image = explained.image
    group = explained.group
    sums = explained.sums()
    for channel, slice_sum in enumerate(sums):
        share = float(slice_sum / sums.sum()) if explained.has_saliency else NAN
        offset = channel - len(sums) // 2
        yield Row("share", share, image, group, {"map": label, "channel": offset})
    for name in distances:
        dimensions = {"map": label, "distance": name}
        swd = NAN
        fwd = NAN
        if explained.has_saliency:
            channels = list(explained.sorted_values)
            swd = symmetric(SORTED_DISTANCES[name], channels)
            fwd = full(SORTED_DISTANCES[name], channels)
        yield Row("swd", swd, image, group, dimensions)
        yield Row("fwd", fwd, image, group, dimensions)


def _pooled_rows(summary: Summary, distances: Sequence[str]) -> Iterator[Row]:
    """Yields the distances between the slices, the values of all images taken as one
    distribution.
    """
    for name in distances:
        dimensions = {"map": summary.label, "distance": name}
        swd = NAN
        fwd = NAN
        if summary.values:
            channels = list(np.concatenate(summary.values, axis=1))
            swd = symmetric(DISTANCES[name], channels)
            fwd = full(DISTANCES[name], channels)
        yield Row("pooled_swd", swd, dimensions=dimensions)
        yield Row("pooled_fwd", fwd, dimensions=dimensions)


def _maps_of(net: nn.Module, windows: Windows, summary: Summary, portions: Portions) -> Tensor:
    """Explains some images at once, as many as there is memory for, by weights that stay put."""

    def explain(images: Tensor, masks: Tensor | None) -> Tensor:
        return summary.explain(net, images, masks)

    with weights_without_gradients(net):
        maps = portions.take(explain, windows.images, windows.masks)
    return torch.cat(maps).detach()


@torch.no_grad()
def _swap_rows(
    net: nn.Module, windows: Windows, stacks: Unlabelled, portions: Portions
) -> list[Row]:
    """Measures how far predicted probabilities move, on average, when the slices come in the
    opposite order.
    """

    def moves_of(images: Tensor) -> Tensor:
        forwards = _probabilities(net, images)
        backwards = _probabilities(net, images.flip(1))
        return (forwards - backwards).abs().flatten(1).mean(1)

    moves = torch.cat(portions.take(moves_of, windows.images)).tolist()
    return [
        Row("swap", move, stacks.ids[i], stacks.groups[i])
        for i, move in zip(windows.which, moves, strict=True)
    ]


def _probabilities(net: nn.Module, images: Tensor) -> Tensor:
    logits = padded_forward(net, images)
    return logits.sigmoid() if logits.shape[1] == 1 else logits.softmax(1)


def joint(maps: Tensor) -> Tensor:
    """Scales to 0 to 255 over all channels together; by channel, the very difference between them
    would be gone.
    """
    low = maps.min()
    high = maps.max()
    span = high - low
    if not bool(span):
        return torch.zeros_like(maps)
    scale = torch.full_like(span, 255) / span  # 255 / span would be 255 times its rounded inverse
    return (maps - low) * scale


def _check_stacks(images: Unlabelled) -> None:
    """Refuses images that have no pairs of slices to compare."""
    planes = images.pixels.shape[1]
    if images.slices < 3 or planes > 1:
        slice_count = f"{images.slices} slice{'s' * (images.slices > 1)}"
        plane_count = f"{planes} plane{'s' * (planes > 1)}"
        raise ValueError(
            "probe attribution: SWd compares the slices of an odd stack of at least 3 "
            f"(net.slices); this network sees {slice_count} of {plane_count}"
        )
