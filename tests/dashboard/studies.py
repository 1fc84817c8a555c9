"""The studies that the tests of the dashboard look at, and the made-up results of their trials."""

from typing import Any

import numpy as np

from harness.spec.values import Trial
from harness.store import Home
from tests.made.recorded import fill, scores, study_at

STARTS = """
name: starts
question: Does other tissue pay as a start?
seeds: 6
base:
  fit:
    train_on: {name: phantom, style: snemi}
    net: {arch: tiny_unet}
grid:
  fit.batch: [2, 4, 8]
  fit.train_on.style: [snemi, lucchi]
compare:
  - {name: start, primary: true, metric: dice, by: fit.batch, against: '2', unit: seed}
  - name: per tissue
    metric: dice
    by: fit.batch
    against: '2'
    unit: seed
    within: [fit.train_on.style]
  - name: same
    metric: iou
    by: fit.train_on.style
    unit: seed
    test: equivalence_paired
    margin: 0.05
  - {name: together, metric: dice, model: "dice ~ fit.batch * fit.train_on.style", unit: seed}
  - {name: pooled, metric: dice, by: fit.batch, unit: image}
  - {name: agree, unit: seed, correlate: {x: dice, y: iou, over: [fit.batch, fit.train_on.style]}}
"""

SHIFTS = """
name: shifts
question: Does overlap follow the shift?
seeds: 4
base:
  fit: {train_on: {name: phantom}, net: {arch: tiny_unet}}
  probes: [segmentation, shift]
grid:
  fit.batch: [2, 4]
  perturb: [brightness, blur]
  perturb.strength: [0.5, 1, 2]
compare:
  - {name: dose, metric: iou, trend: perturb.strength, unit: seed, within: [perturb.name]}
"""
LAYERS = ["encoder 1", "bottleneck", "decoder 1"]

UNBALANCED = """
name: unbalanced
question: Does every page say the same?
seeds: 3
base:
  fit:
    train_on: {name: phantom, style: snemi}
    net: {arch: tiny_unet}
grid:
  fit.batch: [2, 4]
  fit.train_on.style: [snemi, lucchi]
  fit.patch: [32, 64]
compare:
  - {name: batch, metric: dice, by: fit.batch, unit: seed, within: [fit.train_on.style]}
tables:
  - {name: T, rows: [fit.batch], columns: [fit.train_on.style], metrics: [dice], unit: seed}
"""

SEARCH = """
name: sought
question: Which loss, and which rate?
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 48}
    net: {arch: tiny_unet, width: 4}
    method: {name: supervised, epochs: 1, lr: 1e-3}
    patch: 32
    batch: 4
    steps: 2
search:
  over:
    fit.method.loss: [bce_dice, ce]
    fit.method.lr: {float: [1e-3, 1e-1], log: true}
  sampler: random
  maximise: dice
  budget: {trainings: 5}
"""

EVIL = "<script>alert(1)</script>"  # the name of a study
EVIL_STUDY = STARTS.replace("starts", f'"{EVIL}"').replace("seeds: 6", "seeds: 2")


def better_with_batch(trial: Trial) -> float:
    """A score that rises with the batch, with some noise."""
    fit = trial.fit
    rng = np.random.default_rng([fit.seed, fit.batch])
    noise = float(rng.normal(0, 0.01))
    return 0.5 + 0.03 * fit.batch + noise


def worse_with_strength(trial: Trial, rng: np.random.Generator) -> dict[str, Any]:
    """Scores that fall with the strength of the shift, and a distance of each layer that grows."""
    strength = float(trial.perturb.options["strength"]) if trial.perturb else 0.0
    columns = scores(lambda trial: 0.8 - 0.1 * strength + 0.01 * trial.fit.seed)(trial, rng)
    count = len(columns["value"])
    distances = [0.1 * strength * (i + 1) for i in range(len(LAYERS))]
    missing = [None] * len(LAYERS)
    return {
        "metric": columns["metric"] + ["hellinger"] * len(LAYERS),
        "value": [*columns["value"], *distances],
        "image": columns["image"] + missing,
        "group": columns["group"] + missing,
        "layer": [None] * count + LAYERS,
    }


def two_trials_failed(trial: Trial) -> str:
    """The state of each trial: those of seed 5 with batch 8 have failed."""
    return "failed" if (trial.fit.seed, trial.fit.batch) == (5, 8) else "finished"


def unequal_images(trial: Trial, rng: np.random.Generator) -> dict[str, Any]:
    """More images of a large patch than of a small one, and the more the higher the seed."""
    count = 1 + trial.fit.seed + trial.fit.patch // 16
    return {
        "metric": ["dice"] * count,
        "value": rng.random(count) + trial.fit.patch / 32,
        "image": [f"image-{i}" for i in range(count)],
        "group": ["volume"] * count,
    }


def two_trials_lost(trial: Trial) -> str:
    """The state of each trial of the unbalanced study: one has failed, one never ran."""
    cell = (trial.fit.batch, trial.fit.train_on.options["style"], trial.fit.patch, trial.fit.seed)
    states = {(4, "snemi", 32, 2): "failed", (2, "lucchi", 64, 0): "missing"}
    return states.get(cell, "finished")


def fill_three_studies(home: Home) -> None:
    """Records the studies `starts`, `shifts` and the one with an evil name."""
    starts = study_at(home, STARTS, "starts.yaml")
    fill(home, starts, scores(better_with_batch), state=two_trials_failed)
    fill(home, study_at(home, SHIFTS, "shifts.yaml"), worse_with_strength)
    fill(home, study_at(home, EVIL_STUDY, "evil.yaml"), scores(better_with_batch))
