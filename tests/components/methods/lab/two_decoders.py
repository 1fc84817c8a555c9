"""As Y-Net (Roels 2019): a second decoder reconstructs both domains, then goes, and masks teach."""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.methods import method
from harness.data.images import Domains, Labelled
from harness.spec.options import Count, Loss, Optimiser, Positive, Schedule
from harness.train.phases import BOTH, Batch, Memory, Phase, freeze, single, unfreeze

POOL = 6  # images


@method(needs=("adapt_to",))
def two_decoders(
    net: nn.Module,
    data: Domains,
    *,
    epochs: tuple[Count, Count] = (10, 10),
    lr: Positive = 1e-3,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
) -> Iterator[Phase]:
    """The encoder learns to reconstruct both domains; then the whole network learns from masks."""
    source = data.source
    if not isinstance(source, Labelled):
        raise ValueError("fit.train_on has no masks, and fit.method learns from masks")
    encoder: Any = net.get_submodule("encoder")
    device = next(net.parameters()).device
    for name, part in net.named_children():
        if name != "encoder":
            freeze(part)
    paint = nn.Conv2d(encoder.out_channels[-1], data.source.images.channels, 1, device=device)
    pool = Memory(images=torch.empty(0, device=device))  # grows up to POOL target images
    net.paint, net.pool = paint, pool  # hung on, so that a killed fit finds them again

    def reconstruct(batch: Batch) -> Tensor:
        images = torch.cat([batch.source.images, batch.target.images])
        if len(pool.images):
            images = torch.cat([images, pool.images])
        painted = paint(encoder(images)[-1])
        return F.mse_loss(painted, F.adaptive_avg_pool2d(images, painted.shape[-2:]))

    def remember(batch: Batch) -> None:
        newest = batch.target.images[:1]
        pool.images = torch.cat([newest, pool.images[: POOL - 1]])

    def segment(batch: Batch) -> Tensor:
        return loss(net(batch.source.images), batch.source.masks, source.ignore)

    settings: dict[str, Any] = {"lr": lr, "optimiser": optimiser, "schedule": schedule}
    yield single(
        "paint",
        net,
        reconstruct,
        epochs=epochs[0],
        streams=BOTH,
        selects=False,
        after_step=remember,
        **settings,
    )
    unfreeze(net)
    yield single("segment", net, segment, epochs=epochs[1], **settings)
