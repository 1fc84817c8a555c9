"""On a GPU: a fit that is killed ten times, and one for whose batches there is no memory."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from harness.spec.channel import EPOCHS
from harness.spec.values import LAST, Fit
from harness.store import Home, load_tensors, read_json
from harness.train import loop
from tests.made.fits import small_fit
from tests.made.gpu import CUDA, NEEDS_GPU

pytestmark = NEEDS_GPU
KILLS = 10
EPOCHS_OF_FIT = 60
TRAIN = """
import sys
from pathlib import Path
from harness.store import Home
from harness.train import loop
from tests.made.gpu import CUDA
from tests.train.test_card_limits import long_fit
loop.fit(long_fit(), [], Home(Path(sys.argv[1])), CUDA)
"""


def long_fit() -> Fit:
    """Returns a fit that takes long enough to be killed in."""
    net = {"arch": "unet", "encoder": "resnet18"}
    method = {"name": "supervised", "epochs": EPOCHS_OF_FIT}
    return small_fit(net=net, method=method, steps=40, train_on=IMAGES, patch=64)


IMAGES = {"name": "phantom", "slices": 4, "size": 64}


def weights_of(spec: Fit, home: Home) -> dict[str, torch.Tensor]:
    path = home.store("fits").path(spec.key) / f"{LAST.key}.safetensors"
    return load_tensors(path)[0]


def test_a_fit_that_is_killed_ten_times_ends_with_the_same_bits(tmp_path: Path) -> None:
    spec = long_fit()
    undisturbed = Home(tmp_path / "undisturbed")
    loop.fit(spec, [], undisturbed, CUDA)
    home = Home(tmp_path / "killed")
    rows = home.store("fits").partial(spec.key) / EPOCHS
    draws = random.Random(0)
    kills = 0
    for number in range(KILLS + 1):
        process = subprocess.Popen([sys.executable, "-c", TRAIN, str(home.folder)])
        least = EPOCHS_OF_FIT * number // (KILLS + 1)
        while number < KILLS and process.poll() is None:
            count = len(rows.read_text().splitlines()) if rows.exists() else 0
            if count > least:
                time.sleep(draws.random() * 0.1)
                os.kill(process.pid, signal.SIGKILL)
                kills += 1
                break
            time.sleep(0.01)
        process.wait()
    assert kills == KILLS
    expected = weights_of(spec, undisturbed)
    for name, value in weights_of(spec, home).items():
        assert torch.equal(value, expected[name]), name


def test_a_batch_for_which_there_is_no_memory_is_cut_and_the_fit_ends(tmp_path: Path) -> None:
    spec = small_fit(
        net={"arch": "unet", "encoder": "resnet18"},
        train_on={"name": "phantom", "slices": 4, "size": 512},
        patch=512, batch=32, steps=4, method={"name": "supervised", "epochs": 2},
    )  # fmt: skip
    total = torch.cuda.get_device_properties(CUDA).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(3 * 2**30 / total)
    try:
        folder = loop.fit(spec, [], Home(tmp_path), CUDA)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    record = read_json(folder / "fit.json")
    assert record["state"] == "finished"
    assert record["pieces"]["net"] > 1


def test_a_single_crop_that_does_not_fit_is_refused_with_what_would(tmp_path: Path) -> None:
    spec = small_fit(
        net={"arch": "unet", "encoder": "resnet18"},
        train_on={"name": "phantom", "slices": 4, "size": 2048},
        patch=2048, batch=1, steps=1, method={"name": "supervised", "epochs": 1},
    )  # fmt: skip
    total = torch.cuda.get_device_properties(CUDA).total_memory
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(1.2 * 2**30 / total)
    try:
        with pytest.raises(ValueError, match=r"fit\.patch: memory ran out .* 2048 x 2048"):
            loop.fit(spec, [], Home(tmp_path), CUDA)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
