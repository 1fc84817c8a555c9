"""What each method of adaptation gains over the source alone: small networks on two styles of
phantoms, foreground IoU of the target's test volume.

A seed is a start of the network and its draws; the tissue of both styles stays the same, so that
intervals speak of trainings on these two volumes and not of tissue. Options are the papers' but for
lengths, rates, and what so small a crop needs: `python -m benchmarks.adaptation --methods tent`.
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.text_table import print_heading, print_row
from harness.data.images import Labelled
from harness.measure.forward import logits_of
from harness.measure.overlap import counts, foreground_iou
from harness.measure.setup import open_trial
from harness.spec.parse import read_trial
from harness.spec.values import LAST, Trial
from harness.stats.intervals import t
from harness.store import Home
from harness.train import loop

CPU = torch.device("cpu")
SOURCE_ONLY = "source only"
ON_TARGET = "target's own masks"
EPOCHS = 12  # of learning from masks, for every method
RATE = 3e-3
LENGTH = {"epochs": EPOCHS, "lr": RATE}
MATCHED = [{"name": "match_target", "to": "source"}]

SUPERVISED = {"name": "supervised", **LENGTH}
PRETEXT = {"name": "super_resolution", "epochs": [4, EPOCHS], "lr": [RATE, RATE]}
TWO_DECODERS = {"name": "ynet", "epochs": [2, 2, EPOCHS], "lr": [1e-3, RATE, RATE]}
ADVERSARIAL = {"name": "damt", **LENGTH, "patch": 48}

METHODS: dict[str, dict[str, Any]] = {
    SOURCE_ONLY: {"method": SUPERVISED},
    ON_TARGET: {"method": SUPERVISED},
    "adabn": {"method": {"name": "adabn", **LENGTH}},
    "tent": {"method": {"name": "tent", "epochs": [EPOCHS, 1], "lr": RATE}},
    "entropy": {"method": {"name": "entropy", "epochs": [6, 6], "lr": RATE}},
    "fourier": {"method": {"name": "fourier", **LENGTH}},
    "fourier, beta .05": {"method": {"name": "fourier", **LENGTH, "beta": 0.05}},
    "mean_teacher": {"method": {"name": "mean_teacher", **LENGTH}},
    "super_resolution": {"method": PRETEXT},
    "ynet": {"method": {**TWO_DECODERS, "matching": None}},
    "damt": {"method": ADVERSARIAL},
    "HM": {"prepare": MATCHED, "method": SUPERVISED},
    "HM + super_resolution": {"prepare": MATCHED, "method": PRETEXT},
    "HM + ynet": {"method": TWO_DECODERS},
    "HM + damt": {"prepare": MATCHED, "method": ADVERSARIAL},
}


def trial_of(name: str, styles: Sequence[str], seed: int) -> Trial:
    """Returns a small fit by a method from one style to another, and the target's test volume."""
    volumes = []
    for style in styles:
        volume = {"name": "phantom", "style": style, "slices": 12, "size": 128}
        volumes.append(volume)
    source, target = volumes
    fit = {
        "train_on": target if name == ON_TARGET else source,
        "adapt_to": target,
        "net": {"arch": "tiny_unet", "width": 8},
        "augment": ["flips"],
        "patch": 48,
        "batch": 4,
        "steps": 40,
        "seed": seed,
        **METHODS[name],
    }
    problems: list[Any] = []
    trial = read_trial({"fit": fit, "test_on": target}, problems)
    if trial is None:
        raise ValueError(f"{name}: {problems}")
    return trial


def iou_of(trial: Trial, home: Home) -> float:
    """Trains a fit, and returns the IoU of all pixels of the test volume together."""
    loop.fit(trial.fit, [LAST], home, CPU)
    net, test = open_trial(trial, home, CPU)
    assert isinstance(test, Labelled)
    confusions = []
    for which, logits in logits_of(net, test.images):
        confusions += counts(logits, test.masks_of(which), test.ignore)
    return foreground_iou(reduce(add, confusions))


def ious_of(name: str, styles: Sequence[str], seeds: int, home: Home) -> NDArray[np.float64]:
    """Returns the IoU of every seed."""
    ious = []
    for seed in range(seeds):
        ious.append(iou_of(trial_of(name, styles, seed), home))
    return np.array(ious)


def compare(names: Sequence[str], styles: Sequence[str], seeds: int, home: Home) -> None:
    """Prints the mean IoU of each method, and what it gains over the source alone."""
    print_heading(f"{styles[0]} to {styles[1]}, {seeds} seeds")
    print_row("", ("IoU", "gain", "95 %", "", "better"))
    alone = ious_of(SOURCE_ONLY, styles, seeds, home)
    print_row(SOURCE_ONLY, (f"{alone.mean():.3f}",))
    for name in names:
        ious = ious_of(name, styles, seeds, home)
        gain = t(ious - alone)
        better = f"{int((ious > alone).sum())}/{seeds}"
        numbers = (ious.mean(), gain.value, gain.low, gain.high)
        print_row(name, [*(f"{number:.3f}" for number in numbers), better])


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="+", default=list(METHODS)[1:])
    parser.add_argument("--styles", nargs=2, default=["vnc", "lucchi"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--home", type=Path, help="where fits are kept; null: nowhere")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        home = Home(options.home or Path(folder))
        compare(options.methods, options.styles, options.seeds, home)


if __name__ == "__main__":
    main()
