"""Batches depend on seed, phase and step alone; a crop shows one region of image and mask."""

import pytest
import torch
from torch import Tensor

from harness.components.schedules import constant
from harness.data.domains import open_domains
from harness.data.images import Labelled, Unlabelled
from harness.data.windows import grey_range
from harness.store import Home
from harness.train.batches import batch_of_step
from harness.train.build import as_function
from harness.train.phases import Phase
from tests.made.fits import CPU, draws_at, small_fit


def test_a_batch_depends_on_seed_phase_and_step_alone(home: Home) -> None:
    spec = small_fit()
    data = open_domains(spec, home, CPU)
    phase = Phase("p", [], 1, 1.0, constant)
    augment = [as_function(part, None) for part in spec.augment]

    def images_of_step(step: int, index: int) -> Tensor:
        draws = draws_at(step, index)
        return batch_of_step(spec, data, phase, augment, draws).source.images

    images = images_of_step(7, 0)
    torch.rand(100)
    assert torch.equal(images, images_of_step(7, 0))
    assert not torch.equal(images, images_of_step(8, 0))
    assert not torch.equal(images, images_of_step(7, 1))


def test_a_method_that_adapts_needs_a_target(home: Home) -> None:
    spec = small_fit()
    data = open_domains(spec, home, CPU)
    phase = Phase("p", [], 1, 1.0, constant, streams=("source", "target"))
    with pytest.raises(ValueError, match=r"needs fit\.adapt_to"):
        batch_of_step(spec, data, phase, [], draws_at(0))


def images_of_volumes(slices: int, volumes: list[int]) -> Unlabelled:
    """Returns images of one grey level each, their number; stacks of so many slices."""
    names = [str(volume) for volume in volumes]
    first, last = grey_range(names)
    levels = torch.arange(len(volumes), dtype=torch.uint8)
    pixels = levels.view(-1, 1, 1, 1)
    pixels = pixels.expand(-1, 1, 4, 4).contiguous()
    return Unlabelled(pixels, names, names, first, last, slices)


@pytest.mark.parametrize("slices", [1, 3, 5, 7])
def test_the_end_slice_is_repeated_beyond_the_ends_of_its_volume(slices: int) -> None:
    images = images_of_volumes(slices, [0] * 5 + [1] * 2)
    ends = [(0, 4)] * 5 + [(5, 6)] * 2
    reach = slices // 2
    stacks = images.whole(torch.arange(7))
    levels = (stacks[:, :, 0, 0] * 255).round()
    for i, (first, last) in enumerate(ends):
        expected = []
        for z in range(i - reach, i + reach + 1):
            not_before = max(z, first)
            expected.append(min(not_before, last))
        assert levels[i].tolist() == expected


def test_crops_and_masks_show_the_same_region(home: Home) -> None:
    spec = small_fit(net={"arch": "tiny_unet", "slices": 5, "width": 2})
    source = open_domains(spec, home, CPU).source
    assert isinstance(source, Labelled)
    which = torch.tensor([0, 3])
    top = torch.tensor([5, 16])
    left = torch.tensor([2, 0])
    crops = source.images.crops(which, top, left, 32)
    images = source.images.whole(which)
    masks = source.mask_crops(which, top, left, 32)
    for i in range(2):
        rows = slice(top[i], top[i] + 32)
        columns = slice(left[i], left[i] + 32)
        image = images[i, :, rows, columns]
        mask = source.masks[which[i], rows, columns]
        assert torch.equal(crops[i], image)
        assert torch.equal(masks[i], mask.long())


def test_folds_hold_out_each_slice_once(home: Home) -> None:
    validated: list[str] = []
    for fold in range(4):
        data = open_domains(small_fit(fold=[fold, 4]), home, CPU)
        assert isinstance(data.source, Labelled)
        assert data.validation is not None
        ids = data.validation.images.ids
        assert not set(data.source.images.ids) & set(ids)
        validated += ids
    assert len(validated) == len(set(validated)) == 4
