"""The networks and losses of DAMT-Net, against the paper's sizes and their definitions."""

import math

import pytest
import torch
from torch import Tensor, nn

from harness.components.methods.damt import error_of, falling
from harness.components.nets.answers import answer_of, painted_widths
from harness.components.nets.damt_unet import FeatureCritic, LabelCritic, Painter, damt_unet
from harness.components.nets.tiny_unet import tiny_unet
from harness.train.phases import Clock


def noise(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(3))


def close(value: Tensor, expected: Tensor) -> bool:
    """Whether two tensors are the same but for rounding."""
    return torch.allclose(value, expected, atol=1e-5)


def parameters_of(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


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


def answer_three_to_one(critic: nn.Sequential) -> None:
    """Lets a critic take whatever it sees for one domain, with a likelihood of three quarters."""
    layer = critic[-1]
    assert isinstance(layer, nn.Conv2d | nn.Linear)
    assert layer.bias is not None
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    layer.bias.data[0] = math.log(3)


def test_critics_are_wrong_by_as_much_as_their_verdicts_say() -> None:
    label = LabelCritic(2)
    answer_three_to_one(label)
    maps = noise(2, 2, 32, 32)
    right, wrong = torch.tensor([4 / 3, 4.0]).log()
    assert close(label.error(maps, 1), right)
    assert close(label.error(maps, 0), wrong)
    feature = FeatureCritic(3, 8, 8)
    answer_three_to_one(feature)
    features = noise(2, 3, 8, 8)
    assert close(feature.error(features, 0), right)
    assert close(feature.error(features, 1), wrong)


def test_a_critic_learns_from_half_of_both_errors_and_teaches_the_network_nothing() -> None:
    label = LabelCritic(2)
    answer_three_to_one(label)
    maps = noise(2, 2, 32, 32).requires_grad_()
    error = error_of(label, maps, maps)
    right, wrong = torch.tensor([4 / 3, 4.0]).log()
    assert close(error, (right + wrong) / 2)
    error.backward()
    assert maps.grad is None


def test_a_painter_is_as_wide_as_the_encoder_and_paints_images_of_the_networks_size() -> None:
    net = tiny_unet(1, 1, width=4)
    assert painted_widths(net, 1) == [32, 16, 8, 4]
    painter = Painter(painted_widths(net, 1), 1)
    images = noise(2, 1, 16, 16)
    painted = painter(answer_of(net)(images).bottleneck)
    assert painted.shape == images.shape
    bottleneck = torch.zeros(1, 32, 4, 4)
    larger = noise(1, 1, 40, 40)
    painted = nn.functional.interpolate(painter(bottleneck), (40, 40), mode="bilinear")
    assert close(painter.error(bottleneck, larger), (painted - larger).square().mean())


def test_the_rate_of_damt_net_falls_by_steps() -> None:
    schedule = falling(0.9, 3000)
    rates = [schedule(Clock(step, 9000, 0, 1, ())) for step in (0, 2999, 3000, 8999)]
    assert rates == pytest.approx([1.0, 1.0, 0.9, 0.81])
