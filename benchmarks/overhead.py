"""What harness costs: a fit against the same loop by hand, the start of a trial, a plan of 100,000 cells."""

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


def by_hand(pixels: Any, masks: Any, held: tuple[Any, Any]) -> float:
    """The loop a careful person would write for this one fit; seconds."""
    import torch

    from harness.components.nets.smp import unet

    began = time.perf_counter()
    torch.manual_seed(0)
    net = unet(3, 1, encoder="resnet18")
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3, fused=True)
    criterion = torch.nn.functional.binary_cross_entropy_with_logits
    count, _, height, width = pixels.shape
    for _ in range(2):
        net.train()
        for _ in range(STEPS // 2):
            images, labels = [], []
            for _ in range(8):
                z, y, x = (int(torch.randint(0, n, ())) for n in (count, height - 95, width - 95))
                around = [max(0, z - 1), z, min(count - 1, z + 1)]
                images.append(pixels[around, 0, y : y + 96, x : x + 96].float() / 255)
                labels.append(masks[z, y : y + 96, x : x + 96].float())
            optimiser.zero_grad(set_to_none=True)
            loss = criterion(net(torch.stack(images))[:, 0], torch.stack(labels))
            loss.backward()
            optimiser.step()
            loss.item()
        net.eval()
        with torch.no_grad():  # the loss on the validation images, once an epoch
            volume, truth = held
            for z in range(0, len(volume), 8):
                which = torch.arange(z, min(z + 8, len(volume)))
                stack = torch.stack(
                    [(which - 1).clamp(0), which, (which + 1).clamp(max=len(volume) - 1)], 1
                )
                criterion(net(volume[stack, 0].float() / 255)[:, 0], truth[which].float()).item()
        torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict()}, "by-hand.pt")
    return time.perf_counter() - began


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
    held = (data.validation.images.pixels, data.validation.masks)
    by_hand(
        data.source.images.pixels, data.source.masks, held
    )  # both once before, so that neither is the first
    through_harness(999)
    pixels, masks = data.source.images.pixels, data.source.masks
    pairs = [(by_hand(pixels, masks, held), through_harness(i)) for i in range(ROUNDS)]
    ratios = sorted(ours / hand for hand, ours in pairs)
    hand, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    spread = f"{statistics.median(ratios):.3f}   ({ratios[0]:.3f} to {ratios[-1]:.3f})"
    print(
        f"fit of {STEPS} steps      by hand {hand:6.2f} s   harness {ours:6.2f} s   ratio {spread}"
    )


def nothing(kind: str, value: Any, folder: str, device: str, threads: int | None) -> dict[str, Any]:
    """A trial without work."""
    return {"state": "finished"}


def starting() -> None:
    from benchmarks.overhead import nothing as work
    from harness.run.engines import Job, processes
    from harness.run.slots import Slot

    execute = processes(
        Path.cwd(),
        [Slot("cpu", threads=1)],
        ["harness.run.worker", "harness.components.nets.smp", "torch._dynamo"],
    )
    list(execute([Job("warm", "trial", "warm", {})], work, lambda j, s: None))
    listed = [Job(str(i), "trial", str(i), {}) for i in range(20)]
    seconds = [outcome.seconds for outcome in execute(listed, work, lambda j, s: None)]
    print(
        f"start of a trial     median {1000 * statistics.median(seconds):.0f} ms   most {1000 * max(seconds):.0f} ms"
    )


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
  fit.net.width: {fit.method: supervised, fit.method.loss: [bce_dice, ce, bce, dice, ce_dice], fit.net.arch: tiny_unet}
  fit.batch: {fit.net: {slices: 3}, fit.method.epochs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}
"""  # every condition holds: as many cells as without


def planning() -> None:
    _plan("plan", GRID)
    _plan("plan with `when`", GRID + WHEN)


def _plan(name: str, text: str) -> None:
    Path("grid.yaml").write_text(text)
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        command = [sys.executable, "-m", "harness.cli.main", "plan", "grid.yaml"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds.append(time.perf_counter() - began)
    line = next(line for line in done.stdout.splitlines() if "cells" in line)
    print(f"{name:<20} median {statistics.median(seconds):.1f} s   {line}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HARNESS_HOME"] = folder
        os.chdir(folder)
        starting()
        planning()
        training()
