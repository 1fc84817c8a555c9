"""Images that stay on disk until they are asked for."""

import os
from collections.abc import Callable, Iterator, Sequence
from math import prod
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from harness.data.refused import Refused

Image = NDArray[Any]
Shape = tuple[int, ...]


class Lazy(Sequence[Image]):
    """Many images of known sizes; `read` fetches one, which must not be written to."""

    def __init__(
        self,
        read: Callable[[int], Image],
        shapes: Sequence[Shape],
        dtype: DTypeLike,
    ) -> None:
        """Takes what reads the image at a position, and the size of every image."""
        self.read = read
        self.shapes = tuple(shapes)
        self.dtype = np.dtype(dtype)

    def __len__(self) -> int:
        return len(self.shapes)

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> Any: ...
    def __getitem__(self, index: int | slice) -> Any:
        """An image, or the images of a slice: as one array where they have one size."""
        if isinstance(index, slice):
            indices = range(*index.indices(len(self)))
            images = [self[i] for i in indices]
            shapes = {image.shape for image in images}
            return np.stack(images) if len(shapes) == 1 else images
        position = index
        if index < 0:
            position += len(self)
        if not 0 <= position < len(self):
            raise IndexError(f"image {index} of {len(self)}")
        return self.read(position)

    def __iter__(self) -> Iterator[Image]:
        for index in range(len(self)):
            yield self.read(index)

    @property
    def shape(self) -> Shape:
        """(n, h, w) or (n, h, w, c); images of several sizes have no common shape."""
        if len(set(self.shapes)) > 1:
            raise AttributeError("the images differ in size, so there is no common shape")
        if not self.shapes:
            return (0,)
        return (len(self), *self.shapes[0])

    @property
    def ndim(self) -> int:
        if not self.shapes:
            return 1
        return 1 + len(self.shapes[0])

    @property
    def nbytes(self) -> int:
        values = sum(prod(shape) for shape in self.shapes)
        return values * self.dtype.itemsize

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Image:
        """All images as one array, as numpy asks for it."""
        if copy is False:
            raise ValueError("images on disk cannot become an array without a copy")
        array = np.empty(self.shape, self.dtype if dtype is None else dtype)
        for i, image in enumerate(self):
            array[i] = image
        return array

    def pick(self, indices: Sequence[int]) -> "Lazy":
        """Some of the images, in the order given."""
        indices = list(indices)

        def read(index: int) -> Image:
            return self.read(indices[index])

        shapes = [self.shapes[index] for index in indices]
        return Lazy(read, shapes, self.dtype)

    def map(
        self,
        change: Callable[[Image, int], Image],
        *,
        dtype: DTypeLike | None = None,
        shape: Callable[[Shape], Shape] | None = None,
    ) -> "Lazy":
        """Each image passed through `change` (with its index) when it is read."""

        def read(index: int) -> Image:
            return change(self.read(index), index)

        shapes = self.shapes
        if shape is not None:
            shapes = tuple(map(shape, shapes))
        return Lazy(read, shapes, self.dtype if dtype is None else dtype)

    def crop(self, y: slice, x: slice) -> "Lazy":
        """The same window of every image."""

        def shape_of_crop(shape: Shape) -> Shape:
            rows = range(shape[0])[y]
            columns = range(shape[1])[x]
            return (len(rows), len(columns), *shape[2:])

        def change(image: Image, _: int) -> Image:
            cropped: Image = image[y, x]
            return cropped

        return self.map(change, shape=shape_of_crop)


def as_lazy(images: Any) -> Lazy:
    """Images of any kind that a data set may hold, as those that are read when asked for."""
    if isinstance(images, Lazy):
        return images
    shapes = [image.shape for image in images]

    def read(index: int) -> Image:
        return np.asarray(images[index])

    return Lazy(read, shapes, images[0].dtype)


def join_images(parts: Sequence[Lazy]) -> Lazy:
    """Several runs of images as one."""
    kinds = {str(part.dtype) for part in parts}
    if len(kinds) > 1:
        problem = f"the volumes hold several kinds of numbers ({', '.join(sorted(kinds))})"
        raise Refused(f"{problem}; say window: to bring all to 8 bits")
    sources: list[tuple[Lazy, int]] = []
    shapes: list[Shape] = []
    for part in parts:
        sources += [(part, index) for index in range(len(part))]
        shapes += part.shapes

    def read(index: int) -> Image:
        part, index_in_part = sources[index]
        return part.read(index_in_part)

    return Lazy(read, shapes, parts[0].dtype)


def decode_to_file(images: Lazy, path: Path) -> Image:
    """The images decoded once into a .npy file and mapped from it, however many they are.

    All must have one size.
    """
    part = path.with_name(path.name + ".part")
    target = np.lib.format.open_memmap(part, "w+", images.dtype, images.shape)
    for i, image in enumerate(images):
        target[i] = image
    target.flush()
    del target
    os.replace(part, path)
    mapped: Image = np.load(path, mmap_mode="r")
    return mapped
