"""Arithmetic on a GPU that gives the same bits again, and that says how exact its products are.

Some operations of CUDA add up in whatever order their threads come, so that two runs differ. Here
they get a backward pass, or a sum, of fixed order; the forward pass stays what it is.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

CUBLAS = "CUBLAS_WORKSPACE_CONFIG"


def prepare_cublas() -> None:
    """Asks for repeatable matrix products; it has to be asked before a process uses its GPU."""
    os.environ.setdefault(CUBLAS, ":4096:8")


@contextmanager
def arithmetic(device: torch.device, precision: str, *, repeats: bool = True) -> Iterator[None]:
    """Trains in a precision on a device, and so that a rerun ends with the same bits.

    On a processor all of this is as it is anyhow.
    """
    if device.type != "cuda":
        yield
        return
    prepare_cublas()
    cudnn, products = torch.backends.cudnn, torch.backends.cuda.matmul
    before = (cudnn.allow_tf32, products.allow_tf32, cudnn.benchmark, cudnn.deterministic)
    is_deterministic = torch.are_deterministic_algorithms_enabled()
    is_warned = torch.is_deterministic_algorithms_warn_only_enabled()
    memory: Any = torch.utils.deterministic
    fills = memory.fill_uninitialized_memory
    try:
        cudnn.allow_tf32 = products.allow_tf32 = precision == "tf32"
        cudnn.benchmark = False  # trying algorithms costs seconds for every new shape
        cudnn.deterministic = repeats
        torch.use_deterministic_algorithms(repeats, warn_only=True)
        memory.fill_uninitialized_memory = False
        yield
    finally:
        cudnn.allow_tf32, products.allow_tf32, cudnn.benchmark, cudnn.deterministic = before
        torch.use_deterministic_algorithms(is_deterministic, warn_only=is_warned)
        memory.fill_uninitialized_memory = fills


class FixedOrder(TorchFunctionMode):
    """Within it, operations on a GPU whose sums have no fixed order are done in one that has."""

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Calls what a network calls, or what stands in for it here."""
        settings = kwargs or {}
        replacement = REPLACEMENTS.get(function)
        if replacement is not None and args and args[0].is_cuda:
            return replacement(*args, **settings)
        return function(*args, **settings)


class _Separable(torch.autograd.Function):
    """A linear map along rows and along columns: itself forward, matrix products backward."""

    @staticmethod
    def forward(
        context: Any, images: Tensor, change: Callable[[Tensor], Tensor], line: "_Line"
    ) -> Tensor:
        """Changes images as CUDA does, and remembers their size."""
        context.size = tuple(images.shape[-2:])
        context.line = line
        return change(images)

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """Multiplies by the transposed matrices of both directions."""
        height, width = context.size
        down = context.line(height, 0, gradient.device)
        right = context.line(width, 1, gradient.device)
        result = down.T @ gradient.float() @ right
        return result.to(gradient.dtype), None, None


_Line = Callable[[int, int, torch.device], Tensor]  # (length, direction, device) -> (out, in)


def _interpolate(
    images: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    **settings: Any,
) -> Tensor:
    """Resizes as `F.interpolate` does; linear in both directions, its backward has an order."""
    options = {"mode": mode, "align_corners": align_corners, **settings}
    if mode != "bilinear" or any(settings.values()) or images.ndim != 4:
        return F.interpolate(images, size, scale_factor, **options)
    sizes, scales = _of_both(size), _of_both(scale_factor)

    def line(length: int, direction: int, device: torch.device) -> Tensor:
        """The matrix that resizes a line of so many pixels."""
        return _resizing(length, sizes[direction], scales[direction], align_corners, device)

    def change(pixels: Tensor) -> Tensor:
        """What CUDA makes of images."""
        return F.interpolate(pixels, size, scale_factor, **options)

    resized: Tensor = _Separable.apply(images, change, line)
    return resized


def _of_both(value: Any) -> tuple[Any, Any]:
    """A setting of both directions: the same twice, or one for each."""
    if isinstance(value, tuple | list | torch.Size):
        return value[0], value[1]
    return value, value


@lru_cache(maxsize=256)
def _resizing(
    length: int,
    size: int | None,
    scale: float | None,
    align_corners: bool | None,
    device: torch.device,
) -> Tensor:
    """(out, in): the matrix of linear resizing along one direction."""
    lines = torch.eye(length, device=device)[None]
    resized = F.interpolate(lines, size, scale, mode="linear", align_corners=align_corners)
    return resized[0].T.contiguous()


def _average_pool(images: Tensor, output_size: Any) -> Tensor:
    """Averages over as many areas as `F.adaptive_avg_pool2d`; its backward has an order."""
    sizes = _of_both(output_size)

    def line(length: int, direction: int, device: torch.device) -> Tensor:
        """The matrix that averages over stretches of a line."""
        return _pooling(length, sizes[direction] or length, device)

    def change(pixels: Tensor) -> Tensor:
        """What CUDA makes of images."""
        return F.adaptive_avg_pool2d(pixels, output_size)

    pooled: Tensor = _Separable.apply(images, change, line)
    return pooled


@lru_cache(maxsize=256)
def _pooling(length: int, size: int, device: torch.device) -> Tensor:
    """(out, in): the matrix of adaptive average pooling along one direction."""
    lines = torch.eye(length, device=device)[None]
    return F.adaptive_avg_pool1d(lines, size)[0].T.contiguous()


def _cross_entropy(scores: Tensor, labels: Tensor, **settings: Any) -> Tensor:
    """Cross-entropy over the classes of pixels, its sum in a fixed order."""
    reduction = settings.get("reduction", "mean")
    rest = {"weight", "label_smoothing"} & {name for name, value in settings.items() if value}
    if scores.ndim < 4 or labels.ndim == scores.ndim or rest:
        return F.cross_entropy(scores, labels, **settings)
    counted = labels != settings.get("ignore_index", -100)
    classes = torch.arange(scores.shape[1], device=scores.device).view(1, -1, 1, 1)
    is_truth = (classes == labels[:, None]) & counted[:, None]
    logarithms = scores.log_softmax(1)
    losses = -torch.where(is_truth, logarithms, 0.0).sum(1)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    return losses.sum() / counted.sum()


def _pad(images: Tensor, pad: Any, mode: str = "constant", value: Any = None) -> Tensor:
    """Pads as `F.pad` does; mirrored at the edge, its backward has an order."""
    if mode != "reflect" or len(pad) != 4:
        return F.pad(images, pad, mode, value)
    left, right, top, bottom = pad
    return _with_mirrored_ends(_with_mirrored_ends(images, -1, left, right), -2, top, bottom)


def _with_mirrored_ends(images: Tensor, direction: int, before: int, after: int) -> Tensor:
    """Images with so many of their pixels mirrored at both ends of a direction."""
    length = images.shape[direction]
    parts = [images]
    if before:
        parts.insert(0, images.narrow(direction, 1, before).flip(direction))
    if after:
        parts.append(images.narrow(direction, length - 1 - after, after).flip(direction))
    return torch.cat(parts, direction)


REPLACEMENTS: dict[Any, Callable[..., Tensor]] = {
    F.interpolate: _interpolate,
    F.adaptive_avg_pool2d: _average_pool,
    F.cross_entropy: _cross_entropy,
    F.pad: _pad,
}
