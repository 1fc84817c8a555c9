"""The U-Net of paper 001: its layers in their order, its parameters, its names for hooks."""

import pytest
import torch
from torch import Tensor, nn

from harness.components.nets.unet2d import unet2d
from harness.measure.layers import hooked_layers, stages

KINDS = [
    nn.BatchNorm2d,
    nn.Conv2d,
    nn.ReLU,
    nn.BatchNorm2d,
    nn.Conv2d,
    nn.ReLU,
]


def parameters_of_block(inputs: int, middle: int, outputs: int) -> int:
    """Two norms with a scale and a shift for each map, two 3 x 3 convolutions without bias."""
    first_norm = 2 * inputs
    second_norm = 2 * middle
    first_convolution = 9 * inputs * middle
    second_convolution = 9 * middle * outputs
    return first_norm + second_norm + first_convolution + second_convolution


def test_three_levels_have_the_parameters_of_the_published_network() -> None:
    net = unet2d(1, 1, levels=3, width=32)
    blocks = [
        (1, 16, 32),
        (32, 32, 64),
        (64, 64, 128),
        (128 + 64, 64, 64),
        (64 + 32, 32, 32),
    ]
    expected = 33  # of the head
    for block in blocks:
        expected += parameters_of_block(*block)
    count = sum(weights.numel() for weights in net.parameters())
    assert count == expected


@pytest.mark.parametrize("levels", [2, 3, 4])
def test_every_block_normalises_before_each_convolution(levels: int) -> None:
    net = unet2d(1, 1, levels=levels, width=4)
    widths = [4, 8, 16, 32]
    assert net.encoder.out_channels == widths[:levels]
    for block in [*net.encoder, *net.decoder]:
        kinds = [type(layer) for layer in block]
        assert kinds == KINDS
    for layer in net.modules():
        assert not isinstance(layer, nn.Dropout | nn.Dropout2d)


def test_the_bottleneck_and_the_decoder_are_found_by_name() -> None:
    net = unet2d(1, 1, levels=3, width=4).eval()
    names = [
        "encoder_0",
        "encoder_1",
        "encoder_2",
        "decoder_0",
        "decoder_1",
    ]
    assert stages(net) == names
    shapes: dict[str, tuple[int, ...]] = {}

    def see(name: str, maps: Tensor) -> None:
        shapes[name] = tuple(maps.shape)

    images = torch.rand(2, 1, 32, 48)
    with hooked_layers(net, ["bottleneck", "decoder_1"], see), torch.no_grad():
        logits = net(images)
    assert shapes["bottleneck"] == (2, 16, 8, 12)
    assert shapes["decoder_1"] == (2, 4, 32, 48)
    assert logits.shape == images.shape


def test_a_step_of_training_lowers_the_loss() -> None:
    torch.manual_seed(0)
    net = unet2d(1, 1, levels=3, width=4)
    images = torch.rand(4, 1, 32, 32)
    masks = (images > 0.5).float()
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-2)
    losses = []
    for _ in range(30):
        logits = net(images)
        loss = nn.functional.binary_cross_entropy_with_logits(logits, masks)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]
