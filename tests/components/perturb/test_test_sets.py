"""Perturbed test sets: noise that belongs to an image, 16 bits, stacks, sizes; strengths of a
study.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.data import domains
from harness.data.domains import on_device
from harness.data.images import Labelled, Unlabelled, unit
from harness.data.scans import Scans
from harness.measure.setup import open_test_set, perturb_pixels
from harness.run.plan import plan
from harness.spec.parse import read_trial
from harness.spec.values import Part
from harness.store import Home
from harness.study.document import Mistakes
from harness.study.load import Study, load_study

CPU = torch.device("cpu")


def images_of_volume(
    count: int,
    start: int = 0,
    dtype: Any = np.uint8,
    even_size: tuple[int, int] = (24, 24),
    slices: int = 3,
) -> Unlabelled:
    """Returns slices of one random volume of 24 x 24; its even slices may have another size."""
    rng = np.random.default_rng(5)
    top = np.iinfo(dtype).max
    volume = []
    for position in range(40):
        size = (24, 24) if position % 2 else even_size
        volume.append(rng.integers(0, top, size).astype(dtype))
    pixels = volume[start : start + count]
    names = [f"slice {position}" for position in range(start, start + count)]
    scans = Scans(pixels, None, names, ["one volume"] * count, None, ("a", "b"))
    images = on_device(scans, slices, CPU)
    assert isinstance(images, Unlabelled)
    return images


def perturbed_pixels(images: Unlabelled, name: str, strength: float, home: Home) -> Tensor:
    return perturb_pixels(Part("perturb", name, {"strength": strength}), home, images)


def test_noise_belongs_to_the_image_and_not_to_its_batch(home: Home) -> None:
    noisy_volume = perturbed_pixels(images_of_volume(20), "noise", 0.1, home)
    noisy_part = perturbed_pixels(images_of_volume(6, start=9), "noise", 0.1, home)
    assert torch.equal(noisy_volume[9:15], noisy_part)
    repeated = perturbed_pixels(images_of_volume(20), "noise", 0.1, home)
    assert torch.equal(noisy_volume, repeated)


def test_noise_differs_between_images_and_is_the_same_at_every_strength(home: Home) -> None:
    images = images_of_volume(20)
    levels = unit(images.pixels)
    noise = perturbed_pixels(images, "noise", 0.1, home) - levels
    assert not torch.allclose(noise[0], noise[1])
    half_noise = perturbed_pixels(images, "noise", 0.05, home) - levels
    never_clipped = (levels > 0.48) & (levels < 0.52)
    assert torch.allclose(half_noise[never_clipped], noise[never_clipped] / 2, atol=1e-6)


def test_16_bits_and_stacks(home: Home) -> None:
    images = images_of_volume(6, dtype=np.uint16)
    darker = perturbed_pixels(images, "brightness", 0.5, home)
    assert torch.allclose(darker, unit(images.pixels) / 2)
    stack = replace(images, pixels=darker).whole(torch.tensor([2]))
    assert stack.shape == (1, 3, 24, 24)
    assert torch.equal(stack[0, 0], darker[1, 0])


def test_what_fills_up_a_smaller_image_is_no_part_of_it(home: Home) -> None:
    images = images_of_volume(4, even_size=(12, 16), slices=1)
    assert images.sizes is not None
    changed = perturbed_pixels(images, "contrast", 0.5, home)
    alone = unit(images.pixels[:1, :, :12, :16])
    expected = alone.mean() + (alone - alone.mean()) / 2
    assert torch.allclose(changed[:1, :, :12, :16], expected, atol=1e-6)
    assert not changed[0, :, 12:].any()


BASE = """
base:
  fit: {train_on: {name: malaria}, net: {arch: tiny_unet}}
  perturb: {name: blur, strength: 0}
"""


def study_of(tmp_path: Path, text: str) -> Study:
    file = tmp_path / "s.yaml"
    file.write_text(BASE + text)
    return load_study(file)


def test_a_strength_without_meaning_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Mistakes) as caught:
        study_of(tmp_path, "grid: {perturb.strength: [1, -0.5]}\n")
    (problem,) = caught.value.problems
    message = "s.yaml:5:30: perturb.strength: -0.5: blur takes a number from 0"
    assert str(problem).endswith(message)
    study = study_of(tmp_path, "grid: {perturb: [{name: shift, strength: -0.5}]}\n")
    assert len(study.cells) == 1


GRID = """
seeds: 2
folds: 5
grid: {perturb.strength: [0, 0.5, 1, 1.5, 2], perturb.name: [brightness, blur, noise]}
"""


def test_one_training_serves_every_perturbation_and_strength(home: Home, tmp_path: Path) -> None:
    planned = plan(study_of(tmp_path, GRID), home, [])
    assert len(planned.trials) == 2 * 5 * 5 * 3
    assert len(planned.fits) == 2 * 5
    assert {fit.trials for fit in planned.fits} == {5 * 3}


# The phantom's pixels are mapped for reading alone, and nobody writes to them.
@pytest.mark.filterwarnings("ignore:The given NumPy array is not writable")
def test_perturbed_images_that_are_too_many_are_mapped(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = {
        "fit": {
            "train_on": {"name": "phantom", "slices": 4, "size": 48},
            "net": {"arch": "tiny_unet", "slices": 3, "width": 2},
        },
        "perturb": {"name": "brightness", "strength": 0.5},
    }
    trial = read_trial(raw, [])
    assert trial is not None
    home.hidden.mkdir(exist_ok=True)
    in_memory = open_test_set(trial, home, CPU)
    monkeypatch.setattr(domains, "IN_MEMORY", 1000)
    files_before = files_outside_locks(home)
    mapped = open_test_set(trial, home, CPU)
    assert isinstance(in_memory, Labelled)
    assert isinstance(mapped, Labelled)
    assert torch.equal(in_memory.images.pixels, mapped.images.pixels)
    memory_maps = Path("/proc/self/maps")
    if memory_maps.exists():
        assert str(home.hidden) in memory_maps.read_text()
    assert files_outside_locks(home) <= files_before


def files_outside_locks(home: Home) -> set[Path]:
    """Returns the files of a home, but for its locks."""
    files = set()
    for path in home.hidden.rglob("*"):
        if path.is_file() and "locks" not in path.parts:
            files.add(path)
    return files
