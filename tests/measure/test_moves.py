"""Perturbations that move pixels: masks move with the images, by the same offsets."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from harness.components.probes.segmentation import segmentation
from harness.data.domains import on_device
from harness.data.images import Labelled, unit
from harness.data.masks import IGNORE
from harness.data.scans import Scans
from harness.measure.moves import move_image, move_mask
from harness.measure.rows import Row
from harness.measure.setup import open_test_set, perturb_test_set
from harness.spec.values import Part
from harness.store import Home
from tests.made.fits import CPU, small_trial
from tests.made.outside import folder_of_components, write_component, write_example

SIDEWAYS = '''
"""Images that a stage has moved."""

import torch

from harness.components.perturb import perturb


@perturb(moves=True, neutral=0.0)
def sideways(images, strength, rng):
    """So many pixels to the left."""
    offsets = torch.zeros(1, 2, *images.shape[2:])
    offsets[:, 1] = strength
    return offsets


@perturb(moves=True, neutral=0.0)
def forgetful(images, strength, rng):
    """Images instead of offsets."""
    return images
'''


class ReadsTheMaskOff(torch.nn.Module):
    """A network that is right wherever white means foreground."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor(100.0))

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = (images - 0.5) * self.scale
        return logits


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "sideways.py", SIDEWAYS)
        write_example(folder, "perturb.md", "elastic.py")
        yield folder


def white_squares(*sizes: int) -> Labelled:
    """Returns images of these sizes with a white square, which is the foreground of their mask."""
    pixels, masks, names = [], [], []
    for size in sizes:
        mask = np.zeros((size, size), np.uint8)
        mask[size // 4 : size // 2, size // 4 : size // 2] = 1
        masks.append(mask)
        pixels.append(255 * mask)
        names.append(f"square of {size}")
    images = on_device(Scans(pixels, masks, names, names, names, classes=("a", "b")), 1, CPU)
    assert isinstance(images, Labelled)
    return images


def perturbed_squares(name: str, strength: float, home: Home, *sizes: int) -> Labelled:
    part = Part("perturb", name, {"strength": strength})
    perturbed = perturb_test_set(part, white_squares(*sizes), home)
    assert isinstance(perturbed, Labelled)
    return perturbed


def test_the_mask_moves_with_the_image(home: Home, lab: Path) -> None:
    before = white_squares(32)
    moved = perturbed_squares("sideways", 5.0, home, 32)
    assert torch.equal(moved.masks[:, :, :27], before.masks[:, :, 5:])
    white = unit(moved.images.pixels)[:, 0] > 0.5
    assert torch.equal(white, moved.masks == 1)


def test_a_right_answer_stays_right_in_an_elastic_image(home: Home, lab: Path) -> None:
    test = perturbed_squares("elastic", 4.0, home, 64)
    assert not torch.equal(test.masks, white_squares(64).masks)
    rows = segmentation(ReadsTheMaskOff(), test, figures=0)
    scores = [row.value for row in rows if isinstance(row, Row) and row.metric == "dice"]
    assert scores[0] > 0.95


@pytest.mark.parametrize("name", ["sideways", "elastic"])
def test_the_neutral_strength_changes_nothing(home: Home, lab: Path, name: str) -> None:
    before = white_squares(32, 48)
    after = perturbed_squares(name, 0.0, home, 32, 48)
    assert torch.equal(after.images.pixels, unit(before.images.pixels))
    assert torch.equal(after.masks, before.masks)


def test_what_fills_up_a_smaller_image_does_not_move_into_it(home: Home, lab: Path) -> None:
    together = perturbed_squares("sideways", 9.0, home, 32, 48)
    alone = perturbed_squares("sideways", 9.0, home, 32)
    smaller_mask = together.masks[0, :32, :32]
    assert torch.equal(smaller_mask, alone.masks[0])
    smaller_image = together.images.pixels[0, :, :32, :32]
    assert torch.equal(smaller_image, alone.images.pixels[0])
    filling = together.masks[0, 32:].unique()
    assert filling.tolist() == [IGNORE]


def test_fractions_are_interpolated_in_images_and_rounded_in_masks() -> None:
    offsets = torch.zeros(1, 2, 1, 4)
    offsets[:, 1] = 0.75
    image = torch.tensor([[[[0.0, 4.0, 8.0, 4.0]]]])
    assert move_image(image, offsets).flatten().tolist() == [3, 7, 5, 4]
    mask = torch.tensor([[[0, 1, 2, 3]]], dtype=torch.uint8)
    assert move_mask(mask, offsets).flatten().tolist() == [1, 2, 3, 3]


def test_what_is_no_offsets_is_refused(home: Home, lab: Path) -> None:
    problem = r"moves=True returns the offsets of the pixels, \(1, 2, 8, 8\) for this image"
    with pytest.raises(ValueError, match=problem):
        perturbed_squares("forgetful", 1.0, home, 8)


def test_a_trial_opens_its_test_set_with_moved_masks(home: Home, lab: Path) -> None:
    moved = open_test_set(small_trial(perturb={"name": "sideways", "strength": 3}), home, CPU)
    before = open_test_set(small_trial(), home, CPU)
    assert isinstance(moved, Labelled)
    assert isinstance(before, Labelled)
    assert torch.equal(moved.masks[:, :, :45], before.masks[:, :, 3:])
