"""What a map explains: the sum of an image's outputs, all of them or some; and what hides an
input.
"""

import zlib
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from harness.measure.forward import padded_forward

PIXELS = 2**19  # of what a method of many passes sends through at once, on a processor

# Zero in the network's input range, or the image's mean over all its channels.
Baseline = Literal["zero", "mean"]

# logits -> (b, h, w), true where outputs count
Selection = Callable[[Tensor], Tensor]


def output_sum(net: nn.Module, selection: Selection | None = None) -> Callable[[Tensor], Tensor]:
    """Makes a function of images: each image's sum of the outputs of all classes, or of the
    selected ones.
    """

    def forward(images: Tensor) -> Tensor:
        logits = padded_forward(net, images)
        if selection is not None:
            logits = logits * selection(logits.detach())[:, None]
        return logits.flatten(1).sum(1)

    return forward


def random_points(candidates: Tensor, images: Tensor, points: int, seed: int) -> Tensor:
    """Picks at most `points` candidates in each image, by scores that hang on `seed` and its middle
    slice alone.

    Scores, not draws: a pixel that rounding adds to the candidates or takes away changes one point,
    not all of them.
    """
    picked = torch.zeros_like(candidates)
    for image, allowed, result in zip(images, candidates, picked, strict=True):
        middle = image[len(image) // 2].float().cpu().numpy()
        mark = zlib.crc32(middle.tobytes())
        draws = np.random.default_rng([seed, mark]).random(allowed.shape)
        scores = torch.from_numpy(draws).to(allowed.device)
        scores = scores.masked_fill(~allowed, -1).flatten()
        count = min(points, int(allowed.sum()))
        best = scores.topk(count).indices
        result.view(-1)[best] = True
    return picked


def baseline_of(images: Tensor, baseline: Baseline) -> Tensor:
    """Returns what stands in for inputs that are hidden, in the shape of the images."""
    if baseline == "zero":
        return torch.zeros_like(images)
    return images.mean(dim=(1, 2, 3), keepdim=True).expand_as(images)
