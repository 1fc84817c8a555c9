"""Augmentations: seeded, of the same shape, and moving image and mask together."""

import torch

from harness.spec.catalogue import catalogue
from harness.spec.values import Part
from harness.train.build import as_function


def test_every_augmentation_is_seeded_and_keeps_the_shape() -> None:
    images, masks = torch.rand(4, 3, 16, 16), torch.randint(0, 2, (4, 16, 16))
    for name, component in catalogue("augment").items():
        defaults = {key: option.default for key, option in component.options.items()}
        change = as_function(Part("augment", name, defaults), None)
        first, labels = change(images, masks, torch.Generator().manual_seed(1))
        repeated, _ = change(images, masks, torch.Generator().manual_seed(1))
        different, _ = change(images, masks, torch.Generator().manual_seed(2))
        assert first.shape == images.shape, name
        assert (labels.shape, labels.dtype) == (masks.shape, masks.dtype), name
        assert torch.equal(first, repeated), name
        assert not torch.equal(first, different), name


def test_geometry_moves_image_and_mask_together() -> None:
    masks = (torch.rand(6, 32, 32) > 0.5).long()
    images = masks[:, None].float().repeat(1, 3, 1, 1)
    flips = as_function(Part("augment", "flips", {}), None)
    changed, labels = flips(images, masks, torch.Generator().manual_seed(0))
    assert torch.equal(changed[:, 1], labels.float())
