"""AdaBN (Li 2017): after learning from the source, batch norm counts the target's statistics."""

from collections.abc import Iterator

from torch import Tensor, nn

from harness.components.methods import method
from harness.data.images import Domains, Labelled
from harness.spec.options import Count, Loss, Optimiser, Positive, Schedule
from harness.train.phases import TARGET, Batch, Phase, single


@method(needs=("adapt_to",))
def adabn(
    net: nn.Module,
    data: Domains,
    *,
    epochs: Count = 10,
    lr: Positive = 1e-3,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
) -> Iterator[Phase]:
    """Learns from the source, then forgets its batch norm statistics for those of the target."""
    source = data.source
    if not isinstance(source, Labelled):
        raise ValueError("fit.train_on has no masks, and fit.method learns from masks")

    def on_source(batch: Batch) -> Tensor:
        return loss(net(batch.source.images), batch.source.masks, source.ignore)

    def count_target(batch: Batch) -> None:
        net(batch.target.images)  # in training mode, so that batch norm counts what it sees

    yield single(
        "source", net, on_source, epochs=epochs, lr=lr, optimiser=optimiser, schedule=schedule
    )
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # the mean over all batches
    yield Phase("count", [], epochs=1, streams=TARGET, after_step=count_target)
