"""Whole images through a network: padded to what it takes, in batches, without gradients."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.data.images import Unlabelled
from harness.measure.memory import Portions
from harness.measure.names import NAMES
from harness.measure.tiles import Tiling, tiled_forward, unnoticed_tiling
from harness.train.true_float32 import true_float32

AT_ONCE = 2**21  # pixels of one forward pass: eight 512 x 512 images
PADDED_TO = 32  # every encoder halves five times at most
SHAPES = 4  # of images that a card meets whole; more of them are cut into tiles of one shape


@torch.no_grad()
def logits_of(
    net: nn.Module,
    images: Unlabelled,
    multiple: int = PADDED_TO,
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields (which images, their logits) batch by batch, in the order of the images.

    The images of a batch have one size, and the logits have it too, so that what a network says of
    an image does not depend on the images beside it. The network must be in evaluation mode. It
    computes in float32 proper. The batches are the same on every device; where memory runs out
    they go through the network in portions.
    """
    portions = Portions()
    tiling = tiling_of(net, images, multiple)

    def forward(batch: Tensor) -> Tensor:
        return padded_forward(net, batch, multiple, tiling)

    for which, batch in whole_batches(net, images):
        with true_float32():
            logits = portions.take(forward, batch)
        yield which, torch.cat(logits) if len(logits) > 1 else logits[0]


def whole_batches(net: nn.Module, images: Unlabelled) -> Iterator[tuple[Tensor, Tensor]]:
    """Yields (which images, the images in their true size) on the network's device.

    Until the next batch, `NAMES` says which images these are.
    """
    stored_on = images.pixels.device
    device = _device_of(net, images)
    for run in images.runs_of_one_size(range(len(images))):
        height, width = images.size_of(run[0])
        count = max(1, AT_ONCE // (height * width))
        for start in range(run[0], run[0] + len(run), count):
            end = min(start + count, run[0] + len(run))
            which = torch.arange(start, end, device=stored_on)
            batch = images.whole(which).to(device)
            NAMES.set(list(zip(images.groups[start:end], images.ids[start:end], strict=True)))
            try:
                yield which, batch
            finally:  # no names from before: batches of two networks may come by turns
                NAMES.set(())


def padded_forward(
    net: nn.Module,
    batch: Tensor,
    multiple: int = PADDED_TO,
    tiling: Tiling | None = None,
) -> Tensor:
    """Returns the logits of images of any size.

    The images are mirrored up to a multiple that the network takes, and the logits cut back. With
    a tiling, images larger than a tile go through the network in tiles.
    """
    height, width = batch.shape[-2:]
    below = -height % multiple
    right = -width % multiple
    if below or right:
        mode = "reflect" if below < height and right < width else "replicate"
        batch = F.pad(batch, (0, right, 0, below), mode=mode)
    if tiling is not None and max(batch.shape[-2:]) > tiling.side:
        at_once = max(1, AT_ONCE // (tiling.side**2 * len(batch)))
        logits = tiled_forward(net, batch, tiling, at_once)
    else:
        logits = net(batch)
    return logits[..., :height, :width]


@torch.no_grad()
def tiling_of(net: nn.Module, images: Unlabelled, multiple: int = PADDED_TO) -> Tiling | None:
    """Returns how to cut images of many shapes, or very large ones, on a card.

    A card is slow with a shape that it has not met and has an end to its memory. None where images
    go whole: on a processor, where shapes are few, and where the network's answer would tell.
    """
    if _device_of(net, images).type != "cuda":
        return None
    shapes: set[tuple[int, int]] = set()
    for run in images.runs_of_one_size(range(len(images))):
        height, width = images.size_of(run[0])
        shapes.add((height + -height % multiple, width + -width % multiple))
    largest = max((height * width for height, width in shapes), default=0)
    if len(shapes) <= SHAPES and largest <= AT_ONCE:
        return None
    parameter = next(net.parameters()).detach()
    try:
        with true_float32():
            return unnoticed_tiling(net, images.channels, parameter)
    except torch.OutOfMemoryError:
        return None


def _device_of(net: nn.Module, images: Unlabelled) -> torch.device:
    """Returns where images meet the network."""
    if images.pixels.is_cuda:
        return images.pixels.device
    return next(net.parameters()).device
