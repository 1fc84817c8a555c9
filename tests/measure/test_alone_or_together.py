"""What is measured of an image does not depend on what else is in its set, nor on what fills up
smaller images.

Whatever a probe, a pick, a perturbation or a prepare step is called: all in the catalogue are
asked, so that a new one is, too.
"""

import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from harness.data.domains import on_device
from harness.data.images import Domains, Labelled
from harness.data.scans import Scans
from harness.measure.estimators import UserImages
from harness.measure.forward import logits_of
from harness.measure.perturbation_options import perturbation_options
from harness.measure.rows import Arrays, Original, Row
from harness.measure.setup import perturb_test_set
from harness.spec.catalogue import catalogue
from harness.store import Home
from harness.train.build import as_function, build_net
from tests.made.networks import function_of, part_of
from tests.made.sizes import CPU, SIZES, volumes_of, with_filling

NETWORK = {"arch": "tiny_unet", "width": 2, "slices": 3}
PROBES = sorted(catalogue("probe"))
PREPARES = sorted(catalogue("prepare"))
OF_A_SET = ("own_percentiles", "own_range")  # they scale a set by itself, so other images count
ESTIMATES_OF_A_SET = ("leep",)  # what a class of the source means is learned from the whole set
# These draw with another fit's network; what they see of an image: test_translators.
WITH_A_FIT = ("translate", "through")
PICKS = sorted(set(catalogue("pick")) - set(WITH_A_FIT))
STEPS = [name for name in PREPARES if name not in WITH_A_FIT]
PERTURBATIONS = catalogue("perturb")
OF_IMAGES = [name for name, part in PERTURBATIONS.items() if not part.facts.features]
OF_FEATURES = [name for name, part in PERTURBATIONS.items() if part.facts.features]
TOGETHER = (["small", "large"], ["wide", "small", "large"])

Values = dict[tuple[Any, ...], float]


def network(seed: int = 3) -> nn.Module:
    torch.manual_seed(seed)
    return build_net(part_of("net", NETWORK), 3, 1).eval()


def results_of(name: str, test: Labelled) -> list[Any]:
    """Returns what a probe yields, with the same test set as the original where it needs one."""
    part = part_of("probe", name)
    probe = as_function(part, None)
    net = network()
    if name == "instances":
        test = replace(test, classes=())
    supplies = {
        "original": Original(net, test.with_pixels(lambda images: images.pixels // 2)),
        "start": network(4),
        "training": volumes_of(["wide"]),
        "source": volumes_of(["wide"]),
        "seeds": [network(4)],
    }
    needs = catalogue("probe")[name].facts.needs
    arguments = [value for need, value in supplies.items() if need in needs]
    tested = UserImages(test, Home(Path()), CPU)
    return list(probe(net, test, *arguments, **perturbation_options(part, tested)))


def values_of(results: Iterable[Any]) -> Values:
    """Returns the values of rows by all else that the rows say."""
    values = {}
    for row in results:
        if isinstance(row, Row):
            dimensions = tuple(sorted(row.dimensions.items()))
            values[row.metric, row.image, row.group, dimensions] = row.value
    return values


def of_volume(values: Values, name: str) -> Values:
    return {key: value for key, value in values.items() if key[2] == name}


def agree(values: Values, others: Values) -> bool:
    """Whether rows are the same, and their values within 1e-5 of each other."""
    if list(values) != list(others):
        return False
    for key, value in values.items():
        if math.isnan(value) and math.isnan(others[key]):
            continue
        if value != pytest.approx(others[key], rel=1e-5, abs=1e-7):
            return False
    return True


@pytest.mark.parametrize("name", sorted(set(PROBES) - set(ESTIMATES_OF_A_SET)))
def test_rows_of_an_image_are_the_same_whatever_else_is_in_the_set(name: str) -> None:
    alone = of_volume(values_of(results_of(name, volumes_of(["small"]))), "small")
    for volumes in TOGETHER:
        together = values_of(results_of(name, volumes_of(volumes)))
        assert agree(of_volume(together, "small"), alone)


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("volumes", [["small"], ["small", "large"]])
def test_no_row_array_or_picture_sees_what_fills_up_an_image(name: str, volumes: list[str]) -> None:
    test = volumes_of(volumes)
    plain = results_of(name, test)
    filled_up = results_of(name, with_filling(test))
    assert values_of(plain) == pytest.approx(values_of(filled_up), rel=0, abs=0, nan_ok=True)
    for result, counterpart in zip(plain, filled_up, strict=True):
        assert type(result) is type(counterpart)
        if isinstance(result, Arrays):
            for key, array in result.arrays.items():
                np.testing.assert_array_equal(array, counterpart.arrays[key])
        elif isinstance(getattr(result, "picture", None), np.ndarray):
            np.testing.assert_array_equal(result.picture, counterpart.picture)


@pytest.mark.parametrize("name", PICKS)
def test_a_pick_does_not_see_what_fills_up_an_image(name: str) -> None:
    test = volumes_of(["small", "large"])
    assert score_by(name, with_filling(test)) == score_by(name, test)


def score_by(name: str, test: Labelled) -> float:
    """Returns the score of a pick that looks at a test set; only an oracle gets its masks."""
    component = catalogue("pick")[name]
    raw = {"name": name}
    if "images" in component.options:
        raw["images"] = "phantom"
    looked_at = test if component.facts.oracle else test.images
    pick = as_function(part_of("pick", raw), None, open_dataset=lambda _: looked_at)
    return float(pick(network(), Domains(test, test)))


@pytest.mark.parametrize("name", STEPS)
def test_a_prepare_step_learns_nothing_from_what_fills_up_an_image(name: str) -> None:
    step = function_of("prepare", name)
    source = volumes_of(["small", "large"])
    test = volumes_of(["small"]).images
    domains = Domains(source, target=source.images)
    filled_source = with_filling(source)
    filled_domains = Domains(filled_source, target=filled_source.images)
    expected = step(test, domains)
    assert torch.allclose(step(test, filled_domains), expected, rtol=1e-5)
    filled_up = step(with_filling(volumes_of(["small"])).images, domains)
    assert torch.allclose(filled_up[:3, :, :40, :48], expected, rtol=1e-5)
    if name in OF_A_SET:
        return
    together = volumes_of(["small", "large"]).images
    inside = step(together, domains)[:3, :, :40, :48]
    assert torch.equal(inside, expected)


@pytest.mark.parametrize("name", STEPS)
def test_statistics_are_those_of_the_images_alone(name: str) -> None:
    rng = np.random.default_rng(0)
    tall = rng.integers(100, 200, (2, 64, 32)).astype(np.uint8)
    images = [*tall, tall[0].reshape(32, 64)]
    names = ["a", "b", "c"]
    of_two_sizes = on_device(Scans(images, None, names, names), 1, CPU).images
    stacked = np.concatenate([tall, tall[:1]])
    of_one_size = on_device(Scans(stacked, None, names, names), 1, CPU).images
    step = function_of("prepare", name)
    expected = step(of_one_size, Domains(of_one_size, target=of_one_size))
    same = step(of_one_size, Domains(of_two_sizes, target=of_two_sizes))
    assert torch.allclose(same, expected, rtol=1e-4)


def strength_of(name: str) -> float:
    """Returns a strength that a perturbation takes, and that changes something."""
    facts = PERTURBATIONS[name].facts
    return min(0.4, facts.most) if facts.neutral != 0.4 else 0.5


@pytest.mark.parametrize("name", OF_IMAGES)
def test_an_image_is_perturbed_alike_whatever_else_is_in_the_set(name: str, home: Home) -> None:
    part = part_of("perturb", {"name": name, "strength": strength_of(name)})
    alone = perturb_test_set(part, volumes_of(["small"]), home).images
    for volumes in TOGETHER:
        test = perturb_test_set(part, volumes_of(volumes), home).images
        for i, image in enumerate(test.ids):
            if image in alone.ids:
                same = alone.image(list(alone.ids).index(image))
                assert torch.equal(test.image(i), same)


def logits_by_name(test: Labelled, name: str) -> dict[str, Tensor]:
    """Returns the logits of each image while a perturbation of features is switched on."""
    net = network()
    part = part_of("perturb", {"name": name, "strength": strength_of(name)})
    logits: dict[str, Tensor] = {}
    with as_function(part, None)(net, strength_of(name)):
        for which, batch in logits_of(net, test.images):
            for i, image_logits in zip(which.tolist(), batch, strict=True):
                logits[test.images.ids[i]] = image_logits
    return logits


@pytest.mark.parametrize("name", OF_FEATURES)
def test_features_are_perturbed_alike_whatever_else_is_in_the_set(name: str) -> None:
    alone = logits_by_name(volumes_of(["small"]), name)
    for volumes in TOGETHER:
        together = logits_by_name(volumes_of(volumes), name)
        assert list(together) == volumes_of(volumes).images.ids
        for image, logits in alone.items():
            assert torch.allclose(together[image], logits, rtol=1e-5, atol=1e-6)


def test_logits_come_in_the_order_of_the_images_and_in_their_size() -> None:
    test = volumes_of(["small", "large", "wide"])
    positions = []
    for which, logits in logits_of(network(), test.images):
        assert logits.shape[-2:] == test.masks_of(which).shape[-2:]
        assert tuple(logits.shape[-2:]) == test.images.size_of(int(which[0]))
        positions += which.tolist()
    assert positions == list(range(len(test)))
    assert {test.images.size_of(i) for i in positions} == set(SIZES.values())


def test_images_of_several_sizes_are_refused_as_one_batch() -> None:
    test = volumes_of(["small", "large"])
    with pytest.raises(ValueError, match="images of several sizes cannot stand in one tensor"):
        test.masks_of(torch.arange(len(test)))


def test_a_stack_of_slices_that_differ_in_size_is_refused() -> None:
    images = [np.zeros((32, 32), np.uint8), np.zeros((32, 40), np.uint8)]
    scans = Scans(images, None, ["a", "b"], ["v", "v"])
    on_device(scans, 1, CPU)
    with pytest.raises(ValueError, match="the slices of v differ in size, b is 32 x 40"):
        on_device(scans, 3, CPU)
