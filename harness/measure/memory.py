"""How much goes through a network at once: what fits into memory, and less where it does not."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from harness.measure.names import NAMES, naming
from harness.train.step import is_out_of_memory

T = TypeVar("T")

BYTES_OF_PIXEL = 4096  # of a network that keeps its features for a backward pass
MOST_PIXELS = 2**24  # sixteen images of 1024 x 1024; more do not make a large card faster


def pixels_at_once(device: torch.device, on_processor: int) -> int:
    """Returns how many pixels of images to take at once.

    On a processor it is one number, so that results hang on no other program. On a card it is a
    power of two by the memory that is free: results differ by rounding alone.
    """
    if device.type != "cuda":
        return on_processor
    fitting = _free_bytes(device) // BYTES_OF_PIXEL
    power_of_two = 1 << max(0, fitting.bit_length() - 1)
    return max(on_processor, min(power_of_two, MOST_PIXELS))


def halve_until_it_fits(attempt: Callable[[int], T], at_most: int) -> tuple[T, int]:
    """Calls `attempt` with how much to take at once, and with half of it whenever memory runs out.

    Returns what it gave, and how much it took at once. The error of one at once is raised.
    """
    at_once = at_most
    while True:
        try:
            return attempt(at_once), at_once
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if at_once == 1 or not is_out_of_memory(error):
                raise
        # only now is nothing left of the attempt
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        at_once //= 2


@dataclass
class Portions:
    """How many images of a batch are taken at once: all, and once memory ran out, fewer."""

    at_once: int | None = None

    def take(self, run: Callable[..., T], *batch: Tensor | None) -> list[T]:
        """Returns what `run` gives for each portion of a batch of images and what goes with them.

        An image that does not fit alone is refused in one sentence.
        """
        images = batch[0]
        if images is None:
            raise ValueError("the first tensor of a batch is its images")
        count = len(images)
        names = NAMES.get()

        def attempt(at_once: int) -> list[T]:
            """Takes so many images at once, each portion under the names of its own images."""
            results = []
            for number, portion in enumerate(_portions(batch, count, at_once)):
                start = number * at_once
                with naming(names[start : start + at_once]):
                    results.append(run(*portion))
            return results

        try:
            results, at_once = halve_until_it_fits(attempt, min(count, self.at_once or count))
        except (torch.OutOfMemoryError, RuntimeError) as error:
            if is_out_of_memory(error):
                raise MemoryError(_too_large(images)) from error
            raise
        if at_once < count:
            self.at_once = at_once
        return results


def _portions(
    batch: Sequence[Tensor | None], count: int, at_once: int
) -> Iterator[list[Tensor | None]]:
    """Yields so many images at once, each time with what belongs to them."""
    for start in range(0, count, at_once):
        portion: list[Tensor | None] = []
        for tensor in batch:
            portion.append(None if tensor is None else tensor[start : start + at_once])
        yield portion


def _too_large(images: Tensor) -> str:
    """Says that not even one of these images fits, and what would."""
    height, width = images.shape[-2:]
    text = f"one image of {height} x {width} does not fit into the memory of {images.device}"
    if images.is_cuda:
        free = _free_bytes(images.device) / 2**30
        text += f", of which {free:.1f} GiB are free"
    return text + "; smaller images would, or a probe's `crop`"


def _free_bytes(device: torch.device) -> int:
    """Returns the memory of a card that this process could still use."""
    free, _ = torch.cuda.mem_get_info(device)
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return free + unused
