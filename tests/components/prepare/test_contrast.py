"""CLAHE, alone and together with histogram matching, in a fit and in one method's own steps."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from skimage.exposure import equalize_adapthist
from torch import Tensor

from harness.components.prepare.contrast import clahe
from harness.data.domains import open_domains
from harness.data.images import Domains, Unlabelled, unit
from harness.store import Home, read_json
from harness.train.loop import fit
from harness.train.prepare import prepare_domains, prepare_steps
from tests.made.fits import CPU, small_fit, small_trial
from tests.made.networks import function_of
from tests.made.outside import folder_of_components, write_component
from tests.made.shifts import random_test_set
from tests.made.sizes import volumes_of, with_filling

VNC = {"name": "phantom", "style": "vnc", "slices": 4, "size": 48}
PREPARES = ("clahe", "match_source", "match_source_plain")


def test_it_is_scikit_images_plane_by_plane() -> None:
    images = random_test_set(2, channels=2)
    changed = clahe(images, Domains(images), kernel=16, clip=0.03, bins=64)
    for index in range(2):
        for channel in range(2):
            plane = unit(images.pixels[index, channel]).numpy()
            expected = equalize_adapthist(plane, kernel_size=16, clip_limit=0.03, nbins=64)
            assert np.array_equal(changed[index, channel], expected.astype(np.float32))
    with_defaults = clahe(images, Domains(images))
    first_plane = unit(images.pixels[0, 0]).numpy()
    expected = equalize_adapthist(first_plane).astype(np.float32)
    assert np.array_equal(with_defaults[0, 0], expected)


def test_a_plane_of_one_grey_level_stays_as_it_is() -> None:
    images = random_test_set(1)
    flat = images.with_pixels(lambda stack: torch.full_like(stack.pixels, 0.25).float())
    assert torch.equal(clahe(flat, Domains(flat)), flat.pixels)


def own_pixels(images: Unlabelled, pixels: Tensor) -> list[Tensor]:
    """Returns the pixels of each image without what fills it up."""
    changed = images.with_pixels(lambda stack: pixels)
    return [changed.image(index) for index in range(len(images))]


@pytest.mark.parametrize("name", PREPARES)
def test_an_image_is_changed_as_if_it_were_alone(name: str) -> None:
    change = function_of("prepare", name)
    mixed = volumes_of(["small", "large", "wide"])
    domains = Domains(volumes_of(["large"]))
    together = own_pixels(mixed.images, change(mixed.images, domains))
    filled = with_filling(mixed).images
    with_neighbours = own_pixels(filled, change(filled, domains))
    for image, filled_image in zip(together, with_neighbours, strict=True):
        assert torch.equal(image, filled_image)
    start = 0
    for volume in ("small", "large", "wide"):
        alone = volumes_of([volume]).images
        for image in own_pixels(alone, change(alone, domains)):
            assert torch.equal(image, together[start])
            start += 1


def prepared_source(home: Home, *steps: Any) -> Tensor:
    """Returns the source's pixels after some steps of a fit."""
    spec = small_trial(fit={"prepare": list(steps), "adapt_to": VNC}).fit
    raw = open_domains(spec, home, CPU)
    data = prepare_domains(raw, prepare_steps(spec, raw, home, CPU))
    return unit(data.source.images.pixels)


def test_both_work_in_either_order_and_the_order_counts(home: Home) -> None:
    first = prepared_source(home, "clahe", "match_target")
    second = prepared_source(home, "match_target", "clahe")
    assert (first - second).abs().mean() > 0.01
    assert second.max() <= 1
    for pixels in (first, second):
        assert (pixels - prepared_source(home, "clahe")).abs().mean() > 0.01
        assert (pixels - prepared_source(home, "match_target")).abs().mean() > 0.01


def test_the_papers_first_reading_changes_the_source_alone(home: Home) -> None:
    """Training images are made like the target: 3.2."""
    step = {"name": "match_target", "to": "source"}
    spec = small_trial(fit={"prepare": [step], "adapt_to": VNC}).fit
    raw = open_domains(spec, home, CPU)
    data = prepare_domains(raw, prepare_steps(spec, raw, home, CPU))
    assert raw.target is not None
    assert data.target is raw.target
    assert data.validation is not None
    goal = float(unit(raw.target.pixels).mean())
    for images in (data.source.images, data.validation.images):
        assert float(images.pixels.mean()) == pytest.approx(goal, abs=0.02)
    before = float(unit(raw.source.images.pixels).mean())
    assert abs(before - goal) > 0.05


LAB = '''
"""A method whose second stream holds the source's images after a step of its own."""

from harness.components.methods import method
from harness.spec.options import Optimiser, Prepare
from harness.train.phases import single


@method(needs=("adapt_to",))
def half_matched(net, data, *, match: Prepare = "match_target", optimiser: Optimiser = "adam"):
    """Each crop is a matched one with a probability of one half."""
    matched = data.source.with_pixels(lambda images: match(images, data))

    def loss(batch):
        import torch

        crops, others = batch.source.images, batch.streams["matched"].images
        is_matched = torch.rand(len(crops), 1, 1, 1, generator=batch.rng, device=crops.device) < 0.5
        mixed = torch.where(is_matched, others, crops)
        return {"mean": net(mixed).mean(), "level": crops.mean(), "matched": others.mean()}

    yield single("half", net, loss, epochs=1, lr=1e-9, optimiser=optimiser,
                 schedule=lambda clock: 1.0, streams=("source", "matched"),
                 domains={"matched": matched})
'''


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "half.py", LAB)
        yield folder


@pytest.mark.usefixtures("lab")
def test_a_method_may_match_the_half_of_its_crops(home: Home) -> None:
    spec = small_fit(adapt_to=VNC, method="half_matched", augment=[], steps=8, patch=48)
    folder = fit(spec, [], home, CPU)
    row = read_json(folder / "history.json")[0]
    raw = open_domains(spec, home, CPU)
    assert raw.target is not None
    goal = float(unit(raw.target.pixels).mean())
    assert row["loss/net/matched"] == pytest.approx(goal, abs=0.03)
    assert abs(row["loss/net/level"] - goal) > 0.05
