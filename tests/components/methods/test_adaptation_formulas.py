"""The losses and styles of the methods of adaptation, against their definitions."""

import math

import pytest
import torch
from torch import Tensor

from harness.components.losses import bce
from harness.components.methods.entropy import class_logits, entropies
from harness.components.methods.fourier import in_style_of
from harness.components.methods.mean_teacher import ramp_up
from harness.components.methods.painting import MATCHED, TwoDecoders, errors_of, with_matched
from harness.components.methods.super_resolution import (
    foreground_share,
    lower_resolution,
    middle_slice,
)
from harness.components.methods.ynet import both_tasks
from harness.components.nets.reconstruction import reconstruction_decoder
from harness.components.nets.tiny_unet import tiny_unet
from harness.data.images import Unlabelled
from harness.train.crops import Crops
from harness.train.phases import Batch


def rng(seed: int = 3) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int, seed: int = 3) -> Tensor:
    return torch.rand(shape, generator=rng(seed))


def close(value: Tensor, expected: Tensor) -> bool:
    """Whether two tensors are the same but for rounding."""
    return torch.allclose(value, expected, atol=1e-5)


def spectrum(images: Tensor) -> Tensor:
    return torch.fft.fft2(images)


def batch_of(source: Crops, target: Tensor, **own_streams: Crops) -> Batch:
    """Returns a batch of two domains, and of streams of a method's own."""
    return Batch(
        source=source,
        target=Crops(target),
        rng=rng(),
        share=0.0,
        own_streams=own_streams,
    )


def grey(level: float, count: int) -> Crops:
    """Returns crops of one pixel, whose masks have the grey level."""
    images = torch.full((count, 1, 1, 1), level)
    masks = images[:, 0].long()
    return Crops(images, masks)


def test_the_entropy_of_a_pixel() -> None:
    three_to_one = 0.75 * math.log2(4 / 3) + 0.5  # a quarter of log2(4)
    logits = torch.tensor([[[[0.0, math.log(3)]]]])
    expected = torch.tensor([[[1.0, three_to_one]]])
    assert close(entropies(logits), expected)
    one_of_two = torch.tensor([0.0, 0.0, -200.0])
    doubt = entropies(one_of_two.view(1, 3, 1, 1))
    assert float(doubt) == pytest.approx(math.log(2) / math.log(3))


def test_one_logit_and_two_have_the_same_entropy() -> None:
    logits = noise(2, 1, 4, 4)
    two = class_logits(logits)
    assert two.shape == (2, 2, 4, 4)
    likelihoods = two.softmax(dim=1)
    assert close(likelihoods[:, 1:], logits.sigmoid())
    assert torch.equal(entropies(two), entropies(logits))


def test_at_beta_0_a_crop_has_the_mean_of_the_other_and_its_own_texture() -> None:
    images = noise(2, 1, 8, 8)
    style = noise(1, 1, 8, 8) / 2
    styled = in_style_of(images, style, 0.0)
    texture = images - images.mean((2, 3), keepdim=True)
    assert close(styled, texture + style.mean())


def test_at_beta_a_half_every_amplitude_is_the_other_crops_and_phases_stay() -> None:
    images = noise(1, 1, 8, 8)
    style = noise(1, 1, 8, 8, seed=4)
    own = spectrum(images)
    styled = spectrum(in_style_of(images, style, 0.5))
    assert close(styled.abs(), spectrum(style).abs())
    difference = styled * own.abs() - own * styled.abs()
    assert float(difference.abs().max()) < 1e-3
    assert close(in_style_of(images, images, 0.2), images)


def test_only_frequencies_within_beta_of_the_shorter_side_are_exchanged() -> None:
    images = noise(1, 1, 20, 30)
    style = noise(1, 1, 20, 30, seed=4)
    styled = in_style_of(images, style, 0.1)  # 2 of 20
    difference = spectrum(styled) - spectrum(images)
    changed = difference[0, 0].abs() > 1e-4
    expected = torch.zeros(20, 30, dtype=torch.bool)
    low = [-2, -1, 0, 1, 2]
    for row in low:
        expected[row, low] = True
    assert torch.equal(changed, expected)


def test_the_word_of_a_teacher_counts_more_and_more() -> None:
    assert ramp_up(0.0, 0.5) == pytest.approx(math.exp(-5))
    assert ramp_up(0.25, 0.5) == pytest.approx(math.exp(-1.25))
    assert ramp_up(0.5, 0.5) == ramp_up(0.0, 0.0) == 1.0


def test_half_the_resolution_is_the_mean_of_two_by_two() -> None:
    images = noise(3, 1, 8, 12)
    lower = lower_resolution(images, 0.0, 2, rng())
    first = images[:, :, :2, :2].mean((2, 3))
    second = images[:, :, :2, 2:4].mean((2, 3))
    assert close(lower[:, :, 0, 0], first)
    # between the middles of two means, a quarter of the way
    assert close(lower[:, :, 0, 1], 0.75 * first + 0.25 * second)
    assert torch.equal(lower_resolution(images, 0.0, 1, rng()), images)


def test_noise_is_a_share_of_the_largest_grey_level_and_grey_levels_end_at_1() -> None:
    images = torch.full((2, 1, 100, 100), 0.4)
    images[1] = 0.8
    noisy = lower_resolution(images, 0.1, 1, rng())
    dark, bright = noisy
    assert float(dark.std()) == pytest.approx(0.04, rel=0.05)
    assert float(bright.std()) == pytest.approx(0.08, rel=0.05)
    white = lower_resolution(torch.ones(1, 1, 9, 9), 0.5, 1, rng())
    assert float(white.max()) == 1.0


def test_the_middle_slice_of_a_stack_is_painted_grey() -> None:
    crops = torch.arange(6.0).view(1, 6, 1, 1)  # three slices of two planes
    first = torch.zeros(1, dtype=torch.long)
    images = Unlabelled(torch.zeros(1, 2, 1, 1), ["a"], ["a"], first, first, slices=3)
    assert middle_slice(crops, images).tolist() == [[[2.5]]]


def test_the_share_of_foreground_leaves_ignored_pixels_out() -> None:
    masks = torch.tensor([[[0, 1], [2, 255]], [[0, 0], [0, 0]]])
    assert foreground_share(masks, 255).tolist() == [0.5, 0.0]


def test_y_nets_loss_is_the_mean_over_all_crops_of_equation_1() -> None:
    torch.manual_seed(0)
    net = tiny_unet(1, 1, width=2)
    decoder = reconstruction_decoder(net, 1)
    decoders = TwoDecoders(net, decoder).eval()
    source = noise(1, 1, 16, 16)
    masks = source[:, 0].round().long()
    target = noise(3, 1, 16, 16, seed=4)
    batch = batch_of(Crops(source, masks), target)
    learn = both_tasks(decoders, bce, 0.98, 0.0, None)
    terms = learn(batch)
    images = torch.cat([source, target])
    logits, painted = decoders.answers(images)
    error = (painted - images).square().mean()
    assert close(terms["reconstruction"], 0.98 * error)
    entropy = bce(logits[:1], masks, None)
    assert close(terms["segmentation"], 0.02 * entropy / 4)  # of four, one has a mask


def test_the_last_step_of_y_net_asks_for_masks_alone() -> None:
    net = tiny_unet(1, 1, width=2)
    decoder = reconstruction_decoder(net, 1)
    decoders = TwoDecoders(net, decoder).eval()
    source = noise(2, 1, 16, 16)
    masks = source[:, 0].round().long()
    learn = both_tasks(decoders, bce, 0.0, 0.0, None)
    terms = learn(batch_of(Crops(source, masks), torch.empty(0)))
    assert list(terms) == ["segmentation"]
    assert torch.equal(terms["segmentation"], bce(net(source), masks, None))


def test_two_decoders_answer_with_the_networks_logits_and_the_decoders_images() -> None:
    net = tiny_unet(2, 3, width=2)
    decoder = reconstruction_decoder(net, 2)
    decoders = TwoDecoders(net, decoder).eval()
    images = noise(2, 2, 16, 16)
    logits, painted = decoders.answers(images)
    assert torch.equal(logits, net(images))
    bottleneck = net.encoder(images)[-1]
    assert torch.equal(painted, decoder(bottleneck))


def test_a_painting_errs_by_the_mean_square_of_each_image() -> None:
    painted = torch.zeros(2, 1, 1, 2)
    images = torch.tensor([[1.0, 3.0], [0.5, 0.5]])
    errors = errors_of(painted, images.view(2, 1, 1, 2))
    assert errors.tolist() == [5.0, 0.25]


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.5, 500), (1.0, 1000)])
def test_a_source_crop_is_in_the_targets_style_with_the_likelihood_that_is_set(
    share: float, count: int
) -> None:
    black = grey(0.0, 1000)
    white = grey(1.0, 1000)
    batch = batch_of(black, black.images, **{MATCHED: white})
    crops = with_matched(batch, share)
    assert crops.masks is not None
    assert torch.equal(crops.images[:, 0].long(), crops.masks)  # masks go with their images
    assert abs(int(crops.masks.sum()) - count) < 50
