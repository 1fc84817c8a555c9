"""Perturbations of images against the libraries that define them; the neutral strength changes
nothing.
"""

from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageEnhance
from scipy.ndimage import gaussian_filter
from torch import Tensor

from harness.data.images import unit
from harness.spec.catalogue import Component, catalogue, load_component

COMPONENTS = [part for part in catalogue("perturb").values() if not part.facts.features]
NAMES = [component.name for component in COMPONENTS]


def change(name: str, images: Tensor, strength: float, **options: Any) -> Tensor:
    rng = torch.Generator().manual_seed(0)
    changed: Tensor = load_component("perturb", name)(images, strength, rng, **options)
    return changed


def changed_values(name: str, images: Tensor, strength: float, **options: Any) -> list[float]:
    changed = change(name, images, strength, **options)
    values: list[float] = changed.flatten().tolist()
    return values


def random_images(seed: int, *shape: int) -> Tensor:
    rng = torch.Generator().manual_seed(seed)
    return torch.rand(*shape, generator=rng)


PIL = {
    "brightness": ImageEnhance.Brightness,
    "contrast": ImageEnhance.Contrast,
    "saturation": ImageEnhance.Color,
}
CASES = [
    *product(["brightness", "contrast"], [0.5, 0.75, 1.25, 1.75]),
    *product(["saturation"], [0, 0.25, 0.75]),
]


def equations(name: str, array: NDArray[np.uint8], strength: float) -> NDArray[np.float64]:
    """Eqs. 1 to 3 of paper 004, on grey levels from 0 to 255, as printed."""
    x = array.astype(float)
    grey = x @ [0.299, 0.587, 0.114]
    changed = strength * x
    if name == "contrast":
        changed = changed + grey.mean() * (1 - strength)
    if name == "saturation":
        changed = changed + (1 - strength) * grey[..., None]
    return np.clip(changed, 0, 255)


def largest_difference(first: NDArray[Any], second: NDArray[Any]) -> float:
    differences = np.abs(first - second)
    return float(differences.max())


def colours(seed: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (48, 40, 3), dtype=np.uint8)


def changed_levels(
    name: str,
    array: NDArray[np.uint8],
    strength: float,
) -> NDArray[np.float32]:
    """Changes a colour image, and returns it on grey levels from 0 to 255."""
    images = torch.from_numpy(array[None]).movedim(-1, 1)
    changed = change(name, unit(images), strength)
    image = changed.movedim(1, -1)[0]
    levels: NDArray[np.float32] = image.numpy()
    return levels * 255


def levels_of_pil(
    name: str,
    array: NDArray[np.uint8],
    strength: float,
) -> NDArray[np.float64]:
    image = Image.fromarray(array)
    enhancer = PIL[name](image)
    enhanced = np.asarray(enhancer.enhance(strength))
    return enhanced.astype(float)


@pytest.mark.parametrize(("name", "strength"), CASES)
@pytest.mark.parametrize("seed", range(3))
def test_paper_004s_shifts_are_its_equations_and_pils(
    name: str,
    strength: float,
    seed: int,
) -> None:
    array = colours(seed)
    levels = changed_levels(name, array, strength)
    assert largest_difference(levels, equations(name, array, strength)) < 1e-3
    # PIL cuts to whole levels (at quarter strengths .75 at most), and rounds the grey that it
    # blends with.
    blended = 0 if name == "brightness" else 0.5 * abs(1 - strength)
    pil = levels_of_pil(name, array, strength)
    assert largest_difference(levels, pil) < 0.751 + blended


@pytest.mark.parametrize(("name", "closest"), [("brightness", 0.75), ("contrast", 0.63)])
def test_half_strengths_are_as_close_to_pils_as_was_measured(name: str, closest: float) -> None:
    array = colours(2)
    pil = levels_of_pil(name, array, 0.5)
    assert largest_difference(changed_levels(name, array, 0.5), pil) < closest


@pytest.mark.parametrize("component", COMPONENTS, ids=NAMES)
@pytest.mark.parametrize("kind", ["colour", "grey", "16 bits", "float", "z-scores"])
def test_the_neutral_strength_changes_nothing(component: Component, kind: str) -> None:
    channels = 3 if kind == "colour" else 1
    images = random_images(1, 2, channels, 17, 23)
    if kind == "16 bits":
        levels = (images * 65535).to(torch.int32)
        images = unit(levels.to(torch.int16))
    elif kind == "float":
        images = 1000 * images
    elif kind == "z-scores":
        images = 4 * images - 2
    assert component.facts.neutral is not None
    changed = change(component.name, images, component.facts.neutral)
    assert changed.dtype == torch.float32
    assert torch.equal(changed, images)


@pytest.mark.parametrize("name", NAMES)
def test_images_stay_in_range(name: str) -> None:
    images = random_images(2, 3, 3, 16, 16)
    changed = change(name, images, 1.7)
    lowest = float(changed.min())
    highest = float(changed.max())
    assert 0 <= lowest <= highest <= 1
    assert not torch.equal(changed, images)


# Noise is drawn for a batch; the harness hands over one image at a time.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "noise"])
def test_an_image_is_changed_by_itself(name: str) -> None:
    images = random_images(2, 3, 3, 16, 16)
    together = change(name, images, 1.7)
    alone = change(name, images[1:2], 1.7)
    assert torch.allclose(together[1:2], alone, atol=1e-6)


FOUR_LEVELS = torch.tensor([[[[0.0, 0.25], [0.5, 1.0]]]])


def test_shifts_by_hand() -> None:
    brighter = changed_values("shift", FOUR_LEVELS, 0.3)
    assert brighter == pytest.approx([0.3, 0.55, 0.8, 1.0])
    darker = changed_values("shift", FOUR_LEVELS, -0.3)
    assert darker == pytest.approx([0, 0, 0.2, 0.7])
    unclipped = changed_values("shift", FOUR_LEVELS, 0.3, clip=False)
    assert unclipped == pytest.approx([0.3, 0.55, 0.8, 1.3])


def test_powers_by_hand() -> None:
    squares = [0, 0.0625, 0.25, 1]
    assert changed_values("gamma", FOUR_LEVELS, 2.0) == pytest.approx(squares)
    negative = [-square for square in squares]
    assert changed_values("gamma", -FOUR_LEVELS, 2.0) == pytest.approx(negative)


def test_contrast_by_hand() -> None:
    mean = 0.4375
    expected = []
    for level in (0, 0.25, 0.5, 1):
        expected.append(mean + 2 * (level - mean))
    unclipped = changed_values("contrast", FOUR_LEVELS, 2.0, clip=False)
    assert unclipped == pytest.approx(expected)


def test_a_float_image_in_its_own_units_keeps_its_own_range() -> None:
    wide = torch.tensor([[[[-2.0, 3.0]]]])
    assert changed_values("brightness", wide, 2.0) == [-2.0, 3.0]
    assert changed_values("brightness", wide, 0.5) == [-1.0, 1.5]


@pytest.mark.parametrize("sigma", [0.3, 1.0, 2.5, 9.0])
def test_the_blur_is_scipys(sigma: float) -> None:
    images = random_images(3, 2, 3, 20, 31)
    blurred = change("blur", images, sigma).numpy()
    precise = images.double().numpy()
    expected = gaussian_filter(precise, sigma, mode="nearest", axes=(2, 3))
    assert largest_difference(blurred, expected) < 1e-5


def test_noise_has_the_deviation_that_is_asked_for() -> None:
    images = torch.full((1, 1, 200, 200), 0.5)
    noisy = change("noise", images, 0.05)
    deviation = float(noisy.std())
    assert deviation == pytest.approx(0.05, rel=0.03)
    mean = float(noisy.mean())
    assert mean == pytest.approx(0.5, abs=0.001)
    unclipped = change("noise", images, 2.0, clip=False)
    assert float(unclipped.max()) > 1
