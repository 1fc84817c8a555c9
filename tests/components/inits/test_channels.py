"""How the kernels of three colours are spread over the slices of a stack."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from harness.components.nets.hub import smp
from harness.spec.catalogue import load_component
from harness.train.build import as_function, build_net
from harness.train.first_conv import first_conv
from tests.made.networks import fit_of


def pattern_of(weight: Tensor) -> Tensor:
    """Returns 0, 1, 2, ... in the shape of the kernels of one channel."""
    kernels = weight[:, 0]
    return torch.arange(kernels.numel(), dtype=torch.float32).view_as(kernels)


def patterned_colours(net: nn.Module) -> None:
    """An init that gives red, green and blue kernels of 1, 2 and 4 times a pattern."""
    weight = first_conv(net).weight
    pattern = pattern_of(weight)
    weight.copy_(torch.stack([pattern, 2 * pattern, 4 * pattern], 1))


def factors(name: str, slices: int, **options: object) -> Tensor:
    """Returns what an init multiplies the pattern by, slice by slice."""
    net = as_function(fit_of().net, None)(slices, 1)
    load_component("init", name)(net, of=patterned_colours, **options)
    weight = first_conv(net).weight
    divisor = pattern_of(weight)[:, None].clamp(min=1e-9)
    quotients = weight / divisor
    return quotients[-1, :, -1, -1]


CASES = [
    ("keep", 3, {}, [1, 2, 4]),
    ("uniform", 3, {}, [2, 2, 2]),
    ("uniform", 3, {"channel": "red"}, [1, 1, 1]),
    ("uniform", 5, {"channel": "blue"}, [4] * 5),
    # equal slices are answered as loudly as 1 + 2 + 4
    ("uniform", 3, {"rescale": True}, [7 / 3] * 3),
    ("uniform", 7, {"channel": "red", "rescale": True}, [1] * 7),
    ("average", 3, {}, [7 / 3] * 3),
    ("average", 5, {"rescale": True}, [7 / 5] * 5),
    ("cyclic", 5, {"rescale": False}, [1, 2, 4, 1, 2]),
    ("cyclic", 5, {}, [0.6, 1.2, 2.4, 0.6, 1.2]),
    ("cyclic", 1, {}, [3]),
    ("centred", 5, {}, [0, 1, 2, 4, 0]),
    ("centred", 7, {}, [0, 0, 1, 2, 4, 0, 0]),
    ("centred", 1, {}, [7]),
    ("inflated", 5, {}, [7 / 5] * 5),
]


@pytest.mark.parametrize(("name", "slices", "options", "expected"), CASES)
def test_colours_are_spread_over_slices(
    name: str,
    slices: int,
    options: dict[str, Any],
    expected: list[float],
) -> None:
    expected_factors = torch.tensor(expected, dtype=torch.float32)
    torch.testing.assert_close(factors(name, slices, **options), expected_factors)


def test_cyclic_is_what_the_library_does_with_other_than_three_channels() -> None:
    torch.manual_seed(0)
    encoder = smp.encoders.get_encoder("resnet18", in_channels=3, weights=None)
    weight = encoder.conv1.weight.detach().clone()
    encoder.set_in_channels(5, pretrained=True)

    def library_colours(net: nn.Module) -> None:
        first_conv(net).weight.copy_(weight)

    net_part = fit_of(net={"arch": "unet", "encoder": "resnet18", "slices": 5}).net
    net = build_net(net_part, 5, 1)
    cyclic = load_component("init", "cyclic")
    cyclic(net, of=library_colours)
    torch.testing.assert_close(first_conv(net).weight, encoder.conv1.weight)


def test_a_map_needs_weights_for_three_colours() -> None:
    net = as_function(fit_of().net, None)(3, 1)
    init = fit_of(init={"name": "uniform", "of": "random"}).init
    with pytest.raises(ValueError, match="sets no weights for three colours"):
        as_function(init, None)(net)
    with pytest.raises(ValueError, match="keep gives three slices a colour each, not 5"):
        factors("keep", 5)
