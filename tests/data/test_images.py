"""What a fit may look at: volumes, stacks, and new pixels for the same images."""

import torch

from harness.data.images import Domains, Labelled, Unlabelled
from harness.data.windows import grey_range


def images_of(volumes: list[str], slices: int = 1) -> Unlabelled:
    """Images of 2 x 2 pixels, each filled with its number."""
    first, last = grey_range(volumes)
    count = len(volumes)
    pixels = torch.zeros(count, 1, 2, 2)
    for i in range(count):
        pixels[i] = i
    return Unlabelled(
        pixels=pixels,
        ids=[f"image {i}" for i in range(count)],
        groups=volumes,
        first=first,
        last=last,
        slices=slices,
    )


def brighter(images: Unlabelled) -> torch.Tensor:
    return images.pixels + 10


def test_neighbours_stay_within_their_volume() -> None:
    images = images_of(["a", "a", "b", "b", "b"], slices=3)
    neighbours = images.neighbours(torch.arange(5))
    assert neighbours.tolist() == [
        [0, 0, 1],
        [0, 1, 1],
        [2, 2, 3],
        [2, 3, 4],
        [3, 4, 4],
    ]


def test_new_pixels_leave_masks_and_names_as_they_are() -> None:
    images = images_of(["a", "b"])
    masks = torch.ones(2, 2, 2)
    source = Labelled(images, masks, ("no", "yes"), ignore=255)
    changed = source.with_pixels(brighter)
    assert torch.equal(changed.images.pixels, brighter(images))
    assert changed.masks is masks
    assert changed.classes == ("no", "yes")
    assert changed.ignore == 255
    assert changed.images.ids == images.ids


def test_all_domains_get_new_pixels_and_absent_ones_stay_absent() -> None:
    images = images_of(["a", "b"])
    masks = torch.ones(2, 2, 2)
    labelled = Labelled(images, masks, ("no", "yes"))
    domains = Domains(labelled, labelled, images)
    changed = domains.with_pixels(brighter)
    assert changed.validation is not None
    assert changed.target is not None
    expected = brighter(images)
    assert torch.equal(changed.source.images.pixels, expected)
    assert torch.equal(changed.validation.images.pixels, expected)
    assert torch.equal(changed.target.pixels, expected)
    source_alone = Domains(labelled).with_pixels(brighter)
    assert source_alone.validation is None
    assert source_alone.target is None
