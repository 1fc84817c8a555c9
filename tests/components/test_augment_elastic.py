"""Elastic deformation: smooth offsets of the stated size; and brightness that only adds."""

import torch
from scipy.ndimage import gaussian_filter

from harness.components.augment import elastic as elastic_file
from harness.components.augment.elastic import elastic
from harness.components.augment.intensity import brightness


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_noise_is_blurred_as_scipy_blurs_it() -> None:
    noise = torch.randn(40, 56, dtype=torch.float32, generator=generator())
    device = torch.device("cpu")
    rows = elastic_file._blur(40, 5.0, device)
    columns = elastic_file._blur(56, 5.0, device)
    expected = gaussian_filter(noise.numpy(), 5.0, mode="reflect")
    assert torch.allclose(rows @ noise @ columns.T, torch.from_numpy(expected), atol=1e-5)


def test_a_blur_wider_than_the_patch_keeps_the_sum_of_each_line() -> None:
    blur = elastic_file._blur(16, 50.0, torch.device("cpu"))
    assert torch.allclose(blur.sum(dim=1), torch.ones(16), atol=1e-5)


def test_image_and_mask_move_together_and_labels_stay_labels() -> None:
    rows = torch.arange(64.0).view(1, 1, 64, 1).expand(2, 1, 64, 64)
    masks = (rows[:, 0] > 31).long() * 7
    images, labels = elastic(rows.contiguous(), masks, generator(3), alpha=300.0, sigma=8.0, p=1.0)
    assert labels is not None
    assert set(labels.unique().tolist()) == {0, 7}
    assert not torch.equal(labels, masks)
    agreement = ((images[:, 0] > 31.5) == (labels == 7)).float().mean()
    assert agreement > 0.97


def test_the_share_of_patches_that_move_is_p() -> None:
    images = torch.rand(200, 1, 16, 16, generator=generator(9))
    moved, _ = elastic(images, None, generator(1), p=0.2, alpha=100.0, sigma=4.0)
    is_moved = (moved != images).flatten(1).any(dim=1)
    assert 20 <= int(is_moved.sum()) <= 60
    still, _ = elastic(images, None, generator(1), p=0.0)
    assert torch.equal(still, images)


def test_planes_of_weights_keep_their_type() -> None:
    weights = torch.rand(3, 16, 16)
    _, moved = elastic(torch.rand(3, 1, 16, 16), weights, generator(1), p=1.0, sigma=4.0)
    assert moved is not None
    assert moved.dtype == torch.float32
    assert set(moved.unique().tolist()) <= set(weights.unique().tolist())


def test_brightness_can_be_made_to_add_only() -> None:
    images = torch.zeros(300, 1, 2, 2)
    brighter, _ = brightness(images, None, generator(), most=0.3, least=0.0, p=1.0)
    both_ways, _ = brightness(images, None, generator(), most=0.3, p=1.0)
    assert 0 <= float(brighter.min()) < 0.05
    assert 0.25 < float(brighter.max()) <= 0.3
    assert float(both_ways.min()) < -0.25
