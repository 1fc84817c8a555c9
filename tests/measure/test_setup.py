"""Network and test set of a trial: perturbed, then prepared like the training set."""

import pytest
import torch

from harness.data.domains import open_domains, open_images
from harness.data.images import Labelled, unit
from harness.measure.setup import open_trial
from harness.spec.values import Trial
from harness.store import Home
from harness.train.loop import fit
from harness.train.prepare import prepare_domains, prepare_steps
from tests.made.fits import CPU, small_trial


def pixels_of(trial: Trial, home: Home) -> torch.Tensor:
    """Returns the pixels of a trial's test set, as its network gets them."""
    test = open_trial(trial, home, CPU)[1]
    assert isinstance(test, Labelled)
    return test.images.pixels


def test_one_training_serves_every_strength(home: Home) -> None:
    plain = small_trial()
    unchanged = small_trial(perturb={"name": "brightness", "strength": 1.0})
    darker = small_trial(perturb={"name": "brightness", "strength": 0.5})
    assert {trial.fit.key for trial in (plain, unchanged, darker)} == {plain.fit.key}
    fit(plain.fit, [], home, CPU)
    expected = unit(pixels_of(plain, home))
    assert torch.allclose(pixels_of(unchanged, home), expected)
    assert torch.allclose(pixels_of(darker, home), expected / 2)


def test_what_prepare_learned_from_the_source_is_applied_to_the_test(home: Home) -> None:
    trial = small_trial(fit={"prepare": ["standardise"]})
    raw = open_domains(trial.fit, home, CPU)
    prepared = prepare_domains(raw, prepare_steps(trial.fit, raw, home, CPU))
    assert float(prepared.source.images.pixels.mean()) == pytest.approx(0, abs=1e-4)
    assert float(prepared.source.images.pixels.std()) == pytest.approx(1, abs=1e-3)
    fit(trial.fit, [], home, CPU)
    assert home.store("fits").find(small_trial().fit.key) is None
    source = unit(raw.source.images.pixels)
    unprepared = open_images(trial.test_on, 3, home, CPU)
    expected = (unit(unprepared.images.pixels) - source.mean()) / source.std()
    assert torch.allclose(pixels_of(trial, home), expected, atol=1e-4)


TWO_PREPARES = {"prepare": ["percentiles", "standardise"]}


def test_each_of_two_prepares_learns_from_what_the_one_before_left(home: Home) -> None:
    trial = small_trial(fit=TWO_PREPARES)
    raw = open_domains(trial.fit, home, CPU)
    prepared = prepare_domains(raw, prepare_steps(trial.fit, raw, home, CPU))
    source = prepared.source.images.pixels
    mean = float(source.mean())
    deviation = float(source.std())
    assert mean == pytest.approx(0, abs=1e-4)
    assert deviation == pytest.approx(1, abs=1e-3)
    fit(trial.fit, [], home, CPU)
    # standardise undoes whatever linear change came before it
    standardised = small_trial(fit={"prepare": ["standardise"]})
    fit(standardised.fit, [], home, CPU)
    expected = pixels_of(standardised, home)
    assert torch.allclose(pixels_of(trial, home), expected, atol=1e-4)


def test_training_images_are_measured_as_they_were_trained_on(home: Home) -> None:
    training_set = {"name": "phantom", "slices": 4, "size": 48, "split": "train"}
    trial = small_trial(fit=TWO_PREPARES, test_on=training_set)
    fit(trial.fit, [], home, CPU)
    raw = open_domains(trial.fit, home, CPU)
    prepared = prepare_domains(raw, prepare_steps(trial.fit, raw, home, CPU))
    expected = prepared.source.images.pixels
    assert torch.equal(pixels_of(trial, home), expected)
