"""TENT (Wang 2021): a trained network makes its answers on the target certain by batch norm."""

from collections.abc import Iterator

from torch import Tensor, nn

from harness.components.methods import method
from harness.components.methods.adabn import batch_norms, forget_statistics
from harness.components.methods.entropy import entropies
from harness.components.methods.supervised import supervised
from harness.data.images import Domains
from harness.spec.options import Count, Loss, Optimiser, Positive, Schedule
from harness.train.phases import TARGET, Batch, Phase, Player


@method(needs=("adapt_to",))
def tent(
    net: nn.Module,
    data: Domains,
    *,
    epochs: tuple[Count, Count] = (10, 1),
    lr: Positive = 1e-3,
    lr_adapt: Positive = 1e-3,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
) -> Iterator[Phase]:
    """Learns from the source; then scales and shifts of batch norm follow the target's entropy.

    The paper normalises a test batch by its own statistics. Probes ask image by image, so that the
    statistics are those of the target's training images, counted while the scales learn.
    """
    norms = batch_norms(net)

    def doubt_on_target(batch: Batch) -> Tensor:
        return entropies(net(batch.target.images)).mean()

    yield from supervised(
        net, data, epochs=epochs[0], lr=lr, loss=loss, optimiser=optimiser, schedule=schedule
    )
    forget_statistics(norms)
    parameters: list[nn.Parameter] = []
    for norm in norms:
        parameters += norm.parameters()
    player = Player("net", parameters, doubt_on_target, optimiser)
    yield Phase("adapt", [player], epochs[1], lr_adapt, streams=TARGET)
