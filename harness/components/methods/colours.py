"""A pretext on photographs that an encoder can only solve by colour; no masks are needed."""

import math
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.methods import method
from harness.data.images import Domains
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
    """A pretext: which photograph is a crop of, and which colours has each pixel that a first
    feature stands for.
    """
    images = data.source.images
    if images.channels != 3:
        raise ValueError(
            "fit.train_on: the pretext colours needs red, green and blue, "
            f"not {images.channels} channels"
        )
    photographs = list(dict.fromkeys(images.groups))
    numbers = [photographs.index(group) for group in images.groups]
    photograph_of = torch.tensor(numbers, device=images.pixels.device)

    encoder = net.get_submodule("encoder")
    device = next(net.parameters()).device
    widths: Any = encoder.out_channels
    recognise = nn.Linear(widths[-1], len(photographs), device=device)
    paint = nn.Conv2d(widths[1], 3 * STRIDE**2, 1, device=device)
    net.which, net.paint = recognise, paint  # learned with the network, and left out of its weights
    opponent = torch.tensor(OPPONENT, device=device)[:, :, None, None]

    def pretext(batch: Batch) -> dict[str, Tensor]:
        """Asks which photograph each crop is of, and what colours it has."""
        crops = batch.source
        features = encoder(crops.images)
        guess = recognise(features[-1].mean((2, 3)))
        true_colours = F.pixel_unshuffle(F.conv2d(crops.images, opponent), STRIDE)
        return {
            "photograph": F.cross_entropy(guess, photograph_of[crops.which].to(device)),
            "colour": weight * F.mse_loss(paint(features[1]), true_colours),
        }

    yield single(
        "colours", net, pretext, epochs=epochs, lr=lr, optimiser=optimiser, schedule=schedule
    )
