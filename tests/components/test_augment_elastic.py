"""Elastic deformation: smooth offsets of the stated size; and brightness that only adds."""

import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from harness.components.augment import elastic as elastic_file
from harness.components.augment.elastic import elastic
from harness.components.augment.intensity import brightness

CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_noise_is_blurred_as_scipy_blurs_it() -> None:
    noise = torch.randn(40, 56, generator=generator())
    rows = elastic_file._blur(40, 5.0, CPU)
    columns = elastic_file._blur(56, 5.0, CPU)
    blurred = rows @ noise @ columns.T
    expected = gaussian_filter(noise.numpy(), 5.0, mode="reflect")
    assert np.allclose(blurred.numpy(), expected, atol=1e-5)


def test_a_blur_wider_than_the_patch_keeps_the_sum_of_each_line() -> None:
    blur = elastic_file._blur(16, 50.0, CPU)
    sums = blur.sum(dim=1)
    assert torch.allclose(sums, torch.ones(16), atol=1e-5)


def test_image_and_mask_move_together_and_labels_stay_labels() -> None:
    rows = torch.arange(64.0).view(1, 1, 64, 1)
    images = rows.expand(2, 1, 64, 64).contiguous()
    masks = (images[:, 0] > 31).long() * 7
    moved, labels = elastic(
        images,
        masks,
        generator(3),
        alpha=300.0,
        sigma=8.0,
        p=1.0,
    )
    assert labels is not None
    assert set(labels.unique().tolist()) == {0, 7}
    assert not torch.equal(labels, masks)
    is_below = moved[:, 0] > 31.5
    agreement = is_below == (labels == 7)
    assert float(agreement.float().mean()) > 0.97


def test_the_share_of_patches_that_move_is_p() -> None:
    images = torch.rand(200, 1, 16, 16, generator=generator(9))
    moved, _ = elastic(
        images,
        None,
        generator(1),
        p=0.2,
        alpha=100.0,
        sigma=4.0,
    )
    differs = (moved != images).flatten(1)
    count = int(differs.any(dim=1).sum())
    assert 20 <= count <= 60
    still, _ = elastic(images, None, generator(1), p=0.0)
    assert torch.equal(still, images)


def test_planes_of_weights_keep_their_type() -> None:
    images = torch.rand(3, 1, 16, 16)
    weights = torch.rand(3, 16, 16)
    _, moved = elastic(images, weights, generator(1), p=1.0, sigma=4.0)
    assert moved is not None
    assert moved.dtype == torch.float32
    before = set(weights.unique().tolist())
    after = set(moved.unique().tolist())
    assert after <= before


def test_brightness_can_be_made_to_add_only() -> None:
    images = torch.zeros(300, 1, 2, 2)
    brighter, _ = brightness(
        images,
        None,
        generator(),
        most=0.3,
        least=0.0,
        p=1.0,
    )
    lowest, highest = brighter.aminmax()
    assert 0 <= float(lowest) < 0.05
    assert 0.25 < float(highest) <= 0.3
    either_way, _ = brightness(images, None, generator(), most=0.3, p=1.0)
    assert float(either_way.min()) < -0.25
