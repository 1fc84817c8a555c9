"""The Attention U-Net and the decoder that makes it a Y-Net: sizes, gates, what may be frozen."""

import math
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from harness.components.nets.attention_unet import AttentionUnet, GatedBlock, attention_unet
from harness.components.nets.reconstruction import (
    before_bottleneck,
    logits_and_bottleneck,
    reconstruction_decoder,
)
from harness.components.nets.smp import deeplabv3plus, unet
from harness.components.nets.tiny_unet import tiny_unet
from harness.measure.layers import stages
from harness.train.phases import freeze, train_mode

NO_DROPOUT = (0.0, 0.0, 0.0, 0.0, 0.0)


def parameters_of(net: nn.Module) -> int:
    return sum(value.numel() for value in net.parameters())


@pytest.mark.parametrize("gate", ["reference", "oktay"])
@pytest.mark.parametrize(("width", "expected"), [(16, 1_985_061), (32, 7_935_045)])
def test_it_has_as_many_parameters_as_the_published_network(
    width: int, expected: int, gate: Any
) -> None:
    assert parameters_of(attention_unet(1, 1, width=width, gate=gate)) == expected


def test_an_attention_y_net_has_as_many_parameters_as_the_published_one() -> None:
    net = attention_unet(1, 1, width=32)
    decoder = reconstruction_decoder(net, 1)
    assert parameters_of(decoder) == 2_264_513
    net.reconstruction = decoder
    assert parameters_of(net) == 10_199_558


def set_to(convolution: nn.Module, weight: float, bias: float = 0.0) -> None:
    """Sets all weights of a convolution to one number, and its bias to another."""
    parameters = dict(convolution.named_parameters())
    nn.init.constant_(parameters["weight"], weight)
    nn.init.constant_(parameters["bias"], bias)


def maps_that_are_joined(block: GatedBlock) -> list[float]:
    """Returns the two maps that a block joins: 2 comes from below, and 5 by the skip."""
    set_to(block.up, 1.0)
    seen: list[Tensor] = []
    block.block.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    below = torch.full((1, 1, 1, 1), 2.0)
    skip = torch.full((1, 1, 2, 2), 5.0)
    block(below, skip)
    first_pixel = seen[0][0, :, 0, 0]
    return first_pixel.tolist()


@pytest.mark.parametrize(("gate", "expected"), [("reference", [2.0, 0.5]), ("oktay", [1.25, 2.0])])
def test_the_reference_gate_multiplies_the_decoder_and_that_of_oktay_the_skip(
    gate: Any, expected: list[float]
) -> None:
    block = GatedBlock(1, 1, 0.0, False, gate)
    quarter = math.log(0.25 / 0.75)
    set_to(block.attention, 0.0, quarter)
    assert maps_that_are_joined(block) == pytest.approx(expected)


def test_the_gate_looks_at_skip_and_features() -> None:
    block = GatedBlock(1, 1, 0.0, False, "reference")
    set_to(block.attention, 1.0)
    set_to(block.of_skip, 0.3)
    set_to(block.of_features, -0.5)
    attention = 1 / (1 + math.exp(-(0.3 * 5 - 0.5 * 2)))
    assert maps_that_are_joined(block) == pytest.approx([2.0, 2 * attention])


def test_its_layers_have_names_and_dropout_its_rates() -> None:
    net = attention_unet(1, 1, width=2)
    expected = [f"encoder_{level}" for level in range(5)] + [f"decoder_{i}" for i in range(4)]
    assert stages(net) == expected
    assert isinstance(net, AttentionUnet)
    rates = [module.p for module in net.encoder.modules() if isinstance(module, nn.Dropout)]
    assert rates == [0.1, 0.1, 0.2, 0.2, 0.3]
    rates = [module.p for module in net.decoder.modules() if isinstance(module, nn.Dropout)]
    assert rates == [0.2, 0.2, 0.1, 0.1]
    spatial = attention_unet(1, 1, width=2, spatial=True)
    assert sum(isinstance(module, nn.Dropout2d) for module in spatial.modules()) == 9
    assert not any(isinstance(module, nn.BatchNorm2d) for module in net.modules())


def test_kernels_are_drawn_as_he_normal() -> None:
    torch.manual_seed(0)
    net = attention_unet(1, 1, width=16)
    kernel: Tensor = net.get_submodule("encoder.4.3").weight
    deviation = (2 / (9 * 256)) ** 0.5
    assert kernel.std().item() == pytest.approx(deviation, rel=0.01)
    assert kernel.abs().max().item() <= 2 * deviation / 0.8796 + 1e-6
    assert not net.get_submodule("encoder.4.3").bias.any()


NETWORKS = {
    "attention_unet": partial(attention_unet, width=2),
    "tiny_unet": partial(tiny_unet, width=2),
    "resnet18": partial(unet, encoder="resnet18"),
    "mit_b0": partial(unet, encoder="mit_b0"),  # it has no maps at half the size
    "deeplab": partial(deeplabv3plus, encoder="resnet18"),  # its bottleneck has a stride of 16
}


@pytest.mark.parametrize("name", NETWORKS)
def test_any_encoder_gets_a_decoder_that_paints_its_images(name: str) -> None:
    net = NETWORKS[name](3, 1).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    decoder = reconstruction_decoder(net, 3)
    assert all(module.training for module in net.modules())
    images = torch.rand(2, 3, 96, 64)
    logits, bottleneck = logits_and_bottleneck(net.eval(), images)
    assert decoder(bottleneck).shape == images.shape
    torch.testing.assert_close(logits, net(images))
    torch.testing.assert_close(bottleneck, net.encoder(images)[-1])
    for entry, value in net.state_dict().items():
        assert torch.equal(value, before[entry]), entry  # asking for sizes leaves no trace


def test_a_reconstruction_is_linear() -> None:
    net = attention_unet(1, 1, width=2, dropout=NO_DROPOUT)
    decoder = reconstruction_decoder(net, 1)
    set_to(decoder.head, 1.0, -7.0)  # no activation keeps it from any number
    painted = decoder(torch.zeros(1, 32, 2, 2))
    assert torch.equal(painted, torch.full((1, 1, 32, 32), -7.0))


def test_what_lies_before_the_bottleneck_can_be_frozen_alone() -> None:
    net = attention_unet(1, 1, width=2)
    for module in before_bottleneck(net, 1):
        freeze(module)
    free = {name for name, value in net.encoder.named_parameters() if value.requires_grad}
    assert free == {"4.0.weight", "4.0.bias", "4.3.weight", "4.3.bias"}
    residual = unet(1, 1, encoder="resnet18").train()
    modules = before_bottleneck(residual, 1)
    assert residual.training
    assert residual.encoder.training
    for module in modules:
        freeze(module)
    train_mode(residual)
    free = {name for name, value in residual.encoder.named_parameters() if value.requires_grad}
    assert {name.split(".")[0] for name in free} == {"layer4"}
    assert not residual.encoder.layer1[0].bn1.training
    assert residual.encoder.layer4[0].bn1.training
