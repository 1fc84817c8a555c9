"""A method outside the package: a new head is trained first, then the whole network, more gently.

How to use it: a study names this folder, and then the method, as it would name one of
harness's own.

    components: [./lab]
    base:
      fit:
        method: {name: head_first, frozen: 2, epochs: 6}

`harness run examples/my_study.yaml` does. The bytes of this file are part of the key of every fit
that it trains: edit it, and those fits are trained again.
"""

from collections.abc import Iterator

from torch import Tensor, nn

from harness.components.methods import method
from harness.data.images import Domains, Labelled
from harness.spec.options import Count, Fraction, Loss, Optimiser, Positive, Schedule
from harness.train.phases import Batch, Phase, single


@method
def head_first(
    net: nn.Module,
    data: Domains,
    *,
    frozen: Count = 2,
    epochs: Count = 10,
    lr: Positive = 1e-3,
    gentler: Fraction = 0.1,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
) -> Iterator[Phase]:
    """The encoder's weights stay for `frozen` epochs.

    Then all learn for `epochs`, at `gentler` times the rate.
    """
    source = data.source
    if not isinstance(source, Labelled):
        raise ValueError("fit.train_on has no masks, and fit.method learns from masks")
    encoder = getattr(net, "encoder", None)
    if not isinstance(encoder, nn.Module):
        raise ValueError(f"fit.method: {type(net).__name__} has no part called encoder to freeze")

    def follow(batch: Batch) -> Tensor:
        return loss(net(batch.source.images), batch.source.masks, source.ignore)

    # Its batch norm still counts what it sees; freeze() would stop that too.
    encoder.requires_grad_(False)
    yield single("head", net, follow, epochs=frozen, lr=lr, optimiser=optimiser, schedule=schedule)
    encoder.requires_grad_(True)
    yield single(
        "whole", net, follow, epochs=epochs, lr=lr * gentler, optimiser=optimiser, schedule=schedule
    )
