"""A real card tells what it uses, by the library of its driver."""

import time

import torch

from harness.train.meter import metering
from tests.made.gpu import CUDA, NEEDS_GPU

pytestmark = NEEDS_GPU


def test_a_real_card_tells_its_energy_and_its_use() -> None:
    with metering(CUDA) as meter:
        value = torch.ones(4096, 4096, device=CUDA)
        began = time.monotonic()
        while time.monotonic() - began < 4.0:
            value = (value @ value).clamp(max=1.0)
            torch.cuda.synchronize()
        plain = meter.take(up_to_now=True).to_plain(time.monotonic() - began)
    assert plain["gpu_memory_gb"] > 0.05
    assert plain["gpu_use_percent"] > 50
    assert 0.02 < plain["gpu_energy_wh"] < 2
