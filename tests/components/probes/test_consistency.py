"""The probe of consistency: one clean pass for all strengths, medians over images, and draws by the
name of an image.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from harness.data.images import Unlabelled
from harness.measure.estimators import UserImages, estimate, read_estimator
from harness.measure.forward import logits_of
from harness.measure.layers import hooked_layers
from harness.measure.perturbation_options import perturbation_options
from harness.measure.rows import Row
from harness.measure.trial import measure
from harness.store import Home
from harness.train.build import as_function
from harness.train.loop import fit
from tests.made.features import perturbation
from tests.made.fits import CPU, small_trial
from tests.made.networks import tiny_network
from tests.made.outside import folder_of_components, write_example
from tests.made.unlabelled import BrightIsForeground, clouds, user_images

RATES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
DROPOUTS = [
    {
        "name": "dropout",
        "strength": rate,
    }
    for rate in RATES
]
ALL_METRICS = ["nhd", "ei", "v_rand"]


def rows_of(images: UserImages, net: torch.nn.Module, **options: Any) -> list[Row]:
    part = read_estimator({"name": "consistency", "smallest": 0, **options})
    probe = as_function(part, images.home, CPU)
    return list(probe(net, images.test, **perturbation_options(part, images)))


def values(rows: list[Row], metric: str) -> list[float]:
    return [row.value for row in rows if row.metric == metric]


def net_with_foreground() -> torch.nn.Module:
    """A random network that takes about half of the clouds for foreground, and whose bottleneck has
    a say in it.
    """
    net = tiny_network(width=8)
    head = net.get_submodule("head")
    assert isinstance(head, torch.nn.Conv2d)
    assert head.bias is not None
    with torch.no_grad():
        for weights in net.parameters():
            if weights.ndim == 4:
                weights.mul_(4)
        logits = net(clouds(5).pixels)
        head.weight /= logits.std()
        head.bias -= logits.median()
        head.bias /= logits.std()
    return net


@pytest.mark.parametrize("draws", [1, 3])
def test_a_clean_pass_and_one_for_each_strength_and_draw(home: Home, draws: int) -> None:
    images = user_images(home)
    net = net_with_foreground()
    passes: list[int] = []
    net.register_forward_pre_hook(lambda module, inputs: passes.append(len(inputs[0])))
    rows = rows_of(images, net, perturb=DROPOUTS, draws=draws, metrics=ALL_METRICS)
    assert passes == [5] * (1 + draws * len(RATES))
    assert len(values(rows, "nhd")) == 5 * len(RATES)
    assert len(values(rows, "cte_nhd")) == len(RATES)


def test_without_perturbation_predictions_stay_as_they_are(home: Home) -> None:
    images = user_images(home)
    strengths = {
        "dropout": 0,
        "feature_noise": 0,
        "feature_drop": 0,
        "shift": 0,
        "contrast": 1,
        "gamma": 1,
        "noise": 0,
    }
    neutral = []
    for name, strength in strengths.items():
        neutral.append({"name": name, "strength": strength})
    net = net_with_foreground()
    rows = rows_of(images, net, perturb=neutral, metrics=ALL_METRICS)
    assert values(rows, "cte_nhd") == [1] * len(neutral)
    assert values(rows, "cte_v_rand") == [1] * len(neutral)
    # EI is then the confidence in the foreground, by its definition (Eq. 4)
    confidences = []
    for image in images.test.images.pixels:
        with torch.no_grad():
            p = torch.sigmoid(net(image[None]))
        confidences.append(float(p[p > 0.5].mean()))
    assert values(rows, "cte_ei") == pytest.approx([np.median(confidences)] * len(neutral))


def test_a_stronger_dropout_changes_more_and_ei_never_exceeds_nhd(home: Home) -> None:
    rows = rows_of(user_images(home), net_with_foreground(), perturb=DROPOUTS)
    hard, soft = values(rows, "cte_nhd"), values(rows, "cte_ei")
    assert hard[-1] < hard[0] < 1
    for of_image, soft_of_image in zip(values(rows, "nhd"), values(rows, "ei"), strict=True):
        assert soft_of_image <= of_image
    assert soft[0] < hard[0]


def test_a_shift_moves_the_foreground_as_it_should(home: Home) -> None:
    images = user_images(home)
    shift = {"name": "shift", "strength": 0.1, "clip": False}
    rows = rows_of(images, BrightIsForeground(0.6), perturb=shift)
    expected = []
    for image in images.test.images.pixels:
        before = image > 0.6
        after = image + 0.1 > 0.6
        intersection = int((before & after).sum())
        union = int((before | after).sum())
        expected.append(intersection / union)
    assert values(rows, "nhd") == pytest.approx(expected)


def test_nothing_is_clipped_where_it_should_not_be(home: Home) -> None:
    images = user_images(home)
    net = BrightIsForeground(1.05)  # brighter than any image
    raised = {"name": "shift", "strength": 0.9}
    clipped = rows_of(images, net, perturb=raised)
    free = rows_of(images, net, perturb={**raised, "clip": False})
    assert values(clipped, "empty_unions") == [5]
    assert values(free, "empty_unions") == [0]


def test_medians_leave_out_images_without_foreground_and_count_them(home: Home) -> None:
    images = user_images(home)
    brightest = images.test.images.pixels.amax((1, 2, 3)).sort().values
    net = BrightIsForeground(float(brightest[1:3].mean()))  # two images are never bright enough
    darker = {"name": "shift", "strength": -0.05, "clip": False}
    rows = rows_of(images, net, perturb=darker)
    of_images = values(rows, "nhd")
    assert sum(map(math.isnan, of_images)) == 2
    assert values(rows, "empty_unions") == [2]
    defined = [value for value in of_images if not math.isnan(value)]
    assert values(rows, "cte_nhd") == [np.median(defined)]
    means = rows_of(images, net, perturb=darker, average="mean")
    assert values(means, "cte_nhd") == pytest.approx([np.mean(defined)])
    assert np.median(defined) != pytest.approx(np.mean(defined))


def test_several_draws_are_averaged_within_each_image(home: Home) -> None:
    net, images = net_with_foreground(), user_images(home)
    noise = {"name": "noise", "strength": 0.3, "clip": False}
    for raw in (DROPOUTS[3], noise):
        sums = []
        for draws in (1, 2, 3):
            rows = rows_of(images, net, perturb=raw, draws=draws)
            sums.append(draws * np.array(values(rows, "nhd")))
        first = sums[0]
        second = sums[1] - sums[0]
        third = sums[2] - sums[1]
        assert all((second >= 0) & (second <= 1 + 1e-9))
        assert not np.allclose(second, first)
        assert not np.allclose(third, second)


def test_an_image_is_perturbed_by_its_name_in_every_set_and_by_every_network(home: Home) -> None:
    net, images = net_with_foreground(), user_images(home)
    perturb = [DROPOUTS[3], {"name": "feature_noise", "strength": 0.5}]
    rows = rows_of(images, net, perturb=perturb)
    pixels = images.test.images.pixels[:3]
    fewer = UserImages(clouds(3).with_pixels(lambda _: pixels), home, CPU)
    subset = rows_of(fewer, net, perturb=perturb)
    assert values(rows, "nhd")[:3] == pytest.approx(values(subset, "nhd")[:3])
    # what is dropped is decided by the name: another image of that name loses the same maps
    renamed = images.test.images.with_pixels(lambda test: test.pixels.flip(0))
    dropped = [dropped_maps(net, unnamed) for unnamed in (images.test.images, renamed)]
    assert torch.equal(dropped[0], dropped[1])
    assert not torch.equal(dropped[0][0], dropped[0][1])


def dropped_maps(net: torch.nn.Module, test: Unlabelled) -> torch.Tensor:
    """Tells which maps of each image a dropout at the bottleneck sets to 0, where none was 0."""

    def set_to_one(name: str, maps: torch.Tensor) -> torch.Tensor:
        return torch.ones_like(maps)

    outputs: dict[str, torch.Tensor] = {}
    with (
        hooked_layers(net, ["bottleneck"], set_to_one),
        perturbation("dropout", net, 0.5),
        hooked_layers(net, ["bottleneck"], outputs.__setitem__),
    ):
        list(logits_of(net, test))
    return outputs["bottleneck"].amax((2, 3)) == 0


def test_perturbations_that_move_pixels_are_refused(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_example(folder, "perturb.md", "elastic.py")
        moving = {"name": "elastic", "strength": 2.0}
        with pytest.raises(ValueError, match="elastic moves pixels"):
            rows_of(user_images(home), net_with_foreground(), perturb=moving)


def test_in_a_trial_it_stands_beside_the_scores_it_should_foretell(home: Home) -> None:
    probes = ["segmentation", {"name": "consistency", "perturb": DROPOUTS[2:4]}]
    trial = small_trial(probes=probes)
    fit(trial.fit, [trial.pick], home, CPU)
    rows = pd.read_parquet(measure(trial, home, CPU) / "rows.parquet")
    consistency = rows[rows.metric == "cte_nhd"]
    assert consistency.strength.tolist() == [0.2, 0.3]
    assert consistency.disturbance.unique().tolist() == ["dropout"]
    images = rows[(rows.metric == "nhd") & (rows.strength == 0.2)]
    scores = rows[rows.metric == "dice"]
    assert sorted(images.image) == sorted(scores.image)
    assert consistency.value.iloc[0] == pytest.approx(images.value.median(), nan_ok=True)


def test_layers_are_told_apart_and_strengths_are_not_part_of_the_name(home: Home) -> None:
    perturb = [{**DROPOUTS[0], "layer": "decoder_1"}, DROPOUTS[1], DROPOUTS[2]]
    rows = rows_of(user_images(home), net_with_foreground(), perturb=perturb, metrics=["nhd"])
    dimensions = [row.dimensions for row in rows if row.metric == "cte_nhd"]
    assert dimensions == [
        {"disturbance": "dropout(layer=decoder_1)", "strength": 0.05},
        {"disturbance": "dropout", "strength": 0.1},
        {"disturbance": "dropout", "strength": 0.2},
    ]


def test_it_is_an_estimator_that_needs_nothing_but_images(home: Home) -> None:
    part = read_estimator({"name": "consistency", "perturb": DROPOUTS[2:4], "metrics": ["nhd"]})
    scores = estimate(part, net_with_foreground(), user_images(home))
    assert [score.estimator.metric for score in scores] == ["cte_nhd", "cte_nhd"]
    assert [score.dimensions["strength"] for score in scores] == [0.2, 0.3]
    for score in scores:
        assert score.estimator.needs_text == "nothing but unlabelled images"
        assert score.average == "median"
        assert score.value == np.median(list(score.of_images.values()))
        assert len(score.of_images) == 5
