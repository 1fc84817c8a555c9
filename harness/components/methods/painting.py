"""Two decoders on one encoder: what Y-Net answers, how it errs, and what it learns from."""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn

from harness.components.nets.reconstruction import ReconstructionDecoder, logits_and_bottleneck
from harness.data.images import Labelled
from harness.measure.forward import logits_of
from harness.spec.options import Loss
from harness.train.crops import Crops
from harness.train.phases import Batch

MATCHED = "matched"  # the stream of source crops in the style of the target


class TwoDecoders(nn.Module):
    """A network and a decoder that paints: logits and images side by side, as one tensor."""

    def __init__(self, net: nn.Module, decoder: ReconstructionDecoder) -> None:
        super().__init__()
        self.net = net
        self.decoder = decoder

    def forward(self, images: Tensor) -> Tensor:
        """Returns the logits, and after them the painted images, in one pass of the encoder."""
        logits, bottleneck = logits_and_bottleneck(self.net, images)
        return torch.cat([logits, self.decoder(bottleneck)], dim=1)

    def answers(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the logits and the painted images."""
        return cut_apart(self(images), images.shape[1])


def cut_apart(outputs: Tensor, channels: int) -> tuple[Tensor, Tensor]:
    """Cuts what two decoders give into logits and painted images of so many channels."""
    logits = outputs[:, :-channels]
    painted = outputs[:, -channels:]
    return logits, painted


def errors_of(painted: Tensor, images: Tensor) -> Tensor:
    """Returns the mean squared error of each image."""
    return (painted.float() - images).square().mean((1, 2, 3))


def with_matched(batch: Batch, share: float) -> Crops:
    """Returns the source's crops, each with likelihood `share` replaced by one of the stream of
    crops in the style of the target.
    """
    source = batch.source
    if not share:
        return source
    matched = batch.streams[MATCHED]
    device = source.images.device
    is_matched = torch.rand(len(source.images), generator=batch.rng, device=device) < share
    assert source.masks is not None
    assert matched.masks is not None
    images = torch.where(is_matched[:, None, None, None], matched.images, source.images)
    masks = torch.where(is_matched[:, None, None], matched.masks, source.masks)
    return replace(source, images=images, masks=masks)


def validation_score(
    ynet: TwoDecoders, loss: Loss, alpha: float, validation: Labelled | None
) -> Callable[[], float] | None:
    """Makes what a step watches: minus its loss on the validation images of the source, None where
    there are none.
    """
    if validation is None:
        return None

    def minus_mean_loss() -> float:
        """Returns minus the mean of equation 1 over the validation images."""
        total = 0.0
        for which, outputs in logits_of(ynet, validation.images):
            images = validation.images.whole(which).to(outputs.device)
            logits, painted = cut_apart(outputs, images.shape[1])
            entropy = float(loss(logits, validation.masks_of(which), validation.ignore))
            error = float(errors_of(painted, images).mean())
            total -= (alpha * error + (1 - alpha) * entropy) * len(which)
        return total / len(validation)

    return minus_mean_loss
