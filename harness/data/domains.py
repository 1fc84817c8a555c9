"""Datasets -> images and masks as tensors: on the training device, or mapped from files."""

import math
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeGuard

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.data.files.lazy import Lazy, decode_to_file
from harness.data.fingerprint import files_stamp
from harness.data.folds import split_by_fold
from harness.data.images import Domains, Labelled, Unlabelled
from harness.data.masks import IGNORE
from harness.data.open_dataset import open_split
from harness.data.scans import Scans
from harness.data.shots import draw_shots
from harness.data.windows import grey_range
from harness.spec.values import Fit, Part
from harness.spec.walk import validation_of
from harness.store import Home, file_lock

Array = NDArray[Any]

IN_MEMORY = 2**32  # bytes of one array that are read whole; above that the file stays mapped


def open_domains(fit: Fit, home: Home, device: torch.device) -> Domains:
    """What a fit may look at: never the target's masks."""
    slices = int(fit.net.options["slices"])
    source = open_images(fit.train_on, slices, home, device)
    target = None
    if fit.target is not None:
        target = open_images(fit.target, slices, home, device).images
    validation: Labelled | None
    if fit.fold is not None and isinstance(source, Labelled):
        fold, folds = fit.fold
        source, validation = split_by_fold(source, fold, folds)
    else:
        validation = _open_validation(fit, home, slices, device)
    if fit.shots is not None:
        source = draw_shots(source, fit.shots, fit.seed)
    return Domains(source, validation, target)


def _open_validation(
    fit: Fit,
    home: Home,
    slices: int,
    device: torch.device,
) -> Labelled | None:
    """The validation split beside a training split; None without one, or without its masks."""
    part = fit.train_on
    if part.options["split"] != "train":
        return None
    try:
        validation = open_images(validation_of(part), slices, home, device)
    except LookupError:  # the dataset has no validation split
        return None
    return validation if isinstance(validation, Labelled) else None


def open_images(
    part: Part,
    slices: int,
    home: Home,
    device: torch.device,
) -> Labelled | Unlabelled:
    """A split of a dataset, with its masks where it has any."""
    scans = open_split(part, home)
    scans = _mapped_where_large(scans, part, home)
    return on_device(scans, slices, device)


def _mapped_where_large(scans: Scans, part: Part, home: Home) -> Scans:
    """Maps what is too large for memory from a file into which it is decoded once.

    The stamp in its name lets it be decoded anew where a file has changed.
    """
    stamp = files_stamp(scans.sources)[:12]
    images = scans.images
    if _is_decoded_to_file(images):
        images = _map_decoded(images, f"{stamp}-images", part, home)
    masks = scans.masks
    if _is_decoded_to_file(masks):
        masks = _map_decoded(masks, f"{stamp}-masks", part, home)
    return replace(scans, images=images, masks=masks)


def _is_decoded_to_file(arrays: Any) -> TypeGuard[Lazy]:
    """Whether arrays are decoded when asked for, of one size, and together too large for memory."""
    if not isinstance(arrays, Lazy):
        return False
    if arrays.nbytes <= IN_MEMORY:
        return False
    sizes = set(arrays.shapes)
    return len(sizes) == 1


def _map_decoded(arrays: Lazy, name: str, part: Part, home: Home) -> Array:
    """Maps the file into which arrays are decoded, one process at a time."""
    path = home.hidden / "decoded" / f"{part.key}-{name}.npy"
    lock = home.hidden / "locks" / f"{part.key}.lock"
    with file_lock(lock):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            decode_to_file(arrays, path)
        # torch wants to be able to write; no write reaches the file
        mapped: Array = np.load(path, mmap_mode="c")
        return mapped


def on_device(scans: Scans, slices: int, device: torch.device) -> Labelled | Unlabelled:
    """Images and masks as tensors; in the computer's memory where the device has too little."""
    pixels, sizes = _stack(scans.images, 0)
    if slices > 1 and sizes is not None:
        _check_volumes(scans, sizes)
    pixels = pixels[:, None] if pixels.ndim == 3 else pixels.movedim(-1, 1)
    first, last = grey_range(scans.volumes)
    if _is_too_large(pixels, device):
        device = torch.device("cpu")
    images = Unlabelled(
        pixels=pixels.to(device),
        ids=list(scans.ids),
        groups=list(scans.groups or scans.volumes),
        first=first.to(device),
        last=last.to(device),
        slices=slices,
        sizes=None if sizes is None else sizes.to(device),
    )
    if scans.masks is None:
        return images
    ignore = scans.ignore
    if sizes is not None and ignore is None:
        ignore = IGNORE
    masks, _ = _stack(scans.masks, ignore or 0)
    return Labelled(images, masks.to(device), tuple(scans.classes), ignore)


def _check_volumes(scans: Scans, sizes: Tensor) -> None:
    """Refuses a volume whose slices differ in size: they cannot stand in one stack."""
    size_of_volume: dict[str, list[int]] = {}
    for volume, image, size in zip(scans.volumes, scans.ids, sizes.tolist(), strict=True):
        first_size = size_of_volume.setdefault(volume, size)
        if size != first_size:
            raise ValueError(
                f"fit.net.slices: the slices of {volume} differ in size, {image} is "
                f"{size[0]} x {size[1]} and the first {first_size[0]} x {first_size[1]}; "
                "a stack needs slices of one size"
            )


def _stack(arrays: Any, filling: int) -> tuple[Tensor, Tensor | None]:
    """Joins all images to a tensor; the sizes of the images come with it where they differ.

    Smaller images are filled up at the bottom and the right.
    """
    if isinstance(arrays, np.ndarray):
        return _as_tensor(arrays), None
    images = [np.asarray(array) for array in arrays]
    shapes = {image.shape for image in images}
    if len(shapes) == 1:
        stack = np.stack(images)
        return _as_tensor(stack), None
    sizes = np.array([image.shape[:2] for image in images])
    height, width = sizes.max(axis=0).tolist()
    first = images[0]
    shape = (len(images), height, width, *first.shape[2:])
    stack = np.full(shape, filling, first.dtype)
    for i, image in enumerate(images):
        height, width = image.shape[:2]
        stack[i, :height, :width] = image
    return _as_tensor(stack), torch.tensor(sizes)


def _as_tensor(array: Array) -> Tensor:
    """An array as a tensor of a type that torch can index; a large mapped file stays mapped."""
    if array.nbytes < IN_MEMORY or not isinstance(array, np.memmap):
        array = np.array(array, dtype=array.dtype.newbyteorder("="))
    if array.dtype == np.uint16:
        array = array.view(np.int16)  # torch indexes no uint16; images.unit reads the bits back
    elif array.dtype in (np.int16, np.float64):
        array = array.astype(np.float32)
    elif array.dtype == np.uint32:
        array = array.astype(np.int32)
    elif array.dtype == np.bool_:
        array = array.view(np.uint8)
    return torch.from_numpy(array)


def _is_too_large(pixels: Tensor, device: torch.device) -> bool:
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return pixels.nbytes > free // 2


def float_buffer(shape: Sequence[int], device: torch.device, home: Home) -> Tensor:
    """Space for float images: in memory, or where they are too many in a file.

    The file is gone as soon as the buffer is.
    """
    shape = tuple(shape)
    size = 4 * math.prod(shape)
    is_in_memory = device.type == "cuda" or size <= IN_MEMORY
    if is_in_memory:
        return torch.empty(shape, device=device)
    with tempfile.TemporaryFile(dir=home.hidden) as file:
        mapped = np.memmap(file, np.float32, "w+", shape=shape)
    return torch.from_numpy(mapped)
