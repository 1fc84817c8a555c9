"""The losses, styles and networks of the methods of adaptation, against their definitions."""

import math

import pytest
import torch
from torch import Tensor, nn

from harness.components.losses import bce
from harness.components.methods.damt import falling, painting_error
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
from harness.components.nets.answers import answer_of, painted_widths
from harness.components.nets.damt_unet import FeatureCritic, LabelCritic, Painter, damt_unet
from harness.components.nets.reconstruction import reconstruction_decoder
from harness.components.nets.tiny_unet import tiny_unet
from harness.data.images import Unlabelled
from harness.train.crops import Crops
from harness.train.phases import Batch, Clock


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def parameters_of(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def batch_of(source: Crops, target: Tensor, matched: Crops | None = None) -> Batch:
    """Returns a batch of two domains, and of source crops in another style."""
    own_streams = {} if matched is None else {MATCHED: matched}
    return Batch(source, Crops(target), rng(), 0.0, own_streams=own_streams)


def test_the_entropy_of_a_pixel() -> None:
    logits = torch.tensor([0.0, math.log(3)]).view(1, 1, 1, 2)
    sure = 0.75 * math.log2(4 / 3) + 0.25 * math.log2(4)  # three to one
    assert torch.allclose(entropies(logits), torch.tensor([[[1.0, sure]]]))
    three = torch.tensor([0.0, 0.0, -200.0]).view(1, 3, 1, 1)
    assert float(entropies(three)) == pytest.approx(math.log(2) / math.log(3))


def test_one_logit_and_two_have_the_same_entropy() -> None:
    logits = torch.randn(2, 1, 4, 4, generator=rng())
    two = class_logits(logits)
    assert two.shape == (2, 2, 4, 4)
    assert torch.allclose(two.softmax(dim=1)[:, 1:], logits.sigmoid())
    assert torch.equal(entropies(two), entropies(logits))


def test_at_beta_0_a_crop_has_the_mean_of_the_other_and_its_own_texture() -> None:
    images = torch.rand(2, 1, 8, 8, generator=rng())
    styles = torch.rand(1, 1, 8, 8, generator=rng()) / 2
    styled = in_style_of(images, styles, 0.0)
    texture = images - images.mean((2, 3), keepdim=True)
    assert torch.allclose(styled, texture + styles.mean(), atol=1e-6)


def test_at_beta_a_half_every_amplitude_is_the_other_crops_and_phases_stay() -> None:
    images = torch.rand(1, 1, 8, 8, generator=rng())
    styles = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(4))
    styled = torch.fft.fft2(in_style_of(images, styles, 0.5))
    assert torch.allclose(styled.abs(), torch.fft.fft2(styles).abs(), atol=1e-5)
    own = torch.fft.fft2(images)
    assert torch.allclose(styled * own.abs(), own * styled.abs(), atol=1e-4)
    assert torch.allclose(in_style_of(images, images, 0.2), images, atol=1e-6)


def test_only_frequencies_within_beta_of_the_shorter_side_are_exchanged() -> None:
    images = torch.rand(1, 1, 20, 30, generator=rng())
    styles = torch.rand(1, 1, 20, 30, generator=torch.Generator().manual_seed(4))
    before = torch.fft.fft2(images)
    after = torch.fft.fft2(in_style_of(images, styles, 0.1))  # 2 of 20
    changed = (before - after)[0, 0].abs() > 1e-4
    expected = torch.zeros(20, 30, dtype=torch.bool)
    for row in (-2, -1, 0, 1, 2):
        expected[row, [-2, -1, 0, 1, 2]] = True
    assert torch.equal(changed, expected)


def test_the_word_of_a_teacher_counts_more_and_more() -> None:
    assert ramp_up(0.0, 0.5) == pytest.approx(math.exp(-5))
    assert ramp_up(0.25, 0.5) == pytest.approx(math.exp(-1.25))
    assert ramp_up(0.5, 0.5) == ramp_up(0.0, 0.0) == 1.0


def test_half_the_resolution_is_the_mean_of_two_by_two() -> None:
    images = torch.rand(3, 1, 8, 12, generator=rng())
    lower = lower_resolution(images, 0.0, 2, rng())
    means = images.unfold(2, 2, 2).unfold(3, 2, 2).mean((-1, -2))
    assert torch.allclose(lower[:, :, 0, 0], means[:, :, 0, 0])
    # between the middles of two means, a quarter of the way and three quarters
    expected = 0.75 * means[:, :, 0, 0] + 0.25 * means[:, :, 0, 1]
    assert torch.allclose(lower[:, :, 0, 1], expected)
    assert torch.equal(lower_resolution(images, 0.0, 1, rng()), images)


def test_noise_is_a_share_of_the_largest_grey_level() -> None:
    images = torch.full((2, 1, 100, 100), 0.4)
    images[1] = 0.8
    noisy = lower_resolution(images, 0.1, 1, rng())
    assert float(noisy[0].std()) == pytest.approx(0.04, rel=0.05)
    assert float(noisy[1].std()) == pytest.approx(0.08, rel=0.05)
    bright = lower_resolution(torch.ones(1, 1, 100, 100), 0.5, 1, rng())
    assert float(bright.max()) == 1.0
    assert float(bright.min()) == 0.0 or float(bright.min()) > 0.0


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
    both = TwoDecoders(net, reconstruction_decoder(net, 1)).eval()
    images = torch.rand(4, 1, 16, 16, generator=rng())
    masks = (torch.rand(1, 16, 16, generator=rng()) > 0.5).long()
    batch = batch_of(Crops(images[:1], masks), images[1:])
    terms = both_tasks(both, bce, 0.98, 0.0, None)(batch)
    painted = torch.cat([both(images[:1]), both(images[1:])])[:, 1:]
    error = ((painted - images) ** 2).mean()
    entropy = bce(net(images[:1]), masks, None)
    assert torch.allclose(terms["reconstruction"], 0.98 * error)
    assert torch.allclose(terms["segmentation"], 0.02 * entropy / 4)  # of four, one has a mask
    alone = both_tasks(both, bce, 0.0, 0.0, None)(batch_of(batch.source, images[:0]))
    assert torch.equal(alone["segmentation"], entropy)


def test_two_decoders_answer_with_the_networks_logits_and_the_decoders_images() -> None:
    net = tiny_unet(2, 3, width=2)
    decoder = reconstruction_decoder(net, 2)
    both = TwoDecoders(net, decoder).eval()
    images = torch.rand(2, 2, 16, 16, generator=rng())
    logits, painted = both.answers(images)
    assert torch.equal(logits, net(images))
    assert torch.equal(painted, decoder(net.encoder(images)[-1]))
    assert torch.allclose(
        errors_of(torch.zeros(2, 1, 2, 2), torch.full((2, 1, 2, 2), 0.5)), torch.full((2,), 0.25)
    )


@pytest.mark.parametrize(("share", "count"), [(0.0, 0), (0.5, 500), (1.0, 1000)])
def test_a_source_crop_is_in_the_targets_style_with_the_likelihood_that_is_set(
    share: float, count: int
) -> None:
    zeros = Crops(torch.zeros(1000, 1, 1, 1), torch.zeros(1000, 1, 1, dtype=torch.long))
    ones = Crops(torch.ones(1000, 1, 1, 1), torch.ones(1000, 1, 1, dtype=torch.long))
    crops = with_matched(batch_of(zeros, zeros.images, ones), share)
    assert crops.masks is not None
    assert torch.equal(crops.images[:, 0].long(), crops.masks)  # masks go with their images
    assert abs(int(crops.masks.sum()) - count) < 50


def test_damt_net_has_the_papers_sizes() -> None:
    with torch.device("meta"):
        net = damt_unet(1, 2)
        painter = Painter(painted_widths(net, 1), 1)
        assert parameters_of(net) + parameters_of(painter) == 38_344_003
        assert parameters_of(LabelCritic(2)) == 2_763_713
        assert parameters_of(FeatureCritic(64, 512, 512)) == 56_734_562
        answer = answer_of(net)(torch.empty(1, 1, 32, 32))
    assert answer.logits.shape == (1, 2, 32, 32)
    assert answer.bottleneck.shape == (1, 1024, 2, 2)
    assert answer.last.shape == (1, 64, 32, 32)


def test_critics_are_wrong_by_as_much_as_their_verdicts_say() -> None:
    label = LabelCritic(2)
    feature = FeatureCritic(3, 8, 8)
    last_layers = (label[-1], feature[-1])
    for layer in last_layers:
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        nn.init.zeros_(layer.weight)
        assert layer.bias is not None
        nn.init.zeros_(layer.bias)
        layer.bias.data[0] = math.log(3)
    maps = torch.rand(2, 2, 32, 32, generator=rng())
    assert float(label.error(maps, 1)) == pytest.approx(math.log(4 / 3))
    assert float(label.error(maps, 0)) == pytest.approx(math.log(4))
    features = torch.rand(2, 3, 8, 8, generator=rng())
    assert float(feature.error(features, 0)) == pytest.approx(math.log(4 / 3))
    assert float(feature.error(features, 1)) == pytest.approx(math.log(4))


def test_a_painter_is_as_wide_as_the_encoder_and_paints_images_of_the_networks_size() -> None:
    net = tiny_unet(1, 1, width=4)
    assert painted_widths(net, 1) == [32, 16, 8, 4]
    painter = Painter(painted_widths(net, 1), 1)
    images = torch.rand(2, 1, 16, 16, generator=rng())
    painted = painter(answer_of(net)(images).bottleneck)
    assert painted.shape == images.shape
    error = painting_error(torch.zeros(1, 1, 4, 4), torch.full((1, 1, 8, 8), 0.5))
    assert float(error) == 0.25


def test_the_rate_of_damt_net_falls_by_steps() -> None:
    schedule = falling(0.9, 3000)
    rates = [schedule(Clock(step, 9000, 0, 1, ())) for step in (0, 2999, 3000, 8999)]
    assert rates == pytest.approx([1.0, 1.0, 0.9, 0.81])
