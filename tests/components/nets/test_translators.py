"""The networks of CUT against their definitions: sizes, resampling, the start of the weights."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from harness.components.methods.patch_nce import Projections, draw_positions
from harness.components.nets.patch_critic import PatchCritic
from harness.components.nets.resampling import GAIN, BlurDown, BlurUp
from harness.components.nets.resnet_generator import ResnetGenerator

LAYERS = (0, 4, 8, 12, 16)  # whose features the paper compares


def count_parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_the_networks_of_the_paper_have_its_numbers_of_parameters() -> None:
    generator = ResnetGenerator(1, width=64, blocks=9)
    projections = Projections(256)
    features = generator.features(torch.zeros(1, 1, 32, 32), LAYERS)
    projections(features, draw_positions(features, 4))
    critic = PatchCritic(1, width=64)
    assert count_parameters(generator) == 11_365_633
    assert count_parameters(projections) == 559_872
    assert count_parameters(critic) == 2_762_689
    assert [maps.shape[1] for maps in features] == [1, 128, 256, 256, 256]


def test_a_translation_has_the_size_and_the_range_of_its_images() -> None:
    generator = ResnetGenerator(3, width=4, blocks=1)
    with torch.no_grad():
        list(generator.parameters())[-2].mul_(1e4)  # as far as a grey level can go
        translated = generator(torch.rand(2, 3, 20, 28))
    assert translated.shape == (2, 3, 20, 28)
    assert 0 <= translated.min() < 0.1
    assert 0.9 < translated.max() <= 1


def test_features_are_those_on_the_way_to_the_translation() -> None:
    generator = ResnetGenerator(1, width=4, blocks=2)
    images = torch.rand(2, 1, 16, 16)
    padded, deep = generator.features(images, (0, 13))
    border = (3, 3, 3, 3)
    expected = F.pad(images * 2 - 1, border, mode="reflect")
    assert torch.equal(padded, expected)
    decode = generator.layers[14:]
    decoded = (decode(deep) + 1) / 2
    assert torch.equal(decoded, generator(images))


def test_a_layer_behind_the_encoder_is_refused() -> None:
    generator = ResnetGenerator(1, width=4, blocks=2)
    with pytest.raises(ValueError, match="14 is no layer of the generator's encoder"):
        generator.features(torch.rand(1, 1, 16, 16), (0, 14))


def test_a_pixel_is_blurred_by_one_two_one_before_every_second_is_taken() -> None:
    image = torch.zeros(1, 2, 6, 6)
    image[0, 1, 2, 3] = 16.0
    halved = BlurDown()(image)
    expected = torch.zeros(1, 2, 3, 3)
    expected[0, 1, 1, 1:3] = 2.0  # rows: 2 of 1 2 1; columns: 1, once from either side
    assert torch.equal(halved, expected)


def upsampled_by_definition(maps: Tensor) -> Tensor:
    """Zeros between the pixels of a repeated border, blurred by 1 3 3 1 along both sides."""
    weights = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
    kernel = torch.outer(weights, weights) * 4
    channels = maps.shape[1]
    framed = F.pad(maps, (1, 1, 1, 1), mode="replicate")
    kernels = kernel.expand(channels, 1, 4, 4)
    doubled = F.conv_transpose2d(framed, kernels, stride=2, groups=channels)
    return doubled[:, :, 3:-3, 3:-3]


def test_doubling_is_the_blur_of_one_three_three_one() -> None:
    maps = torch.rand(2, 3, 5, 7)
    double = BlurUp()
    expected = upsampled_by_definition(maps)
    torch.testing.assert_close(double(maps), expected)


def test_weights_start_small_and_biases_at_nothing() -> None:
    torch.manual_seed(0)
    generator = ResnetGenerator(1, width=32, blocks=1)
    wide = generator.layers[8]
    assert isinstance(wide, nn.Conv2d)
    deviation = GAIN * (2 / ((64 + 128) * 9)) ** 0.5
    assert abs(wide.weight.std().item() / deviation - 1) < 0.02
    assert wide.bias is not None
    assert not wide.bias.any()
