"""AdaBN (Li 2017): after learning from the source, batch norm counts the target's statistics."""

from collections.abc import Iterator

from torch import nn

from harness.components.methods import method
from harness.components.methods.supervised import supervised
from harness.data.images import Domains
from harness.spec.options import Count, Loss, Optimiser, Positive, Schedule
from harness.train.phases import TARGET, Batch, Phase


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
    norms = batch_norms(net)

    def count_target(batch: Batch) -> None:
        net(batch.target.images)  # in training mode, so that batch norm counts what it sees

    yield from supervised(
        net, data, epochs=epochs, lr=lr, loss=loss, optimiser=optimiser, schedule=schedule
    )
    forget_statistics(norms)
    yield Phase("count", [], epochs=1, streams=TARGET, after_step=count_target)


def batch_norms(net: nn.Module) -> list[nn.BatchNorm2d]:
    """Returns the batch norm layers; a network without any is refused in one sentence."""
    norms = [module for module in net.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        raise ValueError(
            f"fit.method adapts batch norm, and {type(net).__name__} has none; "
            "take another fit.net or another method"
        )
    return norms


def forget_statistics(norms: list[nn.BatchNorm2d]) -> None:
    """Lets batch norm count anew: its statistics become the mean over all batches from now on."""
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
