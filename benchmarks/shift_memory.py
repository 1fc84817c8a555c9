"""What the shift probe holds in memory: its peak for few and many images of 512 x 512, each count in a new process."""

import os
import resource
import subprocess
import sys
import time
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

SIZE = 512
COUNTS = (8, 125, 1000)  # one forward pass takes eight
HEAD = "images | one pass | the probe | arrays | seconds of one core   (peaks in MiB)"


def images(count: int, brightness: float) -> Any:
    """Distinct images that are windows of one strip of noise, so that nearly nothing is held for them."""
    import torch

    from harness.data.images import Unlabelled

    strip = torch.rand(SIZE * SIZE + 101 * max(COUNTS), generator=torch.Generator().manual_seed(0))
    pixels = (
        (strip * 255 * brightness)
        .to(torch.uint8)
        .as_strided((count, 1, SIZE, SIZE), (101, 0, SIZE, 1))
    )
    alone = torch.arange(count)
    return Unlabelled(pixels, [str(i) for i in range(count)], ["all"] * count, alone, alone)


def network() -> Any:
    """A small network with named layers, as a user might bring one."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    down = [
        nn.Conv2d(i, o, k, stride=s, padding=k // 2)
        for i, o, k, s in ((1, 16, 7, 4), (16, 64, 3, 2), (64, 256, 3, 2))
    ]
    up = [nn.Conv2d(256, 32, 1), nn.Upsample(scale_factor=16), nn.Conv2d(32, 1, 1)]
    return nn.Sequential(down[0], nn.ReLU(), down[1], nn.ReLU(), down[2], nn.ReLU(), *up).eval()


def probe(count: int) -> None:
    """One line: the peak after a forward pass and after the probe, and how long it took."""
    from harness.components.probes.shift import shift
    from harness.measure.forward import logits_of
    from harness.measure.rows import Arrays, Original

    net, test, darker = network(), images(count, 1.0), images(count, 0.75)
    list(logits_of(net, images(8, 1.0)))
    before, began = peak(), time.process_time()
    found = list(shift(net, darker, Original(net, test)))
    arrays = (
        sum(
            array.nbytes
            for one in found
            if isinstance(one, Arrays)
            for array in one.arrays.values()
        )
        / 2**20
    )
    seconds = time.process_time() - began
    print(f"{count:6} | {before:8.0f} | {peak():9.0f} | {arrays:6.1f} | {seconds:.0f}", flush=True)


def peak() -> float:
    """MiB of resident memory at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        2**20 if sys.platform == "darwin" else 2**10
    )


def main() -> None:
    if len(sys.argv) > 1:
        probe(int(sys.argv[1]))
        return
    print(HEAD, flush=True)
    for count in COUNTS:
        subprocess.run([sys.executable, __file__, str(count)], check=True)


if __name__ == "__main__":
    main()
