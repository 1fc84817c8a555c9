"""A pretext on photographs that an encoder can only solve by colour; no masks are needed."""

import math
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.methods import method
from harness.models.first_conv import first_conv
from harness.phases import Batch, Domains, Labelled, Phase, Player, single
from harness.registry import Count, NonNegative, Optimiser, Positive, Schedule

# Luminance, red against green, yellow against blue: orthonormal.
OPPONENT = [
    [1 / math.sqrt(3)] * 3,
    [1 / math.sqrt(2), -1 / math.sqrt(2), 0],
    [1 / math.sqrt(6)] * 2 + [-2 / math.sqrt(6)],
]


@method
def colours(
    net: nn.Module,
    data: Domains,
    *,
    weight: NonNegative = 10.0,
    epochs: tuple[Count, Count] = (4, 2),
    lr: tuple[Positive, Positive] = (1e-2, 1e-3),
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
) -> Iterator[Phase]:
    """A pretext: the first kernels tell opponent colours, then the encoder tells which photograph a crop is of too."""
    images = data.source.images if isinstance(data.source, Labelled) else data.source
    if images.channels != 3:
        raise ValueError(f"fit.train_on: the pretext colours needs red, green and blue, not {images.channels} channels")
    owners = list(dict.fromkeys(images.groups))
    kinds = torch.tensor([owners.index(g) for g in images.groups], device=images.pixels.device)
    encoder, stem, device = net.get_submodule("encoder"), first_conv(net), next(net.parameters()).device
    widths: Any = encoder.out_channels
    early, paint = (nn.Conv2d(width, 3, 1, device=device) for width in (stem.out_channels, widths[1]))
    which = nn.Linear(widths[-1], len(owners), device=device)
    net.early, net.paint, net.which = early, paint, which
    opponent = torch.tensor(OPPONENT, device=device)[:, :, None, None]

    def painted(images: Tensor, features: Tensor, paint: nn.Module) -> Tensor:
        wanted = F.adaptive_avg_pool2d(F.conv2d(images, opponent), list(features.shape[-2:]))  # type: ignore[arg-type]
        return weight * F.mse_loss(paint(features), wanted)

    def seen(batch: Batch) -> Tensor:
        return painted(batch.source.images, stem(batch.source.images).relu(), early)

    def told(batch: Batch) -> dict[str, Tensor]:
        features = encoder(batch.source.images)
        truth = kinds[batch.source.which].to(device)
        return {
            "photograph": F.cross_entropy(which(features[-1].mean((2, 3))), truth),
            "colour": painted(batch.source.images, features[1], paint),
        }

    learning = [*stem.parameters(), *early.parameters()]
    yield Phase("stem", [Player("stem", learning, seen, optimiser)], epochs[0], lr[0], schedule)
    yield single("encoder", net, told, epochs=epochs[1], lr=lr[1], optimiser=optimiser, schedule=schedule)
