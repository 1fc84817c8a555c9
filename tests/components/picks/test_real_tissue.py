"""Solidity, matching and CLAHE on the real nerve cord of Drosophila, where its files are here."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.components.picks.predictions import true_foregrounds
from harness.components.picks.solidity import mean_solidity
from harness.components.prepare.histograms import count_levels
from harness.data.domains import on_device
from harness.data.images import Domains, Labelled, Unlabelled
from tests.components.datasets.named.files import open_split
from tests.made.fits import CPU
from tests.made.networks import function_of

REAL = Path(os.environ.get("HARNESS_TEST_DATA", "data"))
pytestmark = pytest.mark.skipif(
    not (REAL / "vnc/stack1").is_dir(),
    reason=f"HARNESS_TEST_DATA: the real VNC data are not in {REAL}",
)


def sections(split: str, **options: Any) -> Labelled | Unlabelled:
    return on_device(open_split("vnc", split, REAL, **options), 1, CPU)


@pytest.mark.parametrize(("objects", "expected"), [("volume", 0.9400), ("slice", 0.9707)])
def test_mitochondria_are_as_solid_as_others_measured(objects: Any, expected: float) -> None:
    whole = sections("all")
    assert isinstance(whole, Labelled)
    value = mean_solidity(true_foregrounds(whole), whole.images, objects, 10, "objects")
    assert value == pytest.approx(expected, abs=5e-5)


def distance(first: Unlabelled, second: Unlabelled) -> float:
    """Returns how far the grey levels of two domains lie apart, in levels of 255."""
    curves: list[Any] = []
    for images in (first, second):
        counts = count_levels(images)
        curves.append(np.cumsum(counts) / counts.sum())
    return float(np.abs(curves[0] - curves[1]).sum())


def test_dark_sections_are_matched_to_the_other_stack() -> None:
    left = sections("validation", cuts="halves_tenth").images
    dark = left.with_pixels(lambda images: (images.pixels * 0.5).to(torch.uint8))
    other_stack = sections("validation", stack=2).images
    domains = Domains(dark, None, other_stack)
    assert distance(dark, other_stack) > 60
    for name in ("match_target", "match_target_plain"):
        pixels = function_of("prepare", name)(dark, domains)
        matched = replace(dark, pixels=pixels)
        assert distance(matched, other_stack) < 1
    equalised = function_of("prepare", "clahe")(dark, domains)
    assert equalised.shape == dark.pixels.shape
    assert equalised.std() > dark.pixels.float().std() / 255
