"""Which images a `prepare` changes: by its role in a fit, and those of the test set in a trial."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.data.domains import open_domains, open_images
from harness.data.images import unit
from harness.measure.setup import open_test_set
from harness.store import Home
from harness.train.prepare import prepare_domains, prepare_steps
from tests.made.fits import CPU, small_trial
from tests.made.outside import folder_of_components, write_component

LAB = '''
from harness.components.methods import method
from harness.components.prepare import prepare
from harness.data.images import Unlabelled, unit
from harness.spec.options import Dataset


@method(needs=("adapt_to",))
def adapting(net, data):
    """Looks at a target."""


@prepare
def brighter(images, domains, *, by: float = 1.0):
    """Adds a grey level."""
    return unit(images.pixels) + by


@prepare
def doubled(images, domains):
    """Twice as bright."""
    return unit(images.pixels) * 2


@prepare
def like(images, domains, *, images_of: Dataset):
    """Takes the mean of images that it names."""
    assert isinstance(images_of, Unlabelled)
    return unit(images.pixels) * 0 + unit(images_of.pixels).mean()
'''
VNC = {"name": "phantom", "style": "vnc", "slices": 4, "size": 48}


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "roles.py", LAB)
        yield folder


@pytest.mark.parametrize(
    ("role", "changed"),
    [
        ({"to": "source"}, (1, 1, 0, 0)),
        ({"to": "target"}, (0, 0, 1, 1)),
        ({"to": "all"}, (1, 1, 1, 1)),
        ({}, (1, 1, 1, 1)),
    ],
)
def test_a_role_says_which_images_are_changed(
    home: Home, role: dict[str, str], changed: tuple[int, ...]
) -> None:
    settings: dict[str, Any] = {"adapt_to": VNC, "method": "adapting"}
    trial = small_trial(fit={**settings, "prepare": [{"name": "brighter", **role}]})
    raw = open_domains(trial.fit, home, CPU)
    prepared = prepare_domains(raw, prepare_steps(trial.fit, raw, home, CPU))
    assert raw.validation is not None
    assert prepared.validation is not None
    assert raw.target is not None
    assert prepared.target is not None
    test = open_images(trial.test_on, 3, home, CPU)
    pairs = [
        (raw.source, prepared.source),
        (raw.validation, prepared.validation),
        (raw.target, prepared.target),
        (test, open_test_set(trial, home, CPU)),
    ]
    differences = []
    for before, after in pairs:
        difference = unit(after.images.pixels) - unit(before.images.pixels)
        differences.append(round(float(difference.mean())))
    assert tuple(differences) == changed


def test_a_role_of_all_leaves_keys_as_they_were() -> None:
    plain = small_trial(fit={"prepare": ["standardise"]})
    for role, is_same in (("all", True), ("source", False), ("target", False)):
        part = {"name": "standardise", "to": role}
        assert (small_trial(fit={"prepare": [part]}).key == plain.key) is is_same
    assert small_trial(prepare=[]).key == small_trial().key


def test_a_trial_prepares_its_test_images_before_its_fit_does(home: Home) -> None:
    plain = small_trial(fit={"prepare": ["doubled"]})
    brighter = small_trial(fit={"prepare": ["doubled"]}, prepare=["brighter"])
    assert brighter.fit.key == plain.fit.key
    assert brighter.key != plain.key
    before = unit(open_images(plain.test_on, 3, home, CPU).images.pixels)
    after = open_test_set(brighter, home, CPU).images.pixels
    assert torch.allclose(after, (before + 1) * 2)


def test_images_that_a_prepare_names_are_prepared_as_far_as_the_fit_is(home: Home) -> None:
    named = {"name": "like", "images_of": VNC}
    mean = unit(
        open_images(small_trial(fit={"train_on": VNC}).fit.train_on, 3, home, CPU).images.pixels
    ).mean()
    in_fit = small_trial(fit={"prepare": ["doubled", named]})
    assert torch.allclose(open_test_set(in_fit, home, CPU).images.pixels, 2 * mean)
    in_trial = small_trial(prepare=["doubled", named])
    assert torch.allclose(open_test_set(in_trial, home, CPU).images.pixels, mean)
