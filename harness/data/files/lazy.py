"""Images that stay on disk until one is asked for."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from harness.data.refused import Refused

Image = NDArray[Any]


class Lazy(Sequence[Image]):
    """Many images of known sizes; `read` fetches one of them, and what it returns must not be written to."""

    def __init__(
        self, read: Callable[[int], Image], shapes: Sequence[tuple[int, ...]], dtype: DTypeLike
    ) -> None:
        self.read, self.shapes, self.dtype = read, tuple(shapes), np.dtype(dtype)

    def __len__(self) -> int:
        return len(self.shapes)

    @overload
    def __getitem__(self, index: int) -> Image: ...
    @overload
    def __getitem__(self, index: slice) -> Any: ...
    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            images = [self[i] for i in range(*index.indices(len(self)))]
            return np.stack(images) if images and len({i.shape for i in images}) == 1 else images
        at = index + len(self) if index < 0 else index
        if not 0 <= at < len(self):
            raise IndexError(f"image {index} of {len(self)}")
        return self.read(at)

    def __iter__(self) -> Iterator[Image]:
        return (self.read(i) for i in range(len(self)))

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, h, w) or (n, h, w, c); images of several sizes have no common shape."""
        if len(set(self.shapes)) > 1:
            raise AttributeError("the images differ in size, so there is no common shape")
        return (len(self), *(self.shapes[0] if self.shapes else ()))

    @property
    def ndim(self) -> int:
        return 1 + len(self.shapes[0]) if self.shapes else 1

    @property
    def nbytes(self) -> int:
        return sum(int(np.prod(s)) for s in self.shapes) * self.dtype.itemsize

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> Image:
        if copy is False:
            raise ValueError("images on disk cannot become an array without a copy")
        whole = np.empty(self.shape, self.dtype if dtype is None else dtype)
        for i, image in enumerate(self):
            whole[i] = image
        return whole

    def pick(self, indices: Sequence[int]) -> "Lazy":
        """Some of the images, in the order given."""
        chosen = list(indices)
        return Lazy(lambda i: self.read(chosen[i]), [self.shapes[i] for i in chosen], self.dtype)

    def map(
        self,
        change: Callable[[Image, int], Image],
        *,
        dtype: DTypeLike | None = None,
        shape: Callable[[tuple[int, ...]], tuple[int, ...]] | None = None,
    ) -> "Lazy":
        """Each image passed through `change` (with its index) when it is read."""
        shapes = [shape(s) for s in self.shapes] if shape else self.shapes
        return Lazy(
            lambda i: change(self.read(i), i), shapes, self.dtype if dtype is None else dtype
        )

    def crop(self, y: slice, x: slice) -> "Lazy":
        """The same window of every image."""

        def size(shape: tuple[int, ...]) -> tuple[int, ...]:
            return (len(range(shape[0])[y]), len(range(shape[1])[x]), *shape[2:])

        return self.map(lambda image, _: image[y, x], shape=size)


def joined(parts: Sequence[Lazy]) -> Lazy:
    """Several runs of images as one."""
    if len({p.dtype for p in parts}) > 1:
        kinds = ", ".join(sorted({str(p.dtype) for p in parts}))
        raise Refused(
            f"the volumes hold several kinds of numbers ({kinds}); say window: to bring all to 8 bits"
        )
    where = [(part, i) for part in parts for i in range(len(part))]
    return Lazy(
        lambda i: where[i][0].read(where[i][1]), [p.shapes[i] for p, i in where], parts[0].dtype
    )


def spooled(images: Lazy, path: Path) -> NDArray[Any]:
    """The images decoded once into a .npy file and mapped from it, however many they are; all must have one size."""
    part = path.with_name(path.name + ".part")
    target = np.lib.format.open_memmap(part, "w+", images.dtype, images.shape)
    for i, image in enumerate(images):
        target[i] = image
    target.flush()
    del target
    os.replace(part, path)
    mapped: NDArray[Any] = np.load(path, mmap_mode="r")
    return mapped
