"""Whole images through a network: padded to what it takes, in batches, without gradients."""

from collections.abc import Iterator
from contextvars import ContextVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.data.images import Unlabelled

AT_ONCE = 2**21  # pixels of one forward pass: eight 512 x 512 images
PADDED_TO = 32  # every encoder halves five times at most

Name = tuple[str, str]  # of an image: its group, its id
# The images of the forward pass that is under way, for what is drawn by the name of an image.
NAMES: ContextVar[tuple[Name, ...]] = ContextVar("names", default=())


@torch.no_grad()
def logits_of(
    net: nn.Module,
    images: Unlabelled,
    multiple: int = PADDED_TO,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields (which images, their logits) batch by batch, in the order of the images.

    The images of a batch have one size, and the logits have it too, so that what a network says of
    an image does not depend on the images beside it. The network must be in evaluation mode.
    """
    for which, batch in whole_batches(net, images):
        yield which, padded_forward(net, batch, multiple)


def whole_batches(net: nn.Module, images: Unlabelled) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields (which images, the images in their true size) on the network's device.

    Until the next batch, `NAMES` says which images these are.
    """
    stored_on = images.pixels.device
    device = stored_on if images.pixels.is_cuda else next(net.parameters()).device
    for run in images.runs_of_one_size(range(len(images))):
        height, width = images.size_of(run[0])
        count = max(1, AT_ONCE // (height * width))
        for start in range(run[0], run[0] + len(run), count):
            end = min(start + count, run[0] + len(run))
            which = torch.arange(start, end, device=stored_on)
            batch = images.whole(which).to(device)
            NAMES.set(tuple(zip(images.groups[start:end], images.ids[start:end], strict=True)))
            try:
                yield which, batch
            finally:
                NAMES.set(())


def padded_forward(net: nn.Module, batch: Tensor, multiple: int = PADDED_TO) -> Tensor:
    """Returns the logits of images of any size.

    The images are mirrored up to a multiple that the network takes, and the logits cut back.
    """
    height, width = batch.shape[-2:]
    below = -height % multiple
    right = -width % multiple
    if below or right:
        mode = "reflect" if below < height and right < width else "replicate"
        batch = F.pad(batch, (0, right, 0, below), mode=mode)
    logits: Tensor = net(batch)
    return logits[..., :height, :width]
