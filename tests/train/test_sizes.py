"""Training on images of several sizes: no crop, and no step, for what fills up the smaller ones."""

import pytest

from harness.components.schedules import constant
from harness.data.images import Domains
from harness.train.batches import batch_of_step
from harness.train.loop import steps_that_cover
from harness.train.phases import Phase
from tests.made.fits import draws_at, small_fit
from tests.made.sizes import volumes_of, with_filling


def test_a_crop_shows_nothing_of_what_fills_up_an_image() -> None:
    spec = small_fit(patch=32, batch=64)
    test = with_filling(volumes_of(["small", "large"]))
    pixels = test.images.pixels.clone()
    for i in range(len(test)):
        height, width = test.images.size_of(i)
        pixels[i] = 255
        pixels[i, :, :height, :width] = 7
    data = Domains(test.with_pixels(lambda images: pixels))
    phase = Phase("p", [], 1, 1.0, constant)
    batch = batch_of_step(spec, data, phase, [], draws_at(0))
    assert batch.source.images.unique().tolist() == pytest.approx([7 / 255])


def test_an_image_smaller_than_the_patch_is_refused_by_name() -> None:
    spec = small_fit(patch=64)
    phase = Phase("p", [], 1, 1.0, constant)
    data = Domains(volumes_of(["large", "wide"]))
    refusal = "fit.patch: 64 is larger than the image wide-0, 33 x 64; take a patch of at most 33"
    with pytest.raises(ValueError, match=refusal):
        batch_of_step(spec, data, phase, [], draws_at(0))
    of_one_size = Domains(volumes_of(["wide"]))
    with pytest.raises(ValueError, match="64 is larger than the images, 33 x 64"):
        batch_of_step(spec, of_one_size, phase, [], draws_at(0))


def test_an_epoch_covers_the_images_and_not_what_fills_them_up() -> None:
    spec = small_fit(patch=32, batch=1)
    phase = Phase("p", [], 1, 1.0, constant)
    test = volumes_of(["small", "large"])
    steps = steps_that_cover(Domains(test), phase, spec)
    assert steps == -(-3 * (40 * 48 + 96 * 72) // 32**2)
    assert steps_that_cover(Domains(with_filling(test)), phase, spec) == steps
