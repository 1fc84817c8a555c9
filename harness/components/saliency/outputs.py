"""What a map explains: the sum of an image's outputs, all of them or those at some places; and what hides an input."""

import zlib
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from harness.measure.forward import padded_forward

PIXELS = 2**19  # of all images that a method of many passes sends through the network at once
Baseline = Literal[
    "zero", "mean"
]  # zero in the network's input range, or the image's mean over all its channels


Places = Callable[[Tensor], Tensor]  # logits -> (b, h, w), true where outputs count


def summed(net: nn.Module, at: Places | None = None) -> Callable[[Tensor], Tensor]:
    """Images -> one number each: the sum of the outputs of all classes, everywhere or at some places."""

    def forward(images: Tensor) -> Tensor:
        logits = padded_forward(net, images)
        return (logits if at is None else logits * at(logits.detach())[:, None]).flatten(1).sum(1)

    return forward


def sampled(where: Tensor, images: Tensor, points: int, seed: int) -> Tensor:
    """As many of these places in each image, by random scores that hang on `seed` and the image's middle slice alone.

    Scores, not draws: a pixel that enters or leaves `where` by rounding changes one place, not all of them.
    """
    chosen = torch.zeros_like(where)
    for mine, there, image in zip(chosen, where, images, strict=True):
        mark = zlib.crc32(image[len(image) // 2].float().cpu().numpy().tobytes())
        scores = torch.from_numpy(np.random.default_rng([seed, mark]).random(there.shape)).to(
            there.device
        )
        best = scores.masked_fill(~there, -1).flatten().topk(min(points, int(there.sum()))).indices
        mine.view(-1)[best] = True
    return chosen


def hidden(images: Tensor, baseline: Baseline) -> Tensor:
    """What an occluded input shows."""
    if baseline == "zero":
        return torch.zeros_like(images)
    return images.mean(dim=(1, 2, 3), keepdim=True).expand_as(images)
