"""Mean teacher (Tarvainen 2017): the student agrees on the target with a mean of its own past."""

import copy
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from harness.components.methods import method
from harness.data.images import Domains, Labelled
from harness.spec.options import Count, Fraction, Loss, NonNegative, Optimiser, Positive, Schedule
from harness.train.phases import BOTH, Batch, Memory, Phase, freeze, single


@method(needs=("adapt_to",))
def mean_teacher(
    net: nn.Module,
    data: Domains,
    *,
    decay: Fraction = 0.99,
    weight: NonNegative = 1.0,
    epochs: Count = 10,
    lr: Positive = 1e-3,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
) -> Iterator[Phase]:
    """A student learns from masks and from its teacher; the teacher is tested."""
    source = data.source
    if not isinstance(source, Labelled):
        raise ValueError("fit.train_on has no masks, and fit.method learns from masks")
    teacher = copy.deepcopy(net)
    freeze(teacher)
    count = Memory(steps=torch.zeros((), device=next(net.parameters()).device))
    net.teacher, net.count = teacher, count  # hung on, so that a killed fit finds them again

    def learn(batch: Batch) -> dict[str, Tensor]:
        with torch.no_grad():
            opinion = teacher(batch.target.images).sigmoid()
        answer = net(batch.target.images).sigmoid()
        return {
            "segmentation": loss(net(batch.source.images), batch.source.masks, source.ignore),
            "agreement": weight * (answer - opinion).square().mean(),
        }

    def follow_student(batch: Batch) -> None:
        count.steps += 1
        share = torch.clamp(1 - 1 / (count.steps + 1), max=decay)  # a true mean at first
        student = net.state_dict()
        for name, value in teacher.state_dict().items():
            if value.is_floating_point():
                value.lerp_(student[name], 1 - share)

    yield single(
        "teach",
        net,
        learn,
        epochs=epochs,
        lr=lr,
        optimiser=optimiser,
        schedule=schedule,
        streams=BOTH,
        evaluates=teacher,
        after_step=follow_student,
    )
