"""Y-Net (Roels 2019) in the three steps of paper 002, section 3.5: a second decoder paints both
domains again. On the Attention U-Net it is the paper's Attention Y-Net.
"""

from collections.abc import Callable, Iterator
from typing import Literal

from torch import Tensor, nn

from harness.components.methods import method
from harness.components.methods.painting import (
    MATCHED,
    TwoDecoders,
    errors_of,
    validation_score,
    with_matched,
)
from harness.components.methods.supervised import labelled_source
from harness.components.nets.reconstruction import before_bottleneck, reconstruction_decoder
from harness.data.images import Domains
from harness.spec.options import (
    Count,
    Fraction,
    Loss,
    Optimiser,
    Positive,
    Prepare,
    Schedule,
    Whole,
)
from harness.train.phases import BOTH, SOURCE, Batch, Phase, freeze, single

STEPS = ("both_tasks", "reconstruction", "segmentation")


@method(needs=("adapt_to",))
def ynet(
    net: nn.Module,
    data: Domains,
    *,
    epochs: tuple[Whole, Whole, Whole] = (50, 40, 100),
    alpha: tuple[Fraction, Fraction, Fraction] = (0.98, 1.0, 0.0),
    matching: Prepare | None = "match_target",
    matched: Fraction = 0.5,
    frozen: Literal["encoder", "none"] = "encoder",
    loss: Loss = "bce",
    lr: tuple[Positive, Positive, Positive] = (1e-3, 2e-4, 2e-4),
    optimisers: list[Optimiser] = [  # noqa: B006  read as a schema, never written to
        {"name": "sgd", "momentum": 0.99},
        "adam",
        "adam",
    ],
    schedules: list[Schedule] = [  # noqa: B006  read as a schema, never written to
        {"name": "plateau", "factor": 0.5, "floor": 0.1},
        {"name": "plateau", "factor": 0.5, "floor": 0.1},
        "one_cycle",
    ],
    patience: tuple[Count | None, Count | None, Count | None] = (7, 6, None),
) -> Iterator[Phase]:
    """Learns both tasks, then to paint both domains, then masks with the encoder frozen.

    From the second step on a source crop is one in the style of the target with likelihood
    `matched`. The bottleneck stays free in the last step. A step of 0 epochs is left out.
    """
    source = labelled_source(data)
    channels = source.images.channels
    net.painter = decoder = reconstruction_decoder(net, channels)  # hung on, so that it is saved
    decoders = TwoDecoders(net, decoder)
    in_style = source
    if matching is not None:
        in_style = source.with_pixels(lambda images: matching(images, data))
    last = max(step for step in range(len(STEPS)) if epochs[step])
    for step, name in enumerate(STEPS):
        if not epochs[step]:
            continue
        if name == "segmentation" and frozen == "encoder":
            for module in [decoder, *before_bottleneck(net, channels)]:
                freeze(module)
        share = matched if step > 0 and matching is not None else 0.0
        domains = {MATCHED: in_style} if share else {}
        streams = BOTH if alpha[step] > 0 else SOURCE
        yield single(
            name,
            net,
            both_tasks(decoders, loss, alpha[step], share, source.ignore),
            epochs=epochs[step],
            lr=lr[step],
            optimiser=optimisers[step],
            schedule=schedules[step],
            streams=(*streams, *domains),
            domains=domains,
            patience=patience[step] if data.validation else None,
            watch=validation_score(decoders, loss, alpha[step], data.validation),
            selects=step == last,
        )


def both_tasks(
    decoders: TwoDecoders, loss: Loss, alpha: float, share: float, ignore: int | None
) -> Callable[[Batch], dict[str, Tensor]]:
    """Makes the loss of equation 1, alpha MSE + (1 - alpha) BCE: the mean over all crops, where a
    crop without a mask has a BCE of 0.
    """

    def learn(batch: Batch) -> dict[str, Tensor]:
        """Returns both terms; without weight on painting nothing is painted."""
        source = with_matched(batch, share)
        if not alpha:
            return {"segmentation": loss(decoders.net(source.images), source.masks, ignore)}
        logits, painted = decoders.answers(source.images)
        of_target = errors_of(decoders.answers(batch.target.images)[1], batch.target.images)
        of_source = errors_of(painted, source.images)
        count = len(of_source) + len(of_target)
        entropy = loss(logits, source.masks, ignore) * len(of_source)
        return {
            "segmentation": (1 - alpha) * entropy / count,
            "reconstruction": alpha * (of_source.sum() + of_target.sum()) / count,
        }

    return learn
