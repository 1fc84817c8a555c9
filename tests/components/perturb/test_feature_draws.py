"""What a perturbation of features draws: by image and seed, the same in every batch and every
run.
"""

from dataclasses import replace

import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from harness.data.images import Unlabelled
from harness.measure import forward, memory
from harness.measure.trial import measure
from harness.spec.catalogue import catalogue
from harness.spec.parse import read_trial
from harness.spec.values import Trial
from harness.store import Home
from harness.train.loop import fit
from tests.made.features import output_of_layer, perturbation, random_images
from tests.made.networks import tiny_network

CPU = torch.device("cpu")
NAMES = [part.name for part in catalogue("perturb").values() if part.facts.features]


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_changed_alike_in_every_batch_and_pass(name: str) -> None:
    net = tiny_network(width=4)
    batch = random_images(6)
    with perturbation(name, net, 0.4):
        together = output_of_layer(net, batch, "encoder_3")
        singly = [output_of_layer(net, image[None], "encoder_3") for image in batch]
        backwards = output_of_layer(net, batch.flip(0), "encoder_3").flip(0)
    alone = torch.cat(singly)
    assert torch.equal(together == 0, alone == 0)
    assert torch.allclose(together, alone, atol=1e-5)
    assert torch.allclose(together, backwards, atol=1e-5)


def test_images_and_seeds_differ_in_what_is_drawn() -> None:
    net = tiny_network(width=4)
    batch = random_images(6)
    batch[1] = batch[0]
    batch[1, 0, 5, 7] += 1e-6  # one bit of one pixel
    patterns: set[tuple[bool, ...]] = set()
    for seed in (42, 43):
        with perturbation("dropout", net, 0.5, seed=seed):
            is_dropped = output_of_layer(net, batch, "encoder_3").amax((2, 3)) == 0
        patterns.update(tuple(row) for row in is_dropped.tolist())
    assert len(patterns) == 2 * 6


def logits_of_all(net: nn.Module, test: Unlabelled) -> Tensor:
    return torch.cat([logits for _, logits in forward.logits_of(net, test)])


def test_predictions_do_not_depend_on_how_many_images_go_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = tiny_network(width=4)
    alone = torch.arange(7)
    pixels = (random_images(7) * 255).to(torch.uint8)
    names = [str(position) for position in range(7)]
    test = Unlabelled(pixels, names, ["all"] * 7, alone, alone)
    end = replace(
        test,
        pixels=pixels[5:],
        ids=names[5:],
        first=alone[:2],
        last=alone[:2],
    )
    with perturbation("dropout", net, 0.5):
        at_once = logits_of_all(net, test)
        monkeypatch.setattr(forward, "AT_ONCE", 2 * 32 * 32)
        in_parts = logits_of_all(net, test)
        of_the_end = logits_of_all(net, end)
    assert torch.allclose(at_once, in_parts, atol=1e-5)
    assert torch.allclose(at_once[5:], of_the_end, atol=1e-5)


def test_images_that_go_in_portions_are_changed_as_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net = tiny_network(width=4)
    alone = torch.arange(7)
    names = [str(position) for position in range(7)]
    test = Unlabelled(random_images(7), names, ["all"] * 7, alone, alone)
    with perturbation("dropout", net, 0.5):
        together = logits_of_all(net, test)
        monkeypatch.setattr(forward, "Portions", lambda: memory.Portions(at_once=3))
        in_portions = logits_of_all(net, test)
    assert torch.allclose(together, in_portions, atol=1e-5)


def trial_under_dropout(seed: int) -> Trial:
    trial = read_trial(
        {
            "fit": {
                "train_on": {"name": "phantom", "slices": 4, "size": 48},
                "net": {"arch": "tiny_unet", "width": 4},
                "method": {"name": "supervised", "epochs": 1},
                "patch": 32,
                "batch": 2,
                "steps": 4,
            },
            "perturb": {"name": "dropout", "strength": 0.5, "seed": seed},
        },
        [],
    )
    assert trial is not None
    return trial


def measured_rows(trial: Trial, home: Home) -> pd.DataFrame:
    """Measures a trial anew, and forgets it again."""
    rows = pd.read_parquet(measure(trial, home, CPU) / "rows.parquet")
    home.store("trials").drop(trial.key)
    return rows


def test_a_trial_under_dropout_is_measured_the_same_twice(home: Home) -> None:
    losses = []
    for seed in (42, 7):
        trial = trial_under_dropout(seed)
        fit(trial.fit, [trial.pick], home, CPU)
        rows = measured_rows(trial, home)
        pd.testing.assert_frame_equal(rows, measured_rows(trial, home))
        losses.append(rows[rows.metric == "loss"].value.tolist())
    assert losses[0] != losses[1]
