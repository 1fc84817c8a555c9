"""Files of a fit, written while it goes on: in the order in which they were given, each whole."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import torch
from torch import Tensor

Write = Callable[[], None]


class Writer:
    """Writes in a thread of its own where a fit trains on a GPU, else at once.

    A processor that writes does not train meanwhile; a GPU does. What goes wrong in the thread is
    raised when the fit next gives or awaits a write.
    """

    def __init__(self, device: torch.device) -> None:
        """Takes the training device."""
        self._device = device
        self._thread = ThreadPoolExecutor(1) if device.type == "cuda" else None
        self._writes: list[Future[None]] = []

    def write(self, write: Write) -> None:
        """Writes a file, after all that was given before."""
        if self._thread is None:
            write()
        else:
            self._writes.append(self._thread.submit(write))

    def wait(self) -> None:
        """Returns when everything is written."""
        writes, self._writes = self._writes, []
        for write in writes:
            write.result()

    def on_host(self, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        """Returns tensors that the next step does not change: copies, where a thread writes them.

        They go all at once into memory that the GPU can write to by itself.
        """
        if self._thread is None:
            return tensors
        copies = {}
        for name, tensor in tensors.items():
            copies[name] = tensor.detach().to("cpu", non_blocking=True, copy=True)
        torch.cuda.synchronize(self._device)
        return copies

    def close(self) -> None:
        """Ends the thread after its last write."""
        if self._thread is not None:
            self._thread.shutdown()


@contextmanager
def writer_for(device: torch.device) -> Iterator[Writer]:
    """Gives a writer to a fit; at its end, also by an error, all that was given is written."""
    writer = Writer(device)
    try:
        yield writer
        writer.wait()
    finally:
        writer.close()
