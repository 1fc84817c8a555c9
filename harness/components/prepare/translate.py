"""Images in another style, drawn by a translator that was trained as a fit of its own."""

import torch
from torch import Tensor

from harness.components.prepare import prepare
from harness.data.images import Domains, Unlabelled
from harness.measure.forward import padded_forward, whole_batches
from harness.spec.options import Network, Pick

MULTIPLE = 4  # of the sides of what a translator takes


@prepare(needs=("translator",))
def translate(images: Unlabelled, domains: Domains, *, by: Network, pick: Pick = "last") -> Tensor:
    """The images as the network of the fit `by` translates them, slice by slice."""
    slices = every_slice(images)
    shape = tuple(images.pixels.shape)
    translated = torch.zeros(shape, device=images.pixels.device)
    for which, batch in whole_batches(by, slices):
        height, width = batch.shape[-2:]
        drawn = padded_forward(by, batch, MULTIPLE)
        translated[which, :, :height, :width] = drawn.to(translated.device)
    return translated


def every_slice(images: Unlabelled) -> Unlabelled:
    """Returns all that is stored as images of one slice, those among them that only stand in the
    stacks of images.
    """
    count = len(images.pixels)
    device = images.pixels.device
    numbers = torch.arange(count, device=device)
    sizes = images.sizes
    if sizes is not None:
        stacks = images.neighbours(torch.arange(len(images), device=device))
        of_images = sizes
        sizes = torch.zeros(count, 2, dtype=of_images.dtype, device=of_images.device)
        sizes[stacks.to(sizes.device)] = of_images[:, None]
    names = [str(number) for number in range(count)]
    return Unlabelled(images.pixels, names, names, numbers, numbers, sizes=sizes)
