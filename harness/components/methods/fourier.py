"""Fourier domain adaptation (Yang 2020): source crops get the low frequencies of target crops."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from harness.components.methods import method
from harness.components.methods.entropy import entropies
from harness.components.methods.supervised import labelled_source
from harness.data.images import Domains
from harness.spec.options import Count, Fraction, Loss, NonNegative, Optimiser, Positive, Schedule
from harness.train.phases import BOTH, Batch, Phase, single

TINY = 1e-8  # below the root of the penalty, as in the authors' code


@method(needs=("adapt_to",))
def fourier(
    net: nn.Module,
    data: Domains,
    *,
    beta: Fraction = 0.01,
    weight: NonNegative = 0.005,
    power: Positive = 2.0,
    epochs: Count = 10,
    lr: Positive = 1e-3,
    loss: Loss = "bce_dice",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
) -> Iterator[Phase]:
    """Learns from source crops in the style of target crops, and from the target's entropy.

    `beta` of the shorter side are the frequencies, up and down, whose amplitude is exchanged
    (equations 2 and 3); certain answers cost little, doubtful ones much (equation 4). The paper's
    last part, training anew on the pooled answers of three networks, is left out.
    """
    source = labelled_source(data)

    def learn(batch: Batch) -> dict[str, Tensor]:
        """Asks for the masks of styled crops, and for certain answers on the target."""
        styled = in_style_of(batch.source.images, batch.target.images, beta)
        doubt = entropies(net(batch.target.images))
        return {
            "segmentation": loss(net(styled), batch.source.masks, source.ignore),
            "entropy": weight * (doubt.square() + TINY).pow(power).mean(),
        }

    yield single(
        "adapt",
        net,
        learn,
        epochs=epochs,
        lr=lr,
        optimiser=optimiser,
        schedule=schedule,
        streams=BOTH,
    )


def in_style_of(images: Tensor, styles: Tensor, beta: float) -> Tensor:
    """Returns images whose low frequencies have the amplitudes of other images, and whose phases
    and high frequencies stay as they are.
    """
    partners = torch.arange(len(images), device=images.device) % len(styles)
    spectrum = torch.fft.fft2(images.float())
    style = torch.fft.fft2(styles[partners].float())
    height, width = images.shape[-2:]
    reach = int(beta * min(height, width))
    rows = _is_low(height, reach, images.device)
    columns = _is_low(width, reach, images.device)
    is_low = rows[:, None] & columns
    amplitude = torch.where(is_low, style.abs(), spectrum.abs())
    return torch.fft.ifft2(torch.polar(amplitude, spectrum.angle())).real


def _is_low(size: int, reach: int, device: torch.device) -> Tensor:
    """Marks the frequencies of one side, in the order of the transform, up to `reach`."""
    frequencies = torch.fft.fftfreq(size, 1 / size, device=device)
    return frequencies.abs() <= reach
