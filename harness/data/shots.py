"""Shots: as few labelled training images as a fit asks for, drawn by its seed."""

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from harness.data.images import Labelled, Unlabelled
from harness.data.refused import Refused, too_many_shots
from harness.spec.keys import digest


def draw_shots(source: Labelled | Unlabelled, shots: int, seed: int) -> Labelled:
    """The images that a fit with so many shots learns from, in the order of the source.

    They are the first of one permutation of all images, which the seed draws: 50 shots are among
    100 shots of the same seed. In a stack the neighbours of an image stay, without their masks.
    """
    if not isinstance(source, Labelled):
        raise Refused("fit.shots: fit.train_on has no masks, and shots are labelled images")
    count = len(source)
    if shots > count:
        raise Refused(too_many_shots(shots, count))
    rng = np.random.default_rng(int(digest(["shots", seed]), 16))
    permutation = rng.permutation(count)
    drawn = np.sort(permutation[:shots])
    which = torch.from_numpy(drawn)
    images = _subset(source.images, which)
    masks = source.masks[which.to(source.masks.device)]
    return replace(source, images=images, masks=masks)


def _subset(images: Unlabelled, which: Tensor) -> Unlabelled:
    """The images of these indices, and of the others the slices that stand in their stacks."""
    which = which.to(images.pixels.device)
    indices = which.tolist()
    needed, stacks = images.neighbours(which).unique(return_inverse=True)
    sizes = images.sizes
    if sizes is not None:
        sizes = sizes[which]
    return replace(
        images,
        pixels=images.pixels[needed],
        ids=[images.ids[index] for index in indices],
        groups=[images.groups[index] for index in indices],
        first=stacks[:, 0],
        last=stacks[:, -1],
        sizes=sizes,
        rows=stacks[:, images.slices // 2],
        planes={name: plane[which] for name, plane in images.planes.items()},
    )
