"""Unlabelled, Labelled, Domains: what a fit may look at."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor


def grey_range(volumes: Sequence[str]) -> tuple[Tensor, Tensor]:
    """The first and the last image of each volume, for each image; slices stand side by side."""
    first = []
    last = []
    start = 0
    for i, volume in enumerate(volumes):
        if i and volume != volumes[i - 1]:
            start = i
        first.append(start)
    end = len(volumes) - 1
    for i in range(len(volumes) - 1, -1, -1):
        if i < len(volumes) - 1 and volumes[i] != volumes[i + 1]:
            end = i
        last.append(end)
    return torch.tensor(first), torch.tensor(last[::-1])


@dataclass(frozen=True)
class Unlabelled:
    """Images of one domain on the training device; it has no masks to look at."""

    pixels: Tensor  # (n, c, h, w): uint8 as stored, or float32 once prepared
    ids: Sequence[str]
    groups: Sequence[str]
    first: Tensor  # (n,): the first and the last slice of the volume that an image belongs to
    last: Tensor
    slices: int = 1
    sizes: Tensor | None = None  # (n, 2): the true height and width where images differ in size

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def images(self) -> "Unlabelled":
        """Itself, so that code that needs pixels alone need not ask which kind of images it has."""
        return self

    def with_pixels(self, change: Callable[["Unlabelled"], Tensor]) -> "Unlabelled":
        """The same images with the pixels that `change` makes of them."""
        pixels = change(self)
        return replace(self, pixels=pixels)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the tensor; smaller images are filled up to it."""
        height, width = self.pixels.shape[-2:]
        return height, width

    def size_of(self, index: int) -> tuple[int, int]:
        """Height and width of one image, without what fills it up."""
        if self.sizes is None:
            return self.size
        height, width = self.sizes[index].tolist()
        return height, width

    def runs_of_one_size(self, positions: Sequence[int]) -> Iterator[Sequence[int]]:
        """The positions in their order, cut wherever the next image has another true size."""
        if self.sizes is None:
            if positions:
                yield positions
            return
        sizes = self.sizes.tolist()
        start = 0
        for end in range(1, len(positions) + 1):
            is_last = end == len(positions)
            if is_last or sizes[positions[end]] != sizes[positions[start]]:
                yield positions[start:end]
                start = end

    def image(self, index: int) -> Tensor:
        """(c, h, w): one image as numbers, in its own size, without what fills it up."""
        height, width = self.size_of(index)
        return unit(self.pixels[index, :, :height, :width].contiguous())

    @property
    def all_pixels(self) -> Tensor:
        """The pixels that statistics may look at, as stored: those of images, never the filling.

        They are (n, c, h, w) where all images have one size, else side by side in (1, c, 1, all).
        """
        if self.sizes is None:
            return self.pixels
        planes = []
        for index, pixels in enumerate(self.pixels):
            height, width = self.size_of(index)
            planes.append(pixels[:, :height, :width].flatten(1))
        return torch.cat(planes, dim=1)[None, :, None]

    @property
    def pixel_count(self) -> int:
        """How many pixels all images have together, without what fills them up."""
        if self.sizes is None:
            height, width = self.size
            return len(self) * height * width
        return int(self.sizes.prod(dim=1).sum())

    @cached_property
    def smallest(self) -> int:
        """The position of the image with the shortest side."""
        if self.sizes is None:
            return 0
        return int(self.sizes.amin(dim=1).argmin())

    @property
    def channels(self) -> int:
        """What a network sees: every slice of the stack, with all its channels."""
        return self.slices * self.pixels.shape[1]

    def neighbours(self, which: Tensor) -> Tensor:
        """The stack around each image, as (b, slices).

        Beyond an end of its volume the end slice is repeated.
        """
        reach = self.slices // 2
        offsets = torch.arange(-reach, reach + 1, device=which.device)
        around = which[:, None] + offsets
        first = self.first[which][:, None]
        last = self.last[which][:, None]
        return torch.clamp(around, first, last)

    def whole(self, which: Tensor) -> Tensor:
        """(b, channels, h, w): whole images as the network sees them, in their one true size."""
        stack = self.pixels[self.neighbours(which)]
        stack = self.without_filling(stack, which)
        return unit(stack.flatten(1, 2))

    def without_filling(self, planes: Tensor, which: Tensor) -> Tensor:
        """Cuts planes (..., h, w) of images to the true size of these, which must be one size."""
        if self.sizes is None or not len(which):
            return planes
        sizes = self.sizes[which.to(self.sizes.device)]
        if bool((sizes != sizes[0]).any()):
            raise ValueError(
                "images of several sizes cannot stand in one tensor; take them by runs_of_one_size"
            )
        height, width = sizes[0].tolist()
        return planes[..., :height, :width].contiguous()

    def crops(self, which: Tensor, top: Tensor, left: Tensor, patch: int) -> Tensor:
        """(b, channels, patch, patch): a window of each image in `which`."""
        rows = _span(top, patch)
        columns = _span(left, patch)
        planes = torch.arange(self.pixels.shape[1], device=which.device)
        stack = self.neighbours(which)
        crops = self.pixels[
            stack[:, :, None, None, None],
            planes[:, None, None],
            rows[:, None, None, :, None],
            columns[:, None, None, None, :],
        ]
        return unit(crops.flatten(1, 2))


@dataclass(frozen=True)
class Labelled:
    """Images with their masks."""

    images: Unlabelled
    masks: Tensor  # (n, h, w) uint8 or int32
    classes: tuple[str, ...]
    ignore: int | None = None

    def __len__(self) -> int:
        return len(self.images)

    def with_pixels(self, change: Callable[[Unlabelled], Tensor]) -> "Labelled":
        """The same masks beside images with the pixels that `change` makes of them."""
        images = self.images.with_pixels(change)
        return replace(self, images=images)

    def masks_of(self, which: Tensor) -> Tensor:
        """(b, h, w): whole masks as labels, in the one true size of these images.

        They are as large as the logits of these images.
        """
        masks = self.images.without_filling(self.masks[which], which)
        return masks.long()

    def mask_crops(self, which: Tensor, top: Tensor, left: Tensor, patch: int) -> Tensor:
        """(b, patch, patch): the masks of the windows that `crops` of the images gives."""
        rows = _span(top, patch)
        columns = _span(left, patch)
        crops = self.masks[
            which[:, None, None],
            rows[:, :, None],
            columns[:, None, :],
        ]
        return crops.long()


@dataclass(frozen=True)
class Domains:
    """What a fit may look at: a source, its validation part, and a target without masks."""

    source: Labelled | Unlabelled
    validation: Labelled | None = None
    target: Unlabelled | None = None

    def with_pixels(self, change: Callable[[Unlabelled], Tensor]) -> "Domains":
        """The same domains after `change` made new pixels for source, validation and target."""
        source = self.source.with_pixels(change)
        validation = self.validation
        if validation is not None:
            validation = validation.with_pixels(change)
        target = self.target
        if target is not None:
            target = target.with_pixels(change)
        return Domains(source, validation, target)


def unit(pixels: Tensor) -> Tensor:
    """Stored grey levels as numbers from 0 to 1; float images are taken as they are."""
    if pixels.dtype == torch.uint8:
        return pixels.float() / 255
    if pixels.dtype == torch.int16:  # the bits of unsigned 16-bit images
        unsigned = pixels.to(torch.int32) & 0xFFFF
        return unsigned.float() / 65535
    return pixels.float()


def _span(start: Tensor, length: int) -> Tensor:
    """(b, length): the rows or columns from each start on."""
    offsets = torch.arange(length, device=start.device)
    return start[:, None] + offsets
