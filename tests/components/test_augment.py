"""Augmentations: seeded, of the same shape, and moving image and mask together."""

import pytest
import torch
from torch import Tensor

from harness.spec.catalogue import Component, catalogue
from harness.spec.values import Part
from harness.train.build import as_function

COMPONENTS = catalogue("augment")


def augment_both(part: Part, images: Tensor, masks: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    change = as_function(part, None)
    rng = torch.Generator().manual_seed(seed)
    changed_images, changed_masks = change(images, masks, rng)
    return changed_images, changed_masks


def with_defaults(component: Component) -> Part:
    defaults = {}
    for key, option in component.options.items():
        defaults[key] = option.default
    return Part("augment", component.name, defaults)


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_augmentation_is_seeded_and_keeps_the_shape(name: str) -> None:
    part = with_defaults(COMPONENTS[name])
    images = torch.rand(32, 3, 16, 16)  # some changes are for a few of the patches
    masks = torch.randint(0, 2, (32, 16, 16))
    first, labels = augment_both(part, images, masks, seed=1)
    assert first.shape == images.shape
    assert labels.shape == masks.shape
    assert labels.dtype == masks.dtype
    repeated, _ = augment_both(part, images, masks, seed=1)
    assert torch.equal(first, repeated)
    different, _ = augment_both(part, images, masks, seed=2)
    assert not torch.equal(first, different)


def test_geometry_moves_image_and_mask_together() -> None:
    draws = torch.rand(6, 32, 32)
    masks = (draws > 0.5).long()
    images = masks[:, None].float()
    images = images.repeat(1, 3, 1, 1)
    flips = Part("augment", "flips", {})
    changed, labels = augment_both(flips, images, masks, seed=0)
    assert torch.equal(changed[:, 1], labels.float())
