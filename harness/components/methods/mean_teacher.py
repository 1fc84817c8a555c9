"""Mean teacher (Tarvainen 2017): the student agrees on the target with a mean of its own past."""

import copy
import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from harness.components.methods import method
from harness.components.methods.entropy import class_logits
from harness.components.methods.supervised import labelled_source, segmentation
from harness.data.images import Domains
from harness.spec.options import Count, Fraction, Loss, NonNegative, Optimiser, Positive, Schedule
from harness.train.phases import BOTH, Batch, Memory, Phase, freeze, single


@method(needs=("adapt_to",))
def mean_teacher(
    net: nn.Module,
    data: Domains,
    *,
    decay: Fraction = 0.99,
    weight: NonNegative = 1.0,
    noise: NonNegative = 0.1,
    ramp: Fraction = 0.25,
    epochs: Count = 10,
    lr: Positive = 1e-3,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
) -> Iterator[Phase]:
    """A student learns from masks and from its teacher; the teacher is tested.

    They see the target's crops under noise of their own (French 2018). The teacher's word counts
    more and more over the first `ramp` of the steps.
    """
    on_source = segmentation(net, loss, labelled_source(data).ignore)
    teacher = copy.deepcopy(net)
    freeze(teacher)
    count = Memory(steps=torch.zeros((), device=next(net.parameters()).device))
    net.teacher, net.count = teacher, count  # hung on, so that a killed fit finds them again

    def with_noise(batch: Batch) -> Tensor:
        images = batch.target.images
        draws = torch.randn(images.shape, generator=batch.rng, device=images.device)
        return images + noise * draws

    def learn(batch: Batch) -> dict[str, Tensor]:
        """Asks for the source's masks, and for the teacher's answers on the target."""
        with torch.no_grad():
            opinion = class_logits(teacher(with_noise(batch))).softmax(dim=1)
        answer = class_logits(net(with_noise(batch))).softmax(dim=1)
        agreement = (answer - opinion).square().mean()
        return {
            "segmentation": on_source(batch),
            "agreement": weight * ramp_up(batch.progress, ramp) * agreement,
        }

    def follow_student(batch: Batch) -> None:
        """Moves the teacher a little towards the student."""
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


def ramp_up(progress: float, ramp: float) -> float:
    """Returns how much the teacher's word counts: exp(-5 (1 - t)^2) until `ramp`, then 1."""
    if progress >= ramp:
        return 1.0
    missing = 1 - progress / ramp
    return math.exp(-5 * missing**2)
