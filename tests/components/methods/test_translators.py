"""Fits that translate images: what they are built for, what they draw, who picks their epoch."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from harness.components.picks.source_validation import source_validation
from harness.components.picks.through import Behind
from harness.components.prepare.translate import every_slice, translate
from harness.data.domains import on_device, open_domains, open_images
from harness.data.images import Domains, Unlabelled, unit
from harness.data.scans import Scans
from harness.measure.setup import open_test_set
from harness.spec.records import FitRecord
from harness.spec.values import LAST, Fit, Trial
from harness.spec.walk import sees_target_labels
from harness.store import Home, load_tensors
from harness.train.build import as_function, channels_and_outputs, trained_network
from harness.train.loop import fit
from tests.components.methods.examples import TARGET, fit_by
from tests.made.fits import CPU, FIT_OF_TRIAL, small_trial

SOURCE = {"name": "phantom", "slices": 4, "size": 48}
SMALL: dict[str, Any] = {
    "train_on": SOURCE,
    "adapt_to": TARGET,
    "net": {"arch": "resnet_generator", "slices": 1, "width": 2, "blocks": 1},
    "method": {
        "name": "cut",
        "layers": [0, 4, 12],
        "patches": 4,
        "critic": 2,
        "projection": 3,
        "epochs": 2,
        "lr": 1e-2,
    },
    "patch": 32,
    "batch": 1,
    "steps": 2,
}
SEGMENTER = {**FIT_OF_TRIAL, "net": {"arch": "tiny_unet", "slices": 1, "width": 2}}


def translated_trial(pick: object = "last", **changes: Any) -> Trial:
    step = {"name": "translate", "by": SMALL, "pick": pick}
    return small_trial(test_on=TARGET, prepare=[step], **changes)


def train_upstream(trial: Trial, home: Home) -> None:
    """Trains every fit that a trial reads, with all picks that are read: translators last, for a
    segmenter may pick their epoch.
    """
    pairs = list(trial.upstream)
    for _, part in trial.upstream:
        pairs += part.upstream
    specs = {spec for spec, _ in pairs}
    for spec in sorted(specs, key=is_translator):
        picks = [part for earlier, part in pairs if earlier.key == spec.key]
        fit(spec, picks, home, CPU)


def is_translator(spec: Fit) -> bool:
    return spec.net.name == "resnet_generator"


def translator_of(trial: Trial) -> Fit:
    translator: Fit = trial.prepare[0].options["by"]
    return translator


def test_a_translator_gives_as_many_planes_as_its_images_have() -> None:
    masks = np.zeros((1, 8, 8), np.uint8)
    colours = np.zeros((1, 8, 8, 3), np.uint8)
    classes = ("background", "left", "right", "muscle")
    domain = on_device(Scans(colours, masks, ["a"], ["a"], ["a"], classes=classes), 1, CPU)
    assert channels_and_outputs(fit_by("cut").net, domain) == (3, 3)
    assert channels_and_outputs(small_trial().fit.net, domain) == (3, 4)


@pytest.mark.parametrize("slices", [1, 3])
def test_test_images_are_those_that_the_translator_draws_slice_by_slice(
    home: Home, slices: int
) -> None:
    net = {"arch": "tiny_unet", "slices": slices, "width": 2}
    trial = translated_trial(fit={"net": net})
    train_upstream(trial, home)
    before = open_test_set(replace(trial, prepare=[]), home, CPU)
    after = open_test_set(trial, home, CPU)
    generator = trained_network(translator_of(trial), LAST, home, CPU)
    with torch.no_grad():
        expected = generator(unit(before.images.pixels))
    torch.testing.assert_close(after.images.pixels, expected)
    assert after.images.slices == slices
    assert not torch.equal(after.images.pixels, unit(before.images.pixels))
    record = FitRecord.read(home.store("fits").path(translator_of(trial).key))
    assert (record.channels, record.outputs) == (1, 1)


def test_a_checkpoint_holds_the_generator_alone(home: Home) -> None:
    trial = translated_trial()
    train_upstream(trial, home)
    folder = home.store("fits").path(translator_of(trial).key)
    names = list(load_tensors(folder / f"{LAST.key}.safetensors")[0])
    assert names
    assert all(name.startswith("layers.") for name in names)


def test_images_of_several_sizes_are_translated_in_their_own_size() -> None:
    net = torch.nn.Conv2d(1, 1, 1)
    torch.nn.init.zeros_(net.weight)
    assert net.bias is not None
    torch.nn.init.constant_(net.bias, 0.25)
    pixels = torch.zeros(2, 1, 12, 16)
    numbers = torch.arange(2)
    sizes = torch.tensor([[12, 16], [7, 9]])
    images = Unlabelled(pixels, ["a", "b"], ["a", "b"], numbers, numbers, sizes=sizes)
    with torch.no_grad():
        drawn = translate(images, Domains(images), by=net)
    assert torch.equal(drawn[0], torch.full((1, 12, 16), 0.25))
    assert drawn[1].sum() == 7 * 9 * 0.25
    assert torch.equal(drawn[1, :, :7, :9], torch.full((1, 7, 9), 0.25))


def test_neighbours_in_stacks_are_translated_too() -> None:
    ends = torch.tensor([0]), torch.tensor([2])
    images = Unlabelled(
        torch.rand(3, 1, 8, 8), ["b"], ["g"], *ends, slices=3, rows=torch.tensor([1])
    )
    slices = every_slice(images)
    assert len(slices) == 3
    assert slices.channels == 1
    assert torch.equal(slices.whole(torch.arange(3)), images.pixels)


def test_through_scores_the_segmenter_behind_the_translator(home: Home) -> None:
    score = {"name": "source_validation"}
    pick = {"name": "through", "by": SEGMENTER, "score": score}
    trial = translated_trial(pick, fit=SEGMENTER)
    assert translator_of(trial).key in [spec.key for spec, _ in trial.upstream]
    train_upstream(trial, home)
    folder = home.store("fits").path(translator_of(trial).key)
    (through,) = [part for spec, part in trial.upstream if part.name == "through"]
    segmenter = trained_network(trial.fit, LAST, home, CPU)
    translator = trained_network(translator_of(trial), through, home, CPU)
    data = open_domains(translator_of(trial), home, CPU)
    expected = source_validation(Behind(translator, segmenter), data)
    record = FitRecord.read(folder)
    assert record.best[through.key] == expected
    assert as_function(through, home, CPU)(translator, data) == expected


def test_what_adapts_may_learn_from_translated_images_of_the_target(home: Home) -> None:
    step = {"name": "translate", "by": SMALL, "to": "target"}
    changes = {"adapt_to": TARGET, "method": {"name": "adabn", "epochs": 1}, "prepare": [step]}
    trial = small_trial(test_on=TARGET, fit={**SEGMENTER, **changes})
    translator: Fit = trial.fit.prepare[0].options["by"]
    fit(translator, [LAST], home, CPU)
    fit(trial.fit, [LAST], home, CPU)
    generator = trained_network(translator, LAST, home, CPU)
    test = open_test_set(trial, home, CPU)
    stored = open_images(trial.test_on, 1, home, CPU)
    with torch.no_grad():
        expected = generator(unit(stored.images.pixels))
    torch.testing.assert_close(test.images.pixels, expected)


def test_an_oracle_inside_a_pick_makes_it_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pick = {"name": "through", "by": SEGMENTER, "score": "source_validation"}
    part = translated_trial(pick).prepare[0].options["pick"]
    assert not sees_target_labels(part)
    score = part.options["score"]
    with_labels = replace(score.component, facts=replace(score.component.facts, oracle=True))
    monkeypatch.setattr(type(score), "component", with_labels)
    assert sees_target_labels(part)


def distance_after_cut(seed: int, home: Home) -> tuple[float, float]:
    """How far the mean grey level of a test set is from that of a style: as it is, translated."""
    small = {
        **SMALL,
        "train_on": {**SOURCE, "style": "mitoem_h"},
        "adapt_to": {**SOURCE, "style": "mitoem_r"},
        "method": {**SMALL["method"], "epochs": 1, "lr": 2e-3, "critic": 4},
        "steps": 120,
        "seed": seed,
    }
    trial = small_trial(
        test_on={**SOURCE, "style": "mitoem_r"}, prepare=[{"name": "translate", "by": small}]
    )
    fit(translator_of(trial), [LAST], home, CPU)
    data = open_domains(translator_of(trial), home, CPU)
    style = unit(data.source.images.pixels).mean()
    before = open_test_set(replace(trial, prepare=[]), home, CPU).images.pixels
    after = open_test_set(trial, home, CPU).images.pixels
    return float(abs(unit(before).mean() - style)), float(abs(after.mean() - style))


def test_cut_brings_grey_levels_nearer_to_the_style(home: Home) -> None:
    """By three trainings together: a single one ends elsewhere where sums round otherwise."""
    before, after = np.mean([distance_after_cut(seed, home) for seed in range(3)], axis=0)
    assert before > 0.15
    assert after < before / 2
