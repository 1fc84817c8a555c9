"""A pretext on photographs that an encoder can only solve by colour; no masks are needed."""

import math
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.methods import method
from harness.data.images import Domains, Labelled
from harness.spec.options import Count, NonNegative, Optimiser, Positive, Schedule
from harness.train.phases import Batch, Phase, single

# Luminance, red against green, yellow against blue: orthonormal.
OPPONENT = [
    [1 / math.sqrt(3)] * 3,
    [1 / math.sqrt(2), -1 / math.sqrt(2), 0],
    [1 / math.sqrt(6)] * 2 + [-2 / math.sqrt(6)],
]

STRIDE = 2  # of the first features, in every encoder that has them


@method
def colours(
    net: nn.Module,
    data: Domains,
    *,
    weight: NonNegative = 30.0,
    epochs: Count = 4,
    lr: Positive = 3e-3,
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
) -> Iterator[Phase]:
    """A pretext: which photograph is a crop of, and which colours has each pixel that a first feature stands for."""
    images = data.source.images if isinstance(data.source, Labelled) else data.source
    if images.channels != 3:
        raise ValueError(
            f"fit.train_on: the pretext colours needs red, green and blue, not {images.channels} channels"
        )
    owners = list(dict.fromkeys(images.groups))
    kinds = torch.tensor([owners.index(g) for g in images.groups], device=images.pixels.device)
    encoder, device = net.get_submodule("encoder"), next(net.parameters()).device
    widths: Any = encoder.out_channels
    which = nn.Linear(widths[-1], len(owners), device=device)
    paint = nn.Conv2d(widths[1], 3 * STRIDE**2, 1, device=device)
    net.which, net.paint = which, paint
    opponent = torch.tensor(OPPONENT, device=device)[:, :, None, None]

    def told(batch: Batch) -> dict[str, Tensor]:
        features = encoder(batch.source.images)
        wanted = F.pixel_unshuffle(F.conv2d(batch.source.images, opponent), STRIDE)
        truth = kinds[batch.source.which].to(device)
        return {
            "photograph": F.cross_entropy(which(features[-1].mean((2, 3))), truth),
            "colour": weight * F.mse_loss(paint(features[1]), wanted),
        }

    yield single("colours", net, told, epochs=epochs, lr=lr, optimiser=optimiser, schedule=schedule)
