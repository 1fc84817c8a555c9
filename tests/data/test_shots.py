"""Shots: as few labelled images as a fit asks for, nested, drawn by the seed."""

from dataclasses import replace

import pytest
import torch

from harness.data.domains import open_domains
from harness.data.images import Labelled
from harness.data.shots import draw_shots
from harness.store import Home
from tests.made.fits import CPU, small_fit
from tests.made.slices import labelled_volume


def volume(count: int) -> Labelled:
    """Slices of one volume, each of one grey level and one label, which are its number."""
    numbers = torch.arange(count, dtype=torch.uint8)
    levels = numbers.view(-1, 1, 1)
    pixels = levels.expand(-1, 4, 4).contiguous()
    return labelled_volume(pixels, pixels.clone())


def numbers_of(source: Labelled) -> list[int]:
    return [int(mask[0, 0]) for mask in source.masks]


def test_fewer_shots_are_among_more_and_the_seed_draws_them() -> None:
    source = volume(40)

    def drawn_numbers(shots: int, seed: int) -> list[int]:
        drawn = draw_shots(source, shots, seed)
        return numbers_of(drawn)

    few = drawn_numbers(5, seed=3)
    many = drawn_numbers(20, seed=3)
    assert len(set(few)) == 5
    assert set(few) < set(many)
    assert many == sorted(many)
    assert drawn_numbers(5, seed=3) == few
    assert drawn_numbers(5, seed=4) != few


def test_a_stack_keeps_its_neighbours_and_loses_their_masks() -> None:
    source = volume(12)
    for seed in range(5):
        shots = draw_shots(source, 3, seed)
        numbers = torch.tensor(numbers_of(shots))
        assert len(shots.masks) == len(shots) == 3
        positions = torch.arange(3)
        stacks = shots.images.whole(positions)
        assert torch.equal(stacks, source.images.whole(numbers))
        assert stacks.shape[1] == source.images.slices > 1
        corner = torch.zeros(3, dtype=torch.long)
        crops = shots.images.crops(positions, corner, corner, 2)
        assert torch.equal(crops, source.images.crops(numbers, corner, corner, 2))
        names = [source.images.ids[number] for number in numbers]
        assert list(shots.images.ids) == names


def test_statistics_and_pictures_are_of_the_shots_and_not_of_their_neighbours() -> None:
    shots = draw_shots(volume(12), 3, 0).images
    assert len(shots.pixels) > 3
    levels = shots.all_pixels[:, 0, 0, 0].tolist()
    assert levels == numbers_of(draw_shots(volume(12), 3, 0))
    for position, level in enumerate(levels):
        image = shots.image(position)
        assert torch.equal(image, torch.full((1, 4, 4), level / 255))
    true_sizes = torch.tensor([[2, 3], [4, 4], [1, 2]])
    cropped = replace(shots, sizes=true_sizes).all_pixels
    expected = []
    for level, count in zip(levels, (6, 16, 2), strict=True):
        expected += [level] * count
    assert cropped.flatten().tolist() == expected


def test_more_shots_than_images_are_refused_with_the_number_of_images(home: Home) -> None:
    with pytest.raises(ValueError, match=r"fit\.shots: 9 is more than the 4 .* take 4 or fewer"):
        open_domains(small_fit(shots=9), home, CPU)


def test_a_fit_draws_its_shots_from_what_its_fold_trains_on(home: Home) -> None:
    whole = open_domains(small_fit(fold=[0, 2]), home, CPU)
    few = open_domains(small_fit(fold=[0, 2], shots=1), home, CPU)
    assert len(few.source) == 1
    assert set(few.source.images.ids) < set(whole.source.images.ids)
    assert few.validation is not None
    assert whole.validation is not None
    assert few.validation.images.ids == whole.validation.images.ids


def test_shots_enter_the_key_only_where_they_are_set() -> None:
    key = small_fit().key
    assert small_fit(shots=None).key == key
    two = small_fit(shots=2).key
    three = small_fit(shots=3).key
    assert len({key, two, three}) == 3
