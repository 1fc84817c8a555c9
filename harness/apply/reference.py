"""Pixels that stand for all images of a set, for what brings a set to its own range of grey.

A fit may prepare a test set by that set's own range. Images are read one by one here, however many
they are, so such a step gets a sample of all of them beside each.
"""

import hashlib
import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.apply.own_images import OwnImages
from harness.data.domains import on_device
from harness.data.images import Unlabelled, unit
from harness.data.scans import Scans

LOOKED_AT = 200  # images, from the first to the last
SAMPLE = 2**18  # pixels of all of them


@dataclass(frozen=True)
class Reference:
    """A sample of the pixels of a set, read when it is first needed."""

    images: OwnImages

    @cached_property
    def pixels(self) -> NDArray[Any]:
        """(pixels, channels): from every image as many, and its darkest and brightest."""
        planes = self.images.spread(LOOKED_AT)
        count = max(1, SAMPLE // len(planes))
        samples = []
        for plane in planes:
            values = plane.pixels
            values = values.reshape(-1, values.shape[2] if values.ndim == 3 else 1)
            every = max(1, len(values) // count)
            extremes = [*values.argmin(axis=0), *values.argmax(axis=0)]
            samples.append(values[::every])
            samples.append(values[extremes])
        return np.concatenate(samples)

    @cached_property
    def digest(self) -> str:
        """A hash of the sample."""
        content = np.ascontiguousarray(self.pixels)
        return hashlib.sha256(content.tobytes()).hexdigest()[:16]

    @cached_property
    def tensor(self) -> Tensor:
        """(pixels, channels), of the type that pixels of such images have as a tensor."""
        scans = Scans([self.pixels[None]], None, ["reference"], ["reference"])
        pixels = on_device(scans, 1, torch.device("cpu")).images.pixels
        return pixels[0, :, 0].T

    def beside(self, images: Unlabelled) -> Unlabelled:
        """The images with the sample as further planes, at which alone statistics look."""
        pixels = images.pixels
        height, width = pixels.shape[-2:]
        count = math.ceil(len(self.tensor) / (height * width))
        positions = torch.arange(count * height * width) % len(self.tensor)
        sample = self.tensor[positions].reshape(count, height, width, -1).movedim(-1, 1)
        if pixels.is_floating_point():
            sample = unit(sample)
        joined = torch.cat([pixels, sample.to(pixels.device)])
        rows = torch.arange(len(pixels), len(joined), device=pixels.device)
        names = ["reference"] * count
        return replace(
            images,
            pixels=joined,
            ids=names,
            groups=names,
            first=rows,
            last=rows,
            rows=rows,
            unperturbed=None,  # the sample is never perturbed
        )
