"""What `harness rank` costs: ten models on 200 images of 256 x 256, the same call again, and two
models on a volume that is larger than the memory that is used.

Each is a process of its own, on as many threads as torch takes. The cost is linear in the images:
`--images 20` asks for a tenth.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MODELS = 10
IMAGES = 200
SIZE = 256
WIDTH = 16
VOLUME = (3000, 1024, 1024)  # planes of 1 MB: 3.1 GB
PLANES = 6  # of the volume that are scored
MIB = 2**20
CALL = """
import sys
from harness.cli.main import main
sys.argv = ["harness", *sys.argv[1:]]
main()
"""


def write_models(folder: Path) -> None:
    """Ten networks with random weights, as safetensors."""
    import torch

    from harness.components.nets.tiny_unet import tiny_unet
    from harness.store import save_tensors

    folder.mkdir()
    for number in range(MODELS):
        torch.manual_seed(number)
        path = folder / f"model{number}.safetensors"
        save_tensors(path, tiny_unet(1, 1, width=WIDTH).state_dict())
        path.with_suffix(".yaml").write_text(f"net: {{arch: tiny_unet, width: {WIDTH}}}\n")


def write_images(folder: Path, count: int) -> None:
    """Images of noise."""
    import numpy as np
    import tifffile

    folder.mkdir()
    rng = np.random.default_rng(0)
    for number in range(count):
        image = rng.integers(0, 256, (SIZE, SIZE), dtype=np.uint8)
        tifffile.imwrite(folder / f"{number:03}.tif", image)


def write_volume(path: Path) -> None:
    """A volume whose file is sparse, with something to see in the planes that are scored."""
    import numpy as np
    import tifffile

    volume = tifffile.memmap(path, shape=VOLUME, dtype=np.uint8)
    rng = np.random.default_rng(1)
    for plane in np.linspace(0, VOLUME[0] - 1, PLANES).round().astype(int):
        volume[plane] = rng.integers(0, 256, VOLUME[1:], dtype=np.uint8)
    volume.flush()


def call(home: Path, *words: str) -> str:
    """What a call costs: seconds, seconds of processors, the most memory of any call until then."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    environment = {**os.environ, "HARNESS_HOME": str(home)}
    command = [sys.executable, "-c", CALL, "rank", "--device", "cpu", *words]
    subprocess.run(command, cwd=home, env=environment, check=True, stdout=subprocess.DEVNULL)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = after.ru_maxrss * 1024 / MIB
    return f"{seconds:.0f} s ({busy:.0f} s of processors), peak {peak:.0f} MiB"


def main() -> None:
    """Prints what each call costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=IMAGES)
    count = parser.parse_args().images
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        write_models(home / "models")
        write_images(home / "images", count)
        words = ("--models", "models", "--images", "images", "--most", str(count))
        pairs = f"{MODELS} models, {count} images of {SIZE} x {SIZE}"
        print(f"{pairs}: {call(home, *words)}")
        print(f"{pairs}, again: {call(home, *words)}")
        write_volume(home / "volume.tif")
        models = ("--models", "models/model0.safetensors", "--models", "models/model1.safetensors")
        few = ("--images", "volume.tif", "--most", str(PLANES))
        size = VOLUME[0] * VOLUME[1] * VOLUME[2] / MIB
        cost = call(home, *models, *few)
        print(f"2 models, {PLANES} planes of a volume of {size:.0f} MiB: {cost}")


if __name__ == "__main__":
    main()
