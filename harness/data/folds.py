"""Cross-validation by groups of like foreground."""

from dataclasses import replace

import torch
from torch import Tensor

from harness.data.images import Labelled, Unlabelled
from harness.data.twins import blocks_of_slices
from harness.data.windows import grey_range


def split_by_fold(source: Labelled, which: int, of: int) -> tuple[Labelled, Labelled]:
    """Cuts the groups in `of` parts of like foreground and holds out part `which`.

    Contiguous slices of a volume stay together.
    """
    parts = torch.tensor(foreground_strata(source, of))
    is_held_out = parts == which
    training = _subset(source, ~is_held_out)
    validation = _subset(source, is_held_out)
    return training, validation


def foreground_strata(source: Labelled, of: int) -> list[int]:
    """The part of each image, so that parts hold whole groups and have as much foreground."""
    groups = list(source.images.groups)
    count = len(groups)
    if len(set(groups)) < of:  # one volume: contiguous blocks of slices
        return blocks_of_slices(count, of)
    share = _foreground_of_groups(source, groups)
    ordered = sorted(share, key=lambda group: (share[group], group))
    part_of = {}
    for rank, group in enumerate(ordered):
        part_of[group] = _part_of_rank(rank, of)
    return [part_of[group] for group in groups]


def _foreground_of_groups(source: Labelled, groups: list[str]) -> dict[str, float]:
    """The foreground of each group: its images' shares of foreground, added up."""
    share = dict.fromkeys(groups, 0.0)
    for group, mask in zip(groups, source.masks, strict=True):
        counts = mask != source.ignore
        is_foreground = (mask > 0) & counts
        share[group] += float(is_foreground.float().mean())
    return share


def _part_of_rank(rank: int, of: int) -> int:
    """Deals ranks to parts back and forth (0 1 2, 2 1 0), so that no part gets all the least."""
    lap, position = divmod(rank, of)
    if lap % 2 == 0:
        return position
    return of - 1 - position


def _subset(source: Labelled, is_taken: Tensor) -> Labelled:
    """The images where `is_taken` is true; the neighbours of a slice at a cut are taken ones."""
    all_images = source.images
    which = is_taken.nonzero().flatten().to(all_images.pixels.device)
    indices = which.tolist()
    first, last = grey_range(_runs_of_slices(all_images, indices))
    sizes = all_images.sizes
    if sizes is not None:
        sizes = sizes[which]
    planes = {name: plane[which] for name, plane in all_images.planes.items()}
    images = replace(
        all_images,
        pixels=all_images.pixels[which],
        ids=[all_images.ids[index] for index in indices],
        groups=[all_images.groups[index] for index in indices],
        first=first.to(which.device),
        last=last.to(which.device),
        sizes=sizes,
        planes=planes,
    )
    return replace(source, images=images, masks=source.masks[which])


def _runs_of_slices(images: Unlabelled, indices: list[int]) -> list[str]:
    """A name for each index, shared by indices that follow each other in a volume."""
    names: list[str] = []
    first_slice = images.first.tolist()
    for i, index in enumerate(indices):
        name = str(i)
        if i > 0:
            previous = indices[i - 1]
            is_same_volume = first_slice[index] == first_slice[previous]
            if is_same_volume and index == previous + 1:
                name = names[-1]
        names.append(name)
    return names
