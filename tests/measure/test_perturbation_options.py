"""Perturbations that are options of a probe: one clean pass for all strengths, clean scores beside
them, and the same images and features as in trials of their own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from torch import nn

from harness.data.images import Labelled
from harness.measure.forward import logits_of
from harness.measure.opened import Opened
from harness.measure.perturbation_options import OpenTrial, perturbation_options
from harness.measure.rows import Perturbation
from harness.measure.setup import feature_perturbation, open_trial
from harness.measure.trial import measure
from harness.spec.parse import read_trial
from harness.spec.values import Trial
from harness.store import Home
from harness.train.build import as_function
from harness.train.loop import fit
from tests.made.fits import CPU, FIT_OF_TRIAL, small_trial
from tests.made.outside import folder_of_components, write_example

DROPOUT = {"name": "dropout", "strength": 0.5}
NOISE = {"name": "noise", "strength": 0.2}
DARKER = {"name": "brightness", "strength": 0.5}
PREPARED = {"prepare": ["percentiles", "standardise"]}


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_example(folder, "probes.md", "steadiness.py")
        yield folder


def steady_trial(*perturbations: Any, **changes: Any) -> Trial:
    """Returns a trial that measures steadiness under these perturbations, beside segmentation."""
    steadiness = {"name": "steadiness", "perturb": list(perturbations)}
    return small_trial(probes=["segmentation", steadiness], **changes)


def rows_of(trial: Trial, home: Home) -> pd.DataFrame:
    fit(trial.fit, [trial.pick], home, CPU)
    return pd.read_parquet(measure(trial, home, CPU) / "rows.parquet")


def ready(trial: Trial, home: Home) -> tuple[nn.Module, Labelled, list[Perturbation]]:
    """Returns network, test set and perturbations as the last probe of a trial gets them."""
    fit(trial.fit, [trial.pick], home, CPU)
    net, test = open_trial(trial, home, CPU)
    assert isinstance(test, Labelled)
    options = perturbation_options(trial.probes[-1], OpenTrial(trial, test, Opened(home, CPU)))
    perturbations = options["perturb"]
    assert isinstance(perturbations, list)
    return net, test, perturbations


def test_a_clean_pass_and_one_for_each_strength(home: Home) -> None:
    strengths = (0.1, 0.2, 0.3, 0.4, 0.5)
    trial = steady_trial(*[{**DROPOUT, "strength": strength} for strength in strengths], NOISE)
    net, test, perturbations = ready(trial, home)
    passes: list[int] = []
    net.register_forward_pre_hook(lambda module, inputs: passes.append(len(inputs[0])))
    probe = as_function(trial.probes[-1], home)
    rows = list(probe(net, test, perturb=perturbations))
    assert passes == [len(test)] * (1 + len(strengths) + 1)
    assert len(rows) == len(test) * (len(strengths) + 1)


def test_scores_beside_it_are_those_of_the_clean_images(home: Home) -> None:
    rows = rows_of(steady_trial(DROPOUT, NOISE, DARKER), home)
    clean = rows_of(small_trial(probes=["segmentation"]), home)
    scores = rows[rows.metric != "steadiness"].reset_index(drop=True)[clean.columns]
    pd.testing.assert_frame_equal(scores, clean)
    steadiness = rows[rows.metric == "steadiness"]
    disturbances = steadiness.groupby(["disturbance", "strength"]).size()
    assert disturbances.index.tolist() == [("brightness", 0.5), ("dropout", 0.5), ("noise", 0.2)]
    assert disturbances.nunique() == 1


@pytest.mark.parametrize("settings", [{}, PREPARED])
def test_images_are_perturbed_and_prepared_as_in_a_trial_of_their_own(
    home: Home, settings: dict[str, Any]
) -> None:
    net, _, perturbations = ready(steady_trial(NOISE, DARKER, fit=settings), home)
    for raw, perturbation in zip((NOISE, DARKER), perturbations, strict=True):
        _, expected = open_trial(small_trial(perturb=raw, fit=settings), home, CPU)
        with perturbation(net) as perturbed:
            assert torch.equal(perturbed.images.pixels, expected.images.pixels)
            assert perturbed.images.ids == expected.images.ids


def test_features_are_perturbed_as_in_a_trial_of_their_own_and_no_longer(home: Home) -> None:
    net, test, perturbations = ready(steady_trial(DROPOUT), home)
    clean = [logits for _, logits in logits_of(net, test.images)]
    with perturbations[0](net) as perturbed:
        assert perturbed is test
        changed = [logits for _, logits in logits_of(net, perturbed.images)]
    trial = small_trial(perturb=DROPOUT)
    with feature_perturbation(trial.perturb, net, home):
        expected = [logits for _, logits in logits_of(net, test.images)]
    after = [logits for _, logits in logits_of(net, test.images)]
    for i, logits in enumerate(changed):
        assert torch.equal(logits, expected[i])
        assert not torch.equal(logits, clean[i])
        assert torch.equal(after[i], clean[i])


def test_the_perturbation_of_the_trial_comes_first(home: Home) -> None:
    net, _, perturbations = ready(steady_trial(DARKER, perturb=DARKER), home)
    _, clean = open_trial(small_trial(), home, CPU)
    with perturbations[0](net) as perturbed:
        quarter = clean.images.pixels.float() / 255 / 4
        assert torch.allclose(perturbed.images.pixels, quarter, atol=1e-6)


def test_a_perturbation_says_what_it_is(home: Home) -> None:
    _, _, perturbations = ready(steady_trial(DROPOUT, NOISE), home)
    facts = [(item.name, item.strength, item.moves) for item in perturbations]
    assert facts == [("dropout", 0.5, False), ("noise", 0.2, False)]
    assert perturbations[0].level == "dropout(strength=0.5)"


def test_a_strength_without_a_meaning_is_refused_where_it_is_written() -> None:
    problems: list[Any] = []
    too_strong = {"name": "steadiness", "perturb": [{**DROPOUT, "strength": 2.0}]}
    assert read_trial({"fit": FIT_OF_TRIAL, "probes": [too_strong]}, problems) is None
    steps, sentence = problems[0]
    assert steps == ("probes", 0, "perturb", 0, "strength")
    assert sentence == "2: dropout takes a number from 0 to 1"


def test_a_set_that_is_scaled_by_itself_keeps_what_a_probe_does_to_it(home: Home) -> None:
    trial = steady_trial(DARKER, prepare=["own_range", {"name": "own_percentiles", "low": 1}])
    net, test, (darker,) = ready(trial, home)
    with darker(net) as perturbed:
        before = test.images.pixels
        after = perturbed.images.pixels
    assert float(before.min()) < float(before.max())
    step = (before.max() - before.min()) / 2
    contrast = after.max() - after.min()
    assert contrast == pytest.approx(float(step), rel=0.01)
    assert perturbed.images.unperturbed is not None
    again = perturbed.images.unperturbed.now()
    assert torch.equal(again.pixels, before)
