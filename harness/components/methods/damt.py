"""DAMT-Net (Peng 2020), as paper 002 compares it: reconstruction of both domains, and two critics
that tell them apart, by labels and by features.
"""

from collections.abc import Callable, Iterator
from typing import Annotated

from pydantic import Field
from torch import Tensor, nn

from harness.components.methods import method
from harness.components.methods.entropy import class_logits
from harness.components.methods.supervised import labelled_source
from harness.components.nets.answers import Answer, answer_of, painted_widths, shapes_of
from harness.components.nets.damt_unet import FeatureCritic, LabelCritic, Painter
from harness.data.images import Domains
from harness.spec.options import Count, Fraction, Loss, NonNegative, Optimiser, Positive
from harness.train.phases import BOTH, Batch, Clock, Phase, Player

SOURCE_LABEL = 1
TARGET_LABEL = 0


@method(needs=("adapt_to",))
def damt(
    net: nn.Module,
    data: Domains,
    *,
    reconstruction: NonNegative = 0.0005,
    label: NonNegative = 0.001,
    feature: NonNegative = 0.001,
    epochs: Count = 60,
    lr: Positive = 5e-5,
    lr_critics: Positive = 1e-4,
    decay: Fraction = 0.9,
    decay_every: tuple[Count, Count] = (6000, 3000),
    patch: Annotated[int, Field(ge=32)] = 512,
    loss: Loss = "ce",
    optimiser: Optimiser = {  # noqa: B006  read as a schema, never written to
        "name": "adam",
        "betas": [0.9, 0.99],
    },
) -> Iterator[Phase]:
    """Learns masks, paints both domains, and makes its answers to the target look like the
    source's to two critics.

    Learning rates fall by `decay` after so many steps of the network and of the critics. The
    critic of features is built for crops of `patch` pixels.
    """
    source = labelled_source(data)
    channels = source.images.channels
    device = next(net.parameters()).device
    own = list(net.parameters())
    answer = answer_of(net)
    outputs, last = shapes_of(net, answer, channels, patch)
    painter = Painter(painted_widths(net, channels), channels).to(device)
    labels = LabelCritic(max(2, outputs)).to(device)
    features = FeatureCritic(*last).to(device)
    net.painter, net.labels, net.features = painter, labels, features  # hung on, to be saved

    def answers(batch: Batch) -> tuple[Answer, Answer]:
        return answer(batch.source.images), answer(batch.target.images)

    def learn(batch: Batch) -> dict[str, Tensor]:
        """Asks for masks, for images, and for answers on the target that seem the source's."""
        of_source, of_target = batch.once("answers", answers)
        errors = painter.error(of_source.bottleneck, batch.source.images)
        errors = errors + painter.error(of_target.bottleneck, batch.target.images)
        return {
            "segmentation": loss(of_source.logits, batch.source.masks, source.ignore),
            "reconstruction": reconstruction * errors / 2,
            "label": label * labels.error(likelihoods(of_target), SOURCE_LABEL),
            "feature": feature * features.error(of_target.last, SOURCE_LABEL),
        }

    def tell_labels(batch: Batch) -> Tensor:
        of_source, of_target = batch.once("answers", answers)
        return error_of(labels, likelihoods(of_source), likelihoods(of_target))

    def tell_features(batch: Batch) -> Tensor:
        of_source, of_target = batch.once("answers", answers)
        return error_of(features, of_source.last, of_target.last)

    slower = falling(decay, decay_every[1])
    players = [Player("net", [*own, *painter.parameters()], learn, optimiser)]
    for name, critic, tell in (
        ("labels", labels, tell_labels),
        ("features", features, tell_features),
    ):
        learned = list(critic.parameters())
        players.append(Player(name, learned, tell, optimiser, lr_critics, slower))
    schedule = falling(decay, decay_every[0])
    yield Phase("adversarial", players, epochs, lr, schedule, streams=BOTH, patch=patch)


def likelihoods(answer: Answer) -> Tensor:
    """Returns the likelihood of each class at each pixel, which the critic of labels looks at."""
    return class_logits(answer.logits).softmax(dim=1)


def error_of(critic: LabelCritic | FeatureCritic, source: Tensor, target: Tensor) -> Tensor:
    """Returns half of a critic's errors on both domains; the network does not learn from it."""
    on_source = critic.error(source.detach(), SOURCE_LABEL)
    on_target = critic.error(target.detach(), TARGET_LABEL)
    return (on_source + on_target) / 2


def falling(decay: float, every: int) -> Callable[[Clock], float]:
    """Makes a schedule that multiplies the rate by `decay` after each `every` steps."""

    def rate(clock: Clock) -> float:
        periods = clock.step // every
        return decay**periods

    return rate
