"""What the shift probe holds in memory: its peak for few and many images of 512 x 512 pixels.

Each number of images is measured in a new process.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterable
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

SIZE = 512
COUNTS = (8, 125, 1000)  # one forward pass takes eight
HEAD = "images | one pass | the probe | arrays | seconds of one core   (peaks in MiB)"
STEP = 101  # pixels between the starts of two images in the strip
MIB = 2**20


def images(count: int, brightness: float) -> Any:
    """Makes distinct images that are windows of one strip of noise, and so need little memory."""
    import torch

    from harness.data.images import Unlabelled

    generator = torch.Generator().manual_seed(0)
    strip = torch.rand(SIZE * SIZE + STEP * max(COUNTS), generator=generator)
    grey = (strip * 255 * brightness).to(torch.uint8)
    pixels = grey.as_strided((count, 1, SIZE, SIZE), (STEP, 0, SIZE, 1))
    ids = [str(i) for i in range(count)]
    groups = torch.arange(count)
    return Unlabelled(pixels, ids, ["all"] * count, groups, groups)


def network() -> Any:
    """Builds a small network with named layers, as a user might bring one."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    layers = [
        nn.Conv2d(1, 16, 7, stride=4, padding=3),
        nn.Conv2d(16, 64, 3, stride=2, padding=1),
        nn.Conv2d(64, 256, 3, stride=2, padding=1),
        nn.Conv2d(256, 32, 1),
        nn.Upsample(scale_factor=16),
        nn.Conv2d(32, 1, 1),
    ]
    first, second, third, *up = layers
    net = nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), third, nn.ReLU(), *up)
    return net.eval()


def probe(count: int) -> None:
    """Prints the peak after a forward pass and after the probe, and how long the probe took."""
    from harness.components.probes.shift import shift
    from harness.measure.forward import logits_of
    from harness.measure.rows import Original

    net = network()
    test_images = images(count, 1.0)
    darker = images(count, 0.75)
    list(logits_of(net, images(8, 1.0)))
    peak_of_pass = peak()
    start = time.process_time()
    results = list(shift(net, darker, Original(net, test_images)))
    arrays = size_of_arrays(results)
    seconds = time.process_time() - start
    peaks = f"{peak_of_pass:8.0f} | {peak():9.0f}"
    print(f"{count:6} | {peaks} | {arrays:6.1f} | {seconds:.0f}", flush=True)


def size_of_arrays(results: Iterable[Any]) -> float:
    """Sums the sizes of all arrays that a probe returned, in MiB."""
    from harness.measure.rows import Arrays

    size = 0
    for result in results:
        if isinstance(result, Arrays):
            size += sum(array.nbytes for array in result.arrays.values())
    return size / MIB


def peak() -> float:
    """Returns the most memory that was resident so far, in MiB."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit_is_a_byte = sys.platform == "darwin"  # elsewhere it is a KiB
    return size / MIB if unit_is_a_byte else size / 1024


def main() -> None:
    """Measures the number of images that is given as an argument, or each number in turn."""
    if len(sys.argv) > 1:
        probe(int(sys.argv[1]))
        return
    print(HEAD, flush=True)
    for count in COUNTS:
        command = [sys.executable, __file__, str(count)]
        subprocess.run(command, check=True)


if __name__ == "__main__":
    main()
