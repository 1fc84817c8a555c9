"""A method that cannot be resumed: it counts its steps where nobody saves them."""

from collections.abc import Iterator

from torch import Tensor, nn

from harness.components.methods import method
from harness.data.images import Domains, Labelled
from harness.spec.options import Count, Loss, Optimiser, Positive, Schedule
from harness.train.phases import Batch, Phase, single


@method
def forgetful(
    net: nn.Module,
    data: Domains,
    *,
    epochs: Count = 10,
    lr: Positive = 1e-3,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "sgd",
    schedule: Schedule = "constant",
) -> Iterator[Phase]:
    """Weighs each step more than those before it, by a number in a closure."""
    source = data.source
    if not isinstance(source, Labelled):
        raise ValueError("fit.train_on has no masks, and fit.method learns from masks")
    steps = 0

    def weigh(batch: Batch) -> Tensor:
        nonlocal steps
        steps += 1
        return steps * loss(net(batch.source.images), batch.source.masks, source.ignore)

    yield single("weigh", net, weigh, epochs=epochs, lr=lr, optimiser=optimiser, schedule=schedule)
