"""Test sets of volumes that differ in size, alone, together, or filled up for no reason."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F

from harness.data.domains import on_device
from harness.data.images import Labelled
from harness.data.scans import Scans

CPU = torch.device("cpu")
DEPTH = 3  # slices of each volume
SIZES = {"small": (40, 48), "large": (96, 72), "wide": (33, 64)}


def volumes_of(names: Sequence[str], slices: int = 3) -> Labelled:
    """Returns volumes by their names, in this order, as one test set.

    A volume has the same slices in every set that holds it.
    """
    pixels = []
    masks = []
    volumes = []
    for name in names:
        rng = np.random.default_rng(list(name.encode()))
        for _ in range(DEPTH):
            pixels.append(rng.integers(0, 256, SIZES[name]).astype(np.uint8))
            masks.append(rng.integers(0, 2, SIZES[name]).astype(np.uint8))
            volumes.append(name)
    ids = [f"{name}-{i % DEPTH}" for i, name in enumerate(volumes)]
    test = on_device(Scans(pixels, masks, ids, volumes), slices, CPU)
    assert isinstance(test, Labelled)
    return test


def with_filling(test: Labelled, rows: int = 37, columns: int = 51) -> Labelled:
    """Returns the same images in a larger tensor: bright, and as foreground, where no image is."""
    height, width = test.images.size
    sizes = test.images.sizes
    if sizes is None:
        sizes = torch.tensor([height, width]).expand(len(test), 2)
    filling = (0, columns, 0, rows)
    images = replace(
        test.images,
        pixels=F.pad(test.images.pixels, filling, value=255),
        sizes=sizes,
    )
    return replace(test, images=images, masks=F.pad(test.masks, filling, value=1))
