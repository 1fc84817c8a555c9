"""Adversarial adaptation of features (Ganin 2016), with a critic that learns more often."""

from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.methods import method
from harness.data.images import Domains, Labelled
from harness.spec.options import Count, Loss, NonNegative, Optimiser, Positive, Schedule
from harness.train.phases import BOTH, Batch, Phase, Player


@method(needs=("adapt_to",))
def feature_critic(
    net: nn.Module,
    data: Domains,
    *,
    weight: NonNegative = 0.01,
    every: Count = 2,
    epochs: Count = 10,
    lr: Positive = 1e-3,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
    critic_schedule: Schedule = "linear",
) -> Iterator[Phase]:
    """A critic tells features apart by their domain; at each `every`-th step the network makes
    that harder.
    """
    source = data.source
    if not isinstance(source, Labelled):
        raise ValueError("fit.train_on has no masks, and fit.method learns from masks")
    encoder: Any = net.get_submodule("encoder")
    own = list(net.parameters())
    device = own[0].device
    critic = nn.Linear(encoder.out_channels[-1], 1, device=device)
    net.critic = critic  # hung on, so that it is saved; it stays out of the checkpoint

    def features_of(batch: Batch) -> tuple[Tensor, Tensor]:
        images = (batch.source.images, batch.target.images)
        first, second = (encoder(part)[-1].mean((2, 3)) for part in images)
        return first, second

    def tell_apart(batch: Batch) -> Tensor:
        first, second = batch.once("features", features_of)
        verdicts = critic(torch.cat([first.detach(), second.detach()]))
        truth = torch.cat([torch.ones(len(first), 1), torch.zeros(len(second), 1)])
        return F.binary_cross_entropy_with_logits(verdicts, truth.to(device))

    def segment_and_confuse(batch: Batch) -> dict[str, Tensor]:
        _, target = batch.once("features", features_of)
        confusion = F.binary_cross_entropy_with_logits(
            critic(target), torch.ones(len(target), 1, device=device)
        )
        logits = net(batch.source.images)
        return {
            "segmentation": loss(logits, batch.source.masks, source.ignore),
            "confusion": weight * confusion,
        }

    players = [
        Player(
            "critic", list(critic.parameters()), tell_apart, optimiser, schedule=critic_schedule
        ),
        Player("net", own, segment_and_confuse, optimiser, every=every),
    ]
    yield Phase("play", players, epochs, lr, schedule, streams=BOTH)
