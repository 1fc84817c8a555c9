"""Every method of adaptation on two tiny domains, and what none of them may see or do."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.data import domains
from harness.data.domains import open_images
from harness.data.scans import Scans
from harness.measure.forward import logits_of
from harness.spec.catalogue import catalogue
from harness.spec.values import LAST, Fit, Part
from harness.store import Home, load_tensors
from harness.train import loop
from harness.train.build import trained_network
from tests.components.methods.examples import TARGET, fit_by, translates
from tests.made.fits import CPU, same_weights, weights_of

ADAPTING = sorted(
    name for name, part in catalogue("method").items() if "adapt_to" in part.facts.needs
)
SEGMENTING = [name for name in ADAPTING if not translates(name)]
OTHER = {"name": "phantom", "style": "lucchi", "slices": 4, "size": 48}
ATTENTION = {"arch": "attention_unet", "width": 2}
GROUP_NORM = {"arch": "damt_unet", "width": 2, "classes": 2}
RESNET = {"arch": "unet", "encoder": "resnet18"}
WITH_BATCH_NORM = ("adabn", "tent")  # these work on no other network


def test_the_methods_of_paper_002_and_those_beyond_it_are_there() -> None:
    beyond = {"adabn", "entropy", "fourier", "mean_teacher", "tent"}
    assert set(SEGMENTING) == {"damt", "super_resolution", "ynet"} | beyond
    assert set(ADAPTING) == {*SEGMENTING, "cut", "fastcut"}


def test_every_method_adapts_either_domain_to_the_other(home: Home) -> None:
    fits: list[Fit] = []
    for name in ADAPTING:
        for source, target in ((OTHER, TARGET), (TARGET, OTHER)):
            fit = fit_by(name, epochs=1, train_on=source, adapt_to=target)
            loop.fit(fit, [LAST], home, CPU)
            assert fit.target is not None
            slices = int(fit.net.options["slices"])
            images = open_images(fit.target, slices, home, CPU).images
            for which, logits in logits_of(trained_network(fit, LAST, home, CPU), images):
                assert logits.shape == (len(which), 1, 48, 48)
                assert bool(logits.isfinite().all())
            fits.append(fit)
    for i, fit in enumerate(fits):
        for earlier in fits[:i]:
            assert not same_weights(weights_of(fit, home), weights_of(earlier, home))


@pytest.mark.parametrize("net", [ATTENTION, GROUP_NORM, RESNET], ids=lambda net: net["arch"])
@pytest.mark.parametrize("name", SEGMENTING)
def test_a_method_takes_any_network_but_where_it_needs_batch_norm(
    home: Home, name: str, net: dict[str, Any]
) -> None:
    fit = fit_by(name, epochs=1, net=net, steps=1, batch=2)
    if name in WITH_BATCH_NORM and net is not RESNET:
        with pytest.raises(ValueError, match=r"adapts batch norm, and .* has none"):
            loop.fit(fit, [LAST], home, CPU)
        return
    loop.fit(fit, [LAST], home, CPU)
    weights = weights_of(fit, home)
    assert all(bool(value.isfinite().all()) for value in weights.values())


@pytest.mark.parametrize("name", ADAPTING)
def test_masks_of_the_target_change_nothing(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    fit = fit_by(name, epochs=1)
    loop.fit(fit, [LAST], home, CPU)
    open_split = domains.open_split
    poisoned: list[Part] = []

    def with_other_masks(part: Part, home: Home) -> Scans:
        """Opens a data set; every pixel of the target's masks is of the other class."""
        scans = open_split(part, home)
        if part != fit.target:
            return scans
        poisoned.append(part)
        assert scans.masks is not None
        return replace(scans, masks=1 - np.asarray(scans.masks))

    monkeypatch.setattr(domains, "open_split", with_other_masks)
    elsewhere = Home(tmp_path / "poisoned")
    loop.fit(fit, [LAST], elsewhere, CPU)
    assert poisoned
    assert same_weights(weights_of(fit, elsewhere), weights_of(fit, home))


def last_phases(
    fit: Fit, home: Home, monkeypatch: pytest.MonkeyPatch
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """Trains a fit; returns its tensors before its last phase, and after it."""
    ends: list[dict[str, Tensor]] = []
    save_tensors = loop.save_tensors

    def note_phase(path: Path, tensors: dict[str, Tensor]) -> None:
        save_tensors(path, tensors)
        ends.append(load_tensors(path)[0])

    monkeypatch.setattr(loop, "save_tensors", note_phase)
    loop.fit(fit, [LAST], home, CPU)
    before, after = ends[-2:]
    return before, after


def moved_tensors(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    """Names the tensors that a phase changed."""
    moved: set[str] = set()
    for key, value in after.items():
        if not torch.equal(before[key], value):
            moved.add(key)
    return moved


@pytest.mark.parametrize("name", ["super_resolution", "ynet"])
def test_masks_are_learned_with_a_frozen_encoder_and_a_free_bottleneck(
    home: Home, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before, after = last_phases(fit_by(name, epochs=2, net=ATTENTION), home, monkeypatch)
    moved = moved_tensors(before, after)
    is_shallow = [key for key in before if key.startswith("encoder.") and key[8] in "0123"]
    is_bottleneck = [key for key in before if key.startswith("encoder.4")]
    assert is_shallow
    assert not moved & set(is_shallow)
    assert moved & set(is_bottleneck)
    assert any(key.startswith("decoder.") for key in moved)
    assert not any(key.startswith("painter.") for key in moved)


def module_of(key: str) -> str:
    """Returns the module that a tensor is of."""
    return key.rpartition(".")[0]


def test_tent_changes_nothing_but_batch_norm(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = last_phases(fit_by("tent", epochs=2), home, monkeypatch)
    moved = moved_tensors(before, after)
    counts = [key for key in after if key.endswith("running_mean")]
    norms = set(map(module_of, counts))
    assert set(map(module_of, moved)) == norms
    weights = [key for key in moved if key.endswith(".weight")]
    assert len(weights) == len(norms)
