"""Self-supervised adaptation: first super-resolution of both domains, then the source's masks.

Franco-Barranco 2022, section 3.4. There the source is matched to the target's histogram before
either step, which is `prepare` of the fit.
"""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.methods import method
from harness.components.methods.supervised import labelled_source, supervised
from harness.components.nets.reconstruction import before_bottleneck
from harness.data.images import Domains, Unlabelled
from harness.spec.options import (
    Count,
    Fraction,
    Loss,
    NonNegative,
    Optimiser,
    Positive,
    Schedule,
)
from harness.train.phases import BOTH, Batch, Phase, freeze, single


@method(needs=("adapt_to",))
def super_resolution(
    net: nn.Module,
    data: Domains,
    *,
    noise: NonNegative = 0.1,
    factor: Count = 2,
    foreground: Fraction = 0.0,
    epochs: tuple[Count, Count] = (200, 60),
    lr: tuple[Positive, Positive] = (5e-4, 1e-4),
    loss: Loss = "bce",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "one_cycle",
    patience: Count | None = None,
) -> Iterator[Phase]:
    """Enhances the resolution of both domains, then learns from masks with a frozen encoder.

    The network's last output paints the middle slice. The bottleneck and the decoder stay free in
    the second phase. Source crops with less than `foreground` of it are no pretext: the authors'
    code asks .05 of both domains and so reads the target's masks, which no method here can.
    """
    source = labelled_source(data)
    images = source.images

    def enhance(batch: Batch) -> dict[str, Tensor]:
        """Asks for the crops of both domains as they were before they became worse."""
        errors = {}
        for name in BOTH:
            crops = batch.streams[name].images
            worse = lower_resolution(crops, noise, factor, batch.rng)
            painted = net(worse)[:, -1].sigmoid()
            errors[name] = (painted - middle_slice(crops, images)).square().mean((1, 2))
        if foreground > 0:
            assert batch.source.masks is not None
            share = foreground_share(batch.source.masks, source.ignore)
            errors["source"] = errors["source"] * (share >= foreground)
        count = len(batch.source.images) + len(batch.target.images)
        return {name: error.sum() / count for name, error in errors.items()}

    yield single(
        "pretext",
        net,
        enhance,
        epochs=epochs[0],
        lr=lr[0],
        optimiser=optimiser,
        schedule=schedule,
        streams=BOTH,
        selects=False,
    )
    for module in before_bottleneck(net, images.channels):
        freeze(module)
    yield from supervised(
        net,
        data,
        epochs=epochs[1],
        lr=lr[1],
        loss=loss,
        optimiser=optimiser,
        schedule=schedule,
        patience=patience,
    )


def lower_resolution(images: Tensor, noise: float, factor: int, rng: torch.Generator) -> Tensor:
    """Returns images with noise, a share of their largest grey level, made smaller and as large
    again, both bilinearly.
    """
    largest = images.amax((1, 2, 3), keepdim=True)
    draws = torch.randn(images.shape, generator=rng, device=images.device)
    noisy = (images + noise * largest * draws).clamp(0, 1)
    size = images.shape[-2:]
    small = [side // factor for side in size]
    lower = F.interpolate(noisy, small, mode="bilinear", align_corners=False)
    return F.interpolate(lower, size, mode="bilinear", align_corners=False)


def middle_slice(crops: Tensor, images: Unlabelled) -> Tensor:
    """Returns what is painted, (b, h, w): the middle slice of a stack, grey."""
    planes = crops.shape[1] // images.slices
    first = images.slices // 2 * planes
    return crops[:, first : first + planes].mean(1)


def foreground_share(masks: Tensor, ignore: int | None) -> Tensor:
    """Returns the share of each mask that is foreground."""
    is_foreground = masks > 0
    if ignore is not None:
        is_foreground &= masks != ignore
    return is_foreground.float().mean((1, 2))
