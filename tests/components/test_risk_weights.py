"""Weights by transferability: their sign, their sums, and the cases in which they say nothing."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from harness.components.losses import bce, ce
from harness.components.weights.risk_map import risk_map
from harness.components.weights.transferability_map import transferability_map
from harness.measure.leep_map import leep_map
from harness.measure.risk import risk_weights, scaled_hardness
from harness.report.provenance import provenance
from harness.spec.records import FitRecord
from harness.spec.states import State
from harness.store import Home
from harness.study.load import load_study
from harness.train import loop
from harness.train.crops import Crops
from harness.train.weighting import WEIGHT, PixelWeights
from tests.made.fits import CPU, same_weights, small_fit, weights_of
from tests.made.lookup import Lookup, labelled_greys
from tests.made.networks import function_of

CLEAR = [
    [0.9, 0.1],
    [0.1, 0.9],
    [0.5, 0.5],
]
BRAINS = {"name": "brains", "task": "csf", "subjects": 2, "slices": 4, "size": 32}
PRETRAINED: dict[str, Any] = {
    "train_on": {**BRAINS, "task": "wm"},
    "net": {"arch": "tiny_unet", "width": 2},
    "method": {"name": "supervised", "epochs": 1},
    "patch": 32,
    "steps": 2,
    "batch": 2,
}


def crops_with(masks: Tensor, weights: Tensor) -> Crops:
    images = torch.zeros(len(masks), 1, *masks.shape[1:])
    return Crops(images, masks, planes={WEIGHT: weights})


def finetune_fit(weight: Any, **changes: Any) -> Any:
    """Returns a fit that starts from white matter and goes on to cerebrospinal fluid."""
    settings: dict[str, Any] = {
        "train_on": BRAINS,
        "net": {"arch": "tiny_unet", "width": 2},
        "init": {"name": "trained", "fit": PRETRAINED},
        "method": {"name": "finetune", "epochs": 1, "loss": "bce", "weight": weight},
        "patch": 32,
        "augment": ["flips"],
        "batch": 2,
        "steps": 2,
    }
    return small_fit(**{**settings, **changes})


def train(fit: Any, home: Home) -> dict[str, Tensor]:
    """Trains a fit and the fits before it; all its weights must be numbers."""
    for before in reversed(fit.lineage):
        folder = loop.fit(before, [], home, CPU)
        assert FitRecord.read(folder).state is State.FINISHED
    weights = weights_of(fit, home)
    for name, value in weights.items():
        assert bool(value.isfinite().all()), name
    return weights


def test_the_hard_location_weighs_ten_and_the_easy_one_one() -> None:
    # the first column is told from the grey value, the second has a grey that says nothing
    greys = torch.tensor([[[0, 2]], [[1, 2]], [[0, 2]], [[1, 2]]])
    masks = torch.tensor([[[0, 0]], [[1, 1]], [[0, 1]], [[1, 0]]])
    target = labelled_greys(greys, masks)
    net = Lookup(CLEAR)
    transferability = leep_map(net, target, conditionals="own").map
    easy, hard = transferability[0].tolist()
    assert easy > hard
    weights = risk_map(target, net, conditionals="own")
    assert weights.plane.shape == masks.shape
    assert weights.plane[0, 0].tolist() == pytest.approx([1, 10])
    assert weights.over == "foreground"
    peer = transferability_map(target, net, block=1)
    assert peer.plane[0, 0].tolist() == pytest.approx([math.exp(-easy), math.exp(-hard)])
    as_published = transferability_map(target, net, block=1, sign="easy")
    assert as_published.plane[0, 0].tolist() == pytest.approx([math.exp(easy), math.exp(hard)])
    assert as_published.over == "pixels"


def test_hardness_by_hand_and_of_a_map_that_ranks_nothing() -> None:
    transferability = torch.tensor([-2.0, -1.0, 0.0])
    assert scaled_hardness(transferability).tolist() == [1, 0.5, 0]
    assert risk_weights(transferability).tolist() == pytest.approx([10, math.sqrt(10), 1])
    flat = torch.full((2, 3), -0.7)
    assert bool((risk_weights(flat) == 1).all())


def test_weights_of_one_and_foreground_everywhere_are_the_plain_mean_loss() -> None:
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 1, 4, 4, generator=rng)
    masks = torch.ones(2, 4, 4, dtype=torch.long)
    ones = torch.ones(2, 4, 4)
    weights = PixelWeights(ones, "foreground").of_batch(crops_with(masks, ones), None)
    plain = float(bce(logits, masks, None))
    assert float(bce(logits, masks, None, weights)) == pytest.approx(plain)


def test_equation_7_by_a_slow_loop() -> None:
    rng = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 3, 4, 4, generator=rng)
    masks = torch.randint(0, 3, (2, 4, 4), generator=rng)
    masks[0, 0] = 255
    plane = 1 + 9 * torch.rand(2, 4, 4, generator=rng)
    total = 0.0
    foreground = 0
    for pixel in torch.cartesian_prod(torch.arange(2), torch.arange(4), torch.arange(4)).tolist():
        image, row, column = pixel
        label = int(masks[image, row, column])
        if label == 255:
            continue
        likelihood = logits[image, :, row, column].softmax(0)[label]
        total -= float(plane[image, row, column] * likelihood.log())
        foreground += label != 0
    weights = PixelWeights(plane, "foreground").of_batch(crops_with(masks, plane), 255)
    loss = ce(logits, masks, 255, weights)
    assert float(loss) == pytest.approx(total / foreground, rel=1e-5)


def test_a_batch_without_foreground_is_divided_by_a_share_of_its_pixels() -> None:
    masks = torch.zeros(1, 10, 10, dtype=torch.long)
    ones = torch.ones(1, 10, 10)
    crops = crops_with(masks, ones)
    weights = PixelWeights(ones, "foreground", least=0.05).of_batch(crops, None)
    assert torch.allclose(weights, 20 * ones)
    never = PixelWeights(ones, "foreground", least=0).of_batch(crops, None)
    assert torch.allclose(never, 100 * ones)
    ignored = torch.full((1, 10, 10), 255)
    of_nothing = PixelWeights(ones, "foreground").of_batch(crops_with(ignored, ones), 255)
    assert bool(of_nothing.isfinite().all())


WEIGHTS = (
    "risk_map",
    {"name": "risk_map", "conditionals": "own"},
    {"name": "risk_map", "block": 4, "conditionals": "global"},
    "transferability_map",
    {"name": "transferability_map", "sign": "easy"},
    "class_weight",
)


@pytest.mark.parametrize("weight", WEIGHTS, ids=str)
def test_one_shot_trains_to_numbers(weight: Any, home: Home) -> None:
    assert train(finetune_fit(weight, shots=1), home)


@pytest.mark.parametrize("weight", WEIGHTS, ids=str)
def test_images_without_foreground_have_weights_that_are_numbers(weight: Any) -> None:
    nothing = torch.zeros(2, 8, 8, dtype=torch.long)
    source = labelled_greys(nothing, nothing, classes=3)
    weights = function_of("weight", weight)(source, Lookup(CLEAR))
    plane = weights.plane if isinstance(weights, PixelWeights) else weights
    assert bool(plane.isfinite().all())
    assert bool((plane >= 0).all())


def test_source_and_target_classes_may_differ(home: Home) -> None:
    """Four tissues after one: the head is new, and LEEP asks the pretrained network itself."""
    source = {**PRETRAINED, "net": {"arch": "tiny_unet", "width": 2}}
    fit = finetune_fit(
        {"name": "risk_map", "network": source},
        train_on={**BRAINS, "task": "tissues"},
        init={"name": "trained", "fit": PRETRAINED, "part": "matching"},
        method={
            "name": "finetune",
            "epochs": 1,
            "loss": "ce",
            "weight": {"name": "risk_map", "network": source},
        },
    )
    assert train(fit, home)


def test_each_weight_trains_another_network_and_vanilla_is_uniform(home: Home) -> None:
    trained = {}
    for weight in (None, "uniform", "risk_map", "transferability_map"):
        trained[weight] = train(finetune_fit(weight), home)
    assert same_weights(trained[None], trained["uniform"])
    assert not same_weights(trained[None], trained["risk_map"])
    assert not same_weights(trained["transferability_map"], trained["risk_map"])


LEAK = """
name: leak
base:
  fit:
    train_on: {name: brains, task: csf, subjects: 2, slices: 4, size: 32}
    net: {arch: tiny_unet, width: 2}
    method: {name: finetune, frozen: none, epochs: 1, loss: bce, weight: %s}
    patch: 32
    steps: 2
"""
OF_TESTS = (
    "{name: risk_map, on: {name: brains, task: csf, subjects: 2, slices: 4, size: 32, split: test}}"
)


@pytest.mark.parametrize(("weight", "is_leak"), [("risk_map", False), (OF_TESTS, True)])
def test_masks_of_the_test_set_are_a_leak_that_the_report_names(
    weight: str, is_leak: bool, tmp_path: Path, home: Home
) -> None:
    path = tmp_path / "leak.yaml"
    path.write_text(LEAK % weight)
    study = load_study(path)
    warnings = " ".join(provenance(study, []).warnings)
    assert ("a leak: risk_map sees the masks of brains" in warnings) == is_leak
    assert train(study.cells[0].trial.fit, home)


def test_the_map_of_the_test_set_is_another(home: Home) -> None:
    of_training = train(finetune_fit("risk_map"), home)
    test_set = {**BRAINS, "split": "test"}
    of_tests = train(finetune_fit({"name": "risk_map", "on": test_set}), home)
    assert not same_weights(of_training, of_tests)
