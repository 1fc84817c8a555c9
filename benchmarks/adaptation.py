"""What each method of adaptation gains over the source alone: small networks on two styles of
phantoms, foreground IoU of the target's test volume.

A seed is a start of the network and its draws; the tissue of both styles stays the same, so that
intervals speak of trainings on these two volumes and not of tissue. All methods follow the same
segmentation loss. Options are the papers' but for lengths and rates:
`python -m benchmarks.adaptation --methods tent`.
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
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
from harness.spec.values import Trial
from harness.stats.intervals import t
from harness.store import Home
from harness.train import loop

CPU = torch.device("cpu")
SOURCE_ONLY = "source only"
ON_TARGET = "target's own masks"
EPOCHS = 12  # of learning from masks, for every method
RATE = 3e-3
VOLUME = {"slices": 12, "size": 128}
LENGTH = {"epochs": EPOCHS, "lr": RATE, "loss": "bce_dice"}
MATCHED = [{"name": "match_target", "to": "source"}]

SUPERVISED = {"name": "supervised", **LENGTH}
PRETEXT = {
    "name": "super_resolution",
    "epochs": [4, EPOCHS],
    "lr": [RATE, RATE],
    "loss": "bce_dice",
}
TWO_DECODERS = {
    "name": "ynet",
    "epochs": [2, 2, EPOCHS],
    "lr": [1e-3, RATE, RATE],
    "loss": "bce_dice",
}
ADVERSARIAL = {"name": "damt", **LENGTH}
TRANSLATION = {
    "epochs": EPOCHS,
    "lr": 5e-4,
    "layers": [0, 4, 8, 12],
    "patches": 64,
    "critic": 8,
    "projection": 32,
}
GENERATOR = {"arch": "resnet_generator", "width": 8, "blocks": 2}

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
    "cut": {"method": SUPERVISED, "translator": {"name": "cut", **TRANSLATION}},
    "fastcut": {"method": SUPERVISED, "translator": {"name": "fastcut", **TRANSLATION}},
    "HM": {"prepare": MATCHED, "method": SUPERVISED},
    "HM + super_resolution": {"prepare": MATCHED, "method": PRETEXT},
    "HM + ynet": {"method": TWO_DECODERS},
    "HM + damt": {"prepare": MATCHED, "method": ADVERSARIAL},
}


@dataclass(frozen=True)
class Domains:
    """Data sets to learn from, to adapt to and to test on, and the crops that suit them."""

    source: dict[str, Any]
    target: dict[str, Any]
    test: dict[str, Any]
    patch: int = 48
    batch: int = 4


def phantoms(source: str, target: str) -> Domains:
    """Returns two styles of phantoms; the test volume is of the target's."""
    first, second = ({"name": "phantom", "style": style, **VOLUME} for style in (source, target))
    return Domains(first, second, second)


# Masks of the left half of the real stack 1 teach, stack 2 has none, the right half is tested.
NERVE_CORD = Domains(
    {"name": "vnc", "cuts": "halves"},
    {"name": "vnc", "stack": 2, "split": "all"},
    {"name": "vnc", "cuts": "halves"},
    patch=128,
    batch=2,
)


def trial_of(name: str, domains: Domains, seed: int) -> Trial:
    """Returns a small fit by a method from one domain to another, and the test volume."""
    settings = dict(METHODS[name])
    if settings["method"] is ADVERSARIAL:
        settings["method"] = {**ADVERSARIAL, "patch": domains.patch}
    translator = settings.pop("translator", None)
    fit = {
        "train_on": domains.target if name == ON_TARGET else domains.source,
        "adapt_to": domains.target,
        "net": {"arch": "tiny_unet", "width": 8},
        "augment": ["flips"],
        "patch": domains.patch,
        "batch": domains.batch,
        "steps": 40,
        "seed": seed,
        **settings,
    }
    raw: dict[str, Any] = {"fit": fit, "test_on": domains.test}
    if translator is not None:
        raw["prepare"] = [{"name": "translate", "by": translator_of(translator, domains, seed)}]
    problems: list[Any] = []
    trial = read_trial(raw, problems)
    if trial is None:
        raise ValueError(f"{name}: {problems}")
    return trial


def translator_of(method: dict[str, Any], domains: Domains, seed: int) -> dict[str, Any]:
    """Returns a small fit that learns to draw the target's images in the source's style."""
    return {
        "train_on": domains.source,
        "adapt_to": domains.target,
        "net": GENERATOR,
        "augment": ["flips"],
        "method": method,
        "patch": 64,
        "batch": 1,
        "steps": 40,
        "seed": seed,
    }


def iou_of(trial: Trial, home: Home) -> float:
    """Trains what a trial needs, and returns the IoU of all pixels of the test volume together."""
    for fit, pick in trial.upstream:
        loop.fit(fit, [pick], home, CPU)
    net, test = open_trial(trial, home, CPU)
    assert isinstance(test, Labelled)
    confusions = []
    for which, logits in logits_of(net, test.images):
        confusions += counts(logits, test.masks_of(which), test.ignore)
    return foreground_iou(reduce(add, confusions))


def ious_of(name: str, domains: Domains, seeds: int, home: Home) -> NDArray[np.float64]:
    """Returns the IoU of every seed."""
    ious = []
    for seed in range(seeds):
        ious.append(iou_of(trial_of(name, domains, seed), home))
    return np.array(ious)


def compare(names: Sequence[str], domains: Domains, seeds: int, home: Home) -> None:
    """Prints the mean IoU of each method, and what it gains over the source alone."""
    print_row("", ("IoU", "gain", "95 %", "", "better"))
    alone = ious_of(SOURCE_ONLY, domains, seeds, home)
    print_row(SOURCE_ONLY, (f"{alone.mean():.3f}",))
    for name in names:
        ious = ious_of(name, domains, seeds, home)
        cells = [f"{ious.mean():.3f}", f"{(ious - alone).mean():.3f}", "", "", ""]
        if seeds > 1:
            gain = t(ious - alone)
            cells[2:4] = f"{gain.low:.3f}", f"{gain.high:.3f}"
        cells[4] = f"{int((ious > alone).sum())}/{seeds}"
        print_row(name, cells)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--methods", nargs="+", default=list(METHODS)[1:])
    parser.add_argument("--styles", nargs=2, default=["lucchi", "vnc"])
    parser.add_argument("--real", action="store_true", help="the nerve cord; needs its data")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--home", type=Path, help="where fits are kept; null: nowhere")
    options = parser.parse_args()
    torch.set_num_threads(1)
    domains = NERVE_CORD if options.real else phantoms(*options.styles)
    print_heading("nerve cord" if options.real else " to ".join(options.styles))
    with tempfile.TemporaryDirectory() as folder:
        home = Home(options.home or Path(folder))
        compare(options.methods, domains, options.seeds, home)


if __name__ == "__main__":
    main()
