"""What training takes on a card: steps beside a loop written by hand, starts, saves and trials.

Everything that is compared runs side by side in one run, and each number is a median. In full on a
card; on a processor in small, where nothing is recorded and the ratios show that alone.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.text_table import print_heading, print_row
from harness.components.augment.geometry import flips
from harness.components.losses import bce_dice
from harness.components.optimisers import adam
from harness.data.images import Domains
from harness.store import Home
from harness.train import loop, state
from harness.train.build import build_net
from harness.train.draws import Draws
from harness.train.one_step import Steps
from harness.train.phases import Batch, Clock, Phase, Player
from harness.train.recording import Recorder
from harness.train.repeatable import arithmetic
from harness.train.state import FitInProgress
from harness.train.writer import Writer
from tests.made.fits import small_fit
from tests.made.gpu import volume_on
from tests.made.networks import part_of

UNET = {"arch": "unet", "encoder": "resnet34"}
MANY = 10**6  # steps: more than any benchmark takes


@dataclass(frozen=True)
class Scale:
    """How much is run."""

    batches: tuple[int, ...]
    patch: int
    steps: int  # in each of the repeats
    repeats: int
    encoder: str
    study: str


IN_FULL = Scale((1, 2, 4, 8, 16, 32), 256, 30, 5, "resnet34", "studies/smoke.yaml")
IN_SMALL = Scale((1, 2), 64, 3, 3, "resnet18", "studies/smoke.yaml")


def main() -> None:
    """Prints every comparison."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    scale = IN_FULL if device.type == "cuda" else IN_SMALL
    name = torch.cuda.get_device_name() if device.type == "cuda" else "a processor"
    print(f"{name}, torch {torch.__version__}, {os.cpu_count()} cores", flush=True)
    if device.type == "cpu":
        torch.set_num_threads(1)
    compare_steps(device, scale)
    time_saving(device, scale)
    time_first_steps(device)
    time_studies(device, scale)


def median_time(action: Callable[[], object], scale: Scale, device: torch.device) -> float:
    """Returns the milliseconds that an action takes, after a few that do not count."""
    for _ in range(6):
        action()
    times = []
    for _ in range(scale.repeats):
        _wait(device)
        began = time.perf_counter()
        for _ in range(scale.steps):
            action()
        _wait(device)
        times.append((time.perf_counter() - began) / scale.steps * 1000)
    return statistics.median(times)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


PRECISIONS = (
    ("tf32", "tf32", False),
    ("tf32, channels last", "tf32", True),
    ("float32", "float32", False),
    ("bfloat16, channels last", "bfloat16", True),
)


def compare_steps(device: torch.device, scale: Scale) -> None:
    """Prints a step of each batch size: by hand, by harness as it is, and recorded."""
    size = f"{scale.patch} x {scale.patch}"
    print_heading(f"A step of U-Net/{scale.encoder} on {size}, milliseconds; ratio to by hand")
    print_row("precision, batch", ["by hand", "plain", "recorded", "ratio"])
    for label, precision, channels_last in PRECISIONS:
        for count in scale.batches:
            by_hand = _hand_step(device, scale, count, precision, channels_last)
            plain = _harness_step(device, scale, count, precision, channels_last, records=False)
            recorded = _harness_step(device, scale, count, precision, channels_last, records=True)
            cells = [
                f"{by_hand:.2f}",
                f"{plain:.2f}",
                f"{recorded:.2f}",
                f"{by_hand / recorded:.2f}",
            ]
            print_row(f"{label}, {count}", cells)


def _network(scale: Scale, device: torch.device, channels_last: bool) -> nn.Module:
    """Returns the network of the benchmark, always with random weights."""
    net = build_net(part_of("net", {**UNET, "encoder": scale.encoder}), 1, 1).to(device)
    if channels_last:
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net


def _hand_step(
    device: torch.device, scale: Scale, count: int, precision: str, channels_last: bool
) -> float:
    """Times the loop that anybody would write, on images that are there already."""
    net = _network(scale, device, channels_last)
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)
    layout: Any = torch.channels_last if channels_last else torch.contiguous_format
    images = torch.rand(count, 1, scale.patch, scale.patch, device=device)
    images = images.contiguous(memory_format=layout)
    masks = (torch.rand(count, scale.patch, scale.patch, device=device) > 0.5).long()
    half = precision == "bfloat16"

    def step() -> None:
        optimiser.zero_grad(set_to_none=True)
        with torch.autocast(device.type, dtype=torch.bfloat16, enabled=half):
            loss = bce_dice(net(images), masks, None)
        loss.backward()
        optimiser.step()

    with arithmetic(device, precision, repeats=False):
        return median_time(step, scale, device)


def _harness_step(
    device: torch.device,
    scale: Scale,
    count: int,
    precision: str,
    channels_last: bool,
    *,
    records: bool,
) -> float:
    """Times a whole step of harness: crops, flips, network, optimiser."""
    net = _network(scale, device, channels_last)
    parameters = list(net.parameters())

    def loss(batch: Batch) -> Tensor:
        masks = batch.source.masks
        assert masks is not None
        return bce_dice(net(batch.source.images), masks, None)

    spec = small_fit(
        batch=count, patch=scale.patch, precision=precision, channels_last=channels_last
    )
    pixels = torch.randint(0, 256, (16, 512, 512), dtype=torch.uint8)
    training = FitInProgress(spec, {}, Path(), device, lambda progress: None)
    training.records_steps = records
    phase = Phase("segment", [Player("net", parameters, loss, adam)], 1, 1e-3)
    data = Domains(volume_on(device, pixels))
    draws = Draws(0, 0, device)
    steps = Steps(training, net, data, phase, [adam(parameters, 1e-3)], [flips], draws)
    with arithmetic(device, precision):
        recorder = Recorder(steps)
        counted = iter(range(MANY))

        def step() -> None:
            recorder.take(Clock(next(counted), MANY, 0, MANY, []), None)

        result = median_time(step, scale, device)
    if records and recorder.why_not and device.type == "cuda":
        print(f"  not recorded: {recorder.why_not}")
    return result


def time_saving(device: torch.device, scale: Scale) -> None:
    """Prints how long a fit waits for its state to be saved: written at once, and in a thread."""
    print_heading("Saving the state of a fit, milliseconds in which nothing is trained")
    net = _network(scale, device, False)
    optimiser = adam(list(net.parameters()), 1e-3)
    for parameter in net.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimiser.step()
    with tempfile.TemporaryDirectory() as folder:
        for label, writer in (("at once", Writer(torch.device("cpu"))), ("thread", Writer(device))):
            training = FitInProgress(small_fit(), {}, Path(folder), device, lambda progress: None)
            training.writer = writer
            times = []
            for _ in range(scale.repeats):
                _wait(device)
                began = time.perf_counter()
                state.save(training, net, [optimiser])
                times.append((time.perf_counter() - began) * 1000)
                writer.wait()
            writer.close()
            print_row(label, [f"{statistics.median(times):.1f}"])


def time_first_steps(device: torch.device) -> None:
    """Prints how long short fits take in one process: the first one wakes the card."""
    print_heading("A fit of two steps in one process, seconds: the first, then the others' median")
    spec = {"net": {"arch": "tiny_unet", "width": 8}, "method": {"name": "supervised", "epochs": 1}}
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(6):
            began = time.perf_counter()
            loop.fit(small_fit(**spec, seed=seed), [], Home(Path(folder)), device)
            times.append(time.perf_counter() - began)
    print_row("tiny_unet", [f"{times[0]:.2f}", f"{statistics.median(times[1:]):.3f}"])


def time_studies(device: torch.device, scale: Scale) -> None:
    """Prints how long a shipped study takes from an empty home, on the card and beside it."""
    print_heading(f"harness run {scale.study} from an empty home, seconds")
    devices = ["cpu"] if device.type == "cpu" else ["cuda", "cpu"]
    for name in devices:
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "harness.cli.main", "run", scale.study]
            environment = {**os.environ, "HARNESS_HOME": folder}
            began = time.perf_counter()
            answer = subprocess.run(
                [*command, "--device", name], env=environment, capture_output=True, check=False
            )
            seconds = time.perf_counter() - began
        print_row(name, [f"{seconds:.1f}", "" if answer.returncode == 0 else "failed"])


if __name__ == "__main__":
    main()
