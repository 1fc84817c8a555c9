"""Cross-validation by groups of like foreground."""

import torch
from torch import Tensor

from harness.data.images import Labelled, Unlabelled, grey_range


def split_by_fold(source: Labelled, which: int, of: int) -> tuple[Labelled, Labelled]:
    """Groups in `of` parts of like foreground, one of them held out; contiguous slices of one volume stay together."""
    order = foreground_strata(source, of)
    held = torch.tensor([part == which for part in order])
    return _subset(source, ~held), _subset(source, held)


def foreground_strata(source: Labelled, of: int) -> list[int]:
    groups = list(source.images.groups)
    if len(set(groups)) < of:  # one volume: contiguous blocks of slices
        return [i * of // len(groups) for i in range(len(groups))]
    share = dict.fromkeys(groups, 0.0)
    for i, group in enumerate(groups):
        share[group] += float(
            ((source.masks[i] > 0) & (source.masks[i] != source.ignore)).float().mean()
        )
    rank = {group: i for i, group in enumerate(sorted(share, key=lambda g: (share[g], g)))}
    return [_snake(rank[group], of) for group in groups]


def _snake(rank: int, of: int) -> int:
    return rank % of if rank // of % 2 == 0 else of - 1 - rank % of


def _subset(source: Labelled, kept: Tensor) -> Labelled:
    """Some of the images; the neighbours of a slice at a cut are those that are kept."""
    which = kept.nonzero().flatten().to(source.images.pixels.device)
    listed = which.tolist()
    old = source.images
    volumes: list[str] = []
    for i, index in enumerate(listed):
        joined = (
            i > 0
            and listed[i - 1] == index - 1
            and int(old.first[index]) == int(old.first[listed[i - 1]])
        )
        volumes.append(volumes[-1] if joined else str(i))
    first, last = grey_range(volumes)
    images = Unlabelled(
        old.pixels[which],
        [old.ids[i] for i in listed],
        [old.groups[i] for i in listed],
        first.to(which.device),
        last.to(which.device),
        old.slices,
        None if old.sizes is None else old.sizes[which],
    )
    return Labelled(images, source.masks[which], source.classes, source.ignore)
