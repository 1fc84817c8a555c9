"""What harness costs: a fit against one by hand, the start of a trial, a plan of 100,000 cells."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", str(max(1, (os.cpu_count() or 2) // 2)))

ROUNDS = 5
STEPS = 20
SPEC: dict[str, Any] = {
    "train_on": {
        "name": "phantom",
        "slices": 16,
        "size": 160,
        "style": "snemi",
        "task": "neurites",
    },
    "net": {"arch": "unet", "encoder": "resnet18", "slices": 3},
    "method": {"name": "supervised", "epochs": 2, "lr": 1e-3, "loss": "bce"},
    "patch": 96,
    "batch": 8,
    "steps": STEPS // 2,
}


def by_hand(pixels: Any, masks: Any, validation: tuple[Any, Any]) -> float:
    """The loop a careful person would write for this one fit; seconds."""
    import torch

    from harness.components.nets.smp import unet

    began = time.perf_counter()
    torch.manual_seed(0)
    net = unet(3, 1, encoder="resnet18")
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    criterion = torch.nn.functional.binary_cross_entropy_with_logits
    for _ in range(2):
        net.train()
        for _ in range(STEPS // 2):
            images, labels = draw_batch(pixels, masks)
            optimiser.zero_grad(set_to_none=True)
            loss = criterion(net(images)[:, 0], labels)
            loss.backward()
            optimiser.step()
            loss.item()
        net.eval()
        with torch.no_grad():
            measure_loss(net, criterion, *validation)
        torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict()}, "by-hand.pt")
    return time.perf_counter() - began


def draw_batch(pixels: Any, masks: Any) -> tuple[Any, Any]:
    """Eight windows of 96 pixels, each with the sections above and below it, and their masks."""
    import torch

    count, _, height, width = pixels.shape
    images = []
    labels = []
    for _ in range(8):
        z = int(torch.randint(0, count, ()))
        y = int(torch.randint(0, height - 95, ()))
        x = int(torch.randint(0, width - 95, ()))
        sections = [max(0, z - 1), z, min(count - 1, z + 1)]
        rows = slice(y, y + 96)
        columns = slice(x, x + 96)
        images.append(pixels[sections, 0, rows, columns].float() / 255)
        labels.append(masks[z, rows, columns].float())
    return torch.stack(images), torch.stack(labels)


def measure_loss(net: Any, criterion: Any, pixels: Any, masks: Any) -> None:
    """The loss on whole images, as it is measured once an epoch."""
    import torch

    last = len(pixels) - 1
    for start in range(0, len(pixels), 8):
        middle = torch.arange(start, min(start + 8, len(pixels)))
        below = (middle - 1).clamp(0)
        above = (middle + 1).clamp(max=last)
        sections = torch.stack([below, middle, above], 1)
        images = pixels[sections, 0].float() / 255
        criterion(net(images)[:, 0], masks[middle].float()).item()


def through_harness(seed: int) -> float:
    """The same fit as harness runs it; seconds."""
    import torch

    from harness.spec.parse import read_fit
    from harness.store import Home
    from harness.train.loop import fit

    spec = read_fit({**SPEC, "seed": seed}, (), [])
    assert spec is not None
    began = time.perf_counter()
    fit(spec, [], Home.here(), torch.device("cpu"))
    return time.perf_counter() - began


def training() -> None:
    """Times the fit by hand and through harness, in turns."""
    import torch

    from harness.data.domains import open_domains
    from harness.data.images import Labelled
    from harness.spec.parse import read_fit
    from harness.store import Home

    spec = read_fit(SPEC, (), [])
    assert spec is not None
    data = open_domains(spec, Home.here(), torch.device("cpu"))
    assert isinstance(data.source, Labelled)
    assert data.validation is not None
    validation = (data.validation.images.pixels, data.validation.masks)
    pixels = data.source.images.pixels
    masks = data.source.masks
    by_hand(pixels, masks, validation)  # both once before, so that neither is the first
    through_harness(999)
    hand = []
    ours = []
    for seed in range(ROUNDS):
        hand.append(by_hand(pixels, masks, validation))
        ours.append(through_harness(seed))
    ratios = sorted(own / bare for bare, own in zip(hand, ours, strict=True))
    seconds = f"by hand {statistics.median(hand):6.2f} s   harness {statistics.median(ours):6.2f} s"
    spread = f"{statistics.median(ratios):.3f}   ({ratios[0]:.3f} to {ratios[-1]:.3f})"
    print(f"fit of {STEPS} steps      {seconds}   ratio {spread}")


def no_work(
    kind: str,
    value: Any,
    folder: str,
    device: str,
    threads: int | None,
) -> dict[str, Any]:
    """A trial without work."""
    return {"state": "finished"}


def starting() -> None:
    """Times the start of a trial in a process of its own."""
    from benchmarks.overhead import no_work as work
    from harness.run.dispatch import dispatch
    from harness.run.engines import processes
    from harness.run.events import Ended
    from harness.run.jobs import Job
    from harness.run.slots import Slot
    from harness.store import Home

    modules = ["harness.run.worker", "harness.components.nets.smp", "torch._dynamo"]
    home = Home(Path.cwd())
    engine = processes(home.folder, [Slot("cpu", threads=1)], modules, work)
    list(dispatch(engine, [Job("warm", "fit", "warm", {})], home))
    jobs = [Job(str(number), "fit", str(number), {}) for number in range(20)]
    milliseconds = []
    for event in dispatch(engine, jobs, home):
        if isinstance(event, Ended):
            milliseconds.append(1000 * event.outcome.seconds)
    median = statistics.median(milliseconds)
    most = max(milliseconds)
    print(f"start of a trial     median {median:.0f} ms   most {most:.0f} ms")


GRID = """
seeds: 10
base: {fit: {train_on: phantom, net: {arch: tiny_unet, slices: 3}, patch: 32}}
grid:
  fit.method.lr: [1e-3, 2e-3, 3e-3, 4e-3, 5e-3, 6e-3, 7e-3, 8e-3, 9e-3, 1e-2]
  fit.method.epochs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
  fit.method.loss: [bce_dice, ce, bce, dice, ce_dice]
  fit.batch: [2, 3, 4, 5]
  fit.net.width: [2, 3, 4, 5, 6]
exclude:
  - {fit.batch: 5, fit.method.loss: ce, fit.net.width: 6}
"""

WHEN = """
when:
  fit.net.width:
    fit.method: supervised
    fit.method.loss: [bce_dice, ce, bce, dice, ce_dice]
    fit.net.arch: tiny_unet
  fit.batch: {fit.net: {slices: 3}, fit.method.epochs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}
"""  # every condition holds: as many cells as without


def planning() -> None:
    """Times the plan of a large grid, without and with conditions."""
    _plan("plan", GRID)
    _plan("plan with `when`", GRID + WHEN)


def _plan(name: str, text: str) -> None:
    """Times `harness plan` for a study of this text."""
    Path("grid.yaml").write_text(text)
    command = [sys.executable, "-m", "harness.cli.main", "plan", "grid.yaml"]
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        process = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - began)
    line = next(line for line in process.stdout.splitlines() if "cells" in line)
    print(f"{name:<20} median {statistics.median(seconds):.1f} s   {line}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HARNESS_HOME"] = folder
        os.chdir(folder)
        starting()
        planning()
        training()
