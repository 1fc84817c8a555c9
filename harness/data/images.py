"""Unlabelled, Labelled, Domains: what a fit may look at."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor

from harness.data.later import Later
from harness.data.windows import span, windows

PLANE_TYPES = (torch.float32, torch.uint8, torch.int16, torch.int32, torch.int64)


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
    # (n,): where among the pixels an image stands, and so `first` and `last`; null: in order.
    # The pixels are then more than the images: neighbours in stacks that are no images themselves.
    rows: Tensor | None = None
    # (n, h, w) float32 or whole numbers, by name: what is cropped and moved with the images
    planes: Mapping[str, Tensor] = field(default_factory=dict)
    unperturbed: Later | None = None  # the same images without what a probe does to them

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def images(self) -> "Unlabelled":
        """Itself, so that code that needs pixels alone need not ask which kind of images it has."""
        return self

    def with_pixels(self, change: Callable[["Unlabelled"], Tensor]) -> "Unlabelled":
        """The same images with the pixels that `change` makes of them."""
        unperturbed = self.unperturbed and self.unperturbed.then(change)
        return replace(self, pixels=change(self), unperturbed=unperturbed)

    def with_plane(self, name: str, plane: Tensor) -> "Unlabelled":
        """The same images with one more plane beside them: a weight for each pixel, say."""
        shape = (len(self), *self.size)
        if tuple(plane.shape) != shape or plane.dtype not in PLANE_TYPES:
            raise ValueError(
                f"the plane {name} is {plane.dtype} of shape {tuple(plane.shape)}; "
                f"it should be float32 or whole numbers of shape {shape}"
            )
        planes = {**self.planes, name: plane.to(self.pixels.device)}
        return replace(self, planes=planes)

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
        row = index if self.rows is None else int(self.rows[index])
        return unit(self.pixels[row, :, :height, :width].contiguous())

    @property
    def all_pixels(self) -> Tensor:
        """The pixels that statistics may look at, as stored: those of images, never the filling
        nor a neighbour that is no image itself.

        They are (n, c, h, w) where all images have one size, else side by side in (1, c, 1, all).
        """
        all_pixels = self.pixels if self.rows is None else self.pixels[self.rows]
        if self.sizes is None:
            return all_pixels
        planes = []
        for index, pixels in enumerate(all_pixels):
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

    @cached_property
    def smallest_size(self) -> tuple[int, int]:
        """Height and width of the image with the shortest side."""
        return self.size_of(self.smallest)

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
        rows = which if self.rows is None else self.rows[which]
        around = rows[:, None] + offsets
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
        rows = span(top, patch)
        columns = span(left, patch)
        planes = torch.arange(self.pixels.shape[1], device=which.device)
        stack = self.neighbours(which)
        crops = self.pixels[
            stack[:, :, None, None, None],
            planes[:, None, None],
            rows[:, None, None, :, None],
            columns[:, None, None, None, :],
        ]
        return unit(crops.flatten(1, 2))

    def plane_crops(
        self, which: Tensor, top: Tensor, left: Tensor, patch: int
    ) -> dict[str, Tensor]:
        """The planes of the windows that `crops` gives, (b, patch, patch) each."""
        crops = {}
        for name, plane in self.planes.items():
            crops[name] = windows(plane, which, top, left, patch)
        return crops


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

    def with_plane(self, name: str, plane: Tensor) -> "Labelled":
        """The same images and masks with one more plane beside them: a weight for each pixel."""
        images = self.images.with_plane(name, plane)
        return replace(self, images=images)

    def mask_crops(self, which: Tensor, top: Tensor, left: Tensor, patch: int) -> Tensor:
        """(b, patch, patch): the masks of the windows that `crops` of the images gives."""
        crops = windows(self.masks, which, top, left, patch)
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
