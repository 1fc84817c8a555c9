"""Datasets -> images and masks as tensors: on the training device where they fit, else mapped from files."""

import math
import tempfile
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from harness.data.files.lazy import Lazy, spooled
from harness.data.folds import split_by_fold
from harness.data.images import Domains, Labelled, Unlabelled, grey_range
from harness.data.open_dataset import scans
from harness.data.scans import Scans
from harness.spec.values import Fit, Part, validation_of
from harness.store import Home, locked

PADDING = 255  # the label of what is not there, where images differ in size


def open_domains(fit: Fit, home: Home, device: torch.device) -> Domains:
    """What a fit may look at: never the target's masks."""
    slices = int(fit.net.options["slices"])
    source = open_test(fit.train_on, slices, home, device)
    target = None
    if fit.adapt_to is not None:
        opened = open_test(fit.adapt_to, slices, home, device)
        target = opened.images if isinstance(opened, Labelled) else opened
    if fit.fold is not None and isinstance(source, Labelled):
        source, held = split_by_fold(source, *fit.fold)
        return Domains(source, held, target)
    return Domains(source, _validation(fit, home, slices, device), target)


def _validation(fit: Fit, home: Home, slices: int, device: torch.device) -> Labelled | None:
    part = fit.train_on
    if part.options["split"] != "train":
        return None
    held = validation_of(part)
    try:
        opened = open_test(held, slices, home, device)
    except LookupError:  # the dataset has no validation split
        return None
    return opened if isinstance(opened, Labelled) else None


def open_test(part: Part, slices: int, home: Home, device: torch.device) -> Labelled | Unlabelled:
    """One split of a dataset, with its masks where it has any."""
    return on_device(_mapped(scans(part, home), part, home), slices, device)


def _mapped(found: Scans, part: Part, home: Home) -> Scans:
    """Images that are too many to decode into memory are decoded once into a file and mapped from it."""
    changed: dict[str, Any] = {}
    for name in ("images", "masks"):
        arrays = getattr(found, name)
        if isinstance(arrays, Lazy) and arrays.nbytes > IN_MEMORY and len(set(arrays.shapes)) == 1:
            path = home.hidden / "decoded" / f"{part.key}-{name}.npy"
            with locked(home.hidden / "locks" / f"{part.key}.lock"):
                if not path.exists():
                    path.parent.mkdir(parents=True, exist_ok=True)
                    spooled(arrays, path)
                changed[name] = np.load(
                    path, mmap_mode="c"
                )  # torch wants to be able to write; no write reaches the file
    return replace(found, **changed)


def on_device(found: Scans, slices: int, device: torch.device) -> Labelled | Unlabelled:
    """Images and masks as tensors."""
    pixels, sizes = _stacked(found.images, 0)
    pixels = pixels[:, None] if pixels.ndim == 3 else pixels.movedim(-1, 1)
    first, last = grey_range(found.volumes)
    keep = torch.device("cpu") if _too_large(pixels, device) else device
    images = Unlabelled(
        pixels=pixels.to(keep),
        ids=list(found.ids),
        groups=list(found.groups or found.volumes),
        first=first.to(keep),
        last=last.to(keep),
        slices=slices,
        sizes=None if sizes is None else sizes.to(keep),
    )
    if found.masks is None:
        return images
    ignore = found.ignore
    if sizes is not None and ignore is None:
        ignore = PADDING
    masks, _ = _stacked(found.masks, ignore or 0)
    return Labelled(images, masks.to(keep), tuple(found.classes), ignore)


def _stacked(arrays: Any, filling: int) -> tuple[Tensor, Tensor | None]:
    """One tensor of all images; smaller ones are filled up at the bottom and the right."""
    if isinstance(arrays, np.ndarray):
        return _tensor(arrays), None
    each = [np.asarray(array) for array in arrays]
    height, width = (max(a.shape[axis] for a in each) for axis in (0, 1))
    if all(a.shape == each[0].shape for a in each):
        return _tensor(np.stack(each)), None
    whole = np.full((len(each), height, width, *each[0].shape[2:]), filling, each[0].dtype)
    for i, array in enumerate(each):
        whole[i, : array.shape[0], : array.shape[1]] = array
    return _tensor(whole), torch.tensor([a.shape[:2] for a in each])


def _tensor(array: np.ndarray[Any, Any]) -> Tensor:
    if array.nbytes < IN_MEMORY or not isinstance(array, np.memmap):
        array = np.array(array, dtype=array.dtype.newbyteorder("="))
    if array.dtype == np.uint16:
        return torch.from_numpy(
            array.view(np.int16)
        )  # torch indexes no uint16; phases.unit reads the bits back
    if array.dtype in (np.int16, np.uint32, np.float64):
        return torch.from_numpy(array.astype(np.float32 if array.dtype != np.uint32 else np.int32))
    return torch.from_numpy(array.view(np.uint8) if array.dtype == np.bool_ else array)


IN_MEMORY = 2**32  # bytes of one array that are read whole; above that the file stays mapped


def _too_large(pixels: Tensor, device: torch.device) -> bool:
    if device.type != "cuda":
        return False
    free, _ = torch.cuda.mem_get_info(device)
    return pixels.nbytes > free // 2


def room(shape: tuple[int, ...], device: torch.device, home: Home) -> Tensor:
    """Space for float images: in memory, or where they are too many in a file that is gone when they are."""
    if device.type == "cuda" or 4 * math.prod(shape) <= IN_MEMORY:
        return torch.empty(shape, device=device)
    with tempfile.TemporaryFile(dir=home.hidden) as file:
        return torch.from_numpy(np.memmap(file, np.float32, "w+", shape=shape))
