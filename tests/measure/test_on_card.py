"""On a card: maps as in double precision, the same for every batch, and tiles that nobody sees.

They need a GPU: `make gpu`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import torch
from scipy.stats import wasserstein_distance
from torch import Tensor, nn

from harness.data.images import Unlabelled
from harness.measure import forward
from harness.measure.arithmetic import measuring_arithmetic
from harness.measure.distances import DISTANCES, full
from harness.measure.forward import logits_of
from harness.measure.layers import weights_without_gradients
from harness.measure.sorted_distances import SORTED_DISTANCES, condensed_channels, sort_channels
from harness.measure.tiles import unnoticed_tiling
from harness.train.true_float32 import true_float32
from tests.made.gpu import NEEDS_GPU
from tests.made.slices import (
    attribution_table,
    network,
    pictures,
    saliency,
    unlabelled_volume,
    values_of,
)

pytestmark = NEEDS_GPU

CARD = torch.device("cuda", 0)
ARCHITECTURES = ["tiny_unet", "unet", "deeplabv3plus"]
MAPS: list[Any] = [
    "gradient",
    {"name": "integrated_gradients", "steps": 8},
    {"name": "occlusion", "window": 32},
]


def network_on_card(arch: str) -> nn.Module:
    """Returns a network in float32 whose kernels are large enough for tensor cores."""
    width = {"width": 16} if arch == "tiny_unet" else {}
    return network(arch, outputs=2, **width).float().to(CARD)


def stacks_on_card(count: int, side: int) -> Tensor:
    return pictures(count, 3, side, side).float().to(CARD)


def volume_on_card(count: int, side: int) -> Unlabelled:
    """Returns slices of one volume, seen in stacks of three."""
    pixels = pictures(count, side, side).float().to(CARD)
    return images_on(CARD, unlabelled_volume(pixels))


def images_on(device: torch.device, images: Unlabelled) -> Unlabelled:
    """Returns the same images on a device."""
    return replace(
        images,
        pixels=images.pixels.to(device),
        first=images.first.to(device),
        last=images.last.to(device),
    )


def all_logits(net: nn.Module, images: Unlabelled) -> Tensor:
    return torch.cat([logits for _, logits in logits_of(net, images)])


def relative_error(values: Tensor, truth: Tensor) -> float:
    """Returns how far values are off, on the scale of the truth: 0 for the same."""
    expected = truth.double().cpu()
    difference = values.double().cpu() - expected
    return float(difference.norm() / expected.norm())


def explain(raw: Any, net: nn.Module, images: Tensor) -> Tensor:
    """Returns maps as a trial measures them."""
    with measuring_arithmetic(CARD), weights_without_gradients(net):
        maps: Tensor = saliency(raw)(net, images, None)
    return maps


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("raw", MAPS, ids=str)
def test_maps_are_those_of_double_precision_within_a_hundredth(arch: str, raw: Any) -> None:
    net = network_on_card(arch)
    images = stacks_on_card(2, 128)
    maps = explain(raw, net, images)
    truth = saliency(raw)(net.double(), images.double(), None)
    assert relative_error(maps, truth) < 0.01


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("raw", MAPS, ids=str)
def test_maps_that_are_made_twice_have_the_same_bits(arch: str, raw: Any) -> None:
    net = network_on_card(arch)
    images = stacks_on_card(2, 100)
    assert torch.equal(explain(raw, net, images), explain(raw, net, images))


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_logits_are_those_of_double_precision(arch: str) -> None:
    net = network_on_card(arch)
    images = volume_on_card(3, 128)
    ((_, logits),) = logits_of(net, images)
    stacks = images.whole(torch.arange(3, device=CARD)).double()
    with torch.no_grad():
        truth = net.double()(stacks)
    assert relative_error(logits, truth) < 1e-5


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_logits_hang_on_no_batch(arch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = network_on_card(arch)
    images = volume_on_card(9, 96)
    together = all_logits(net, images)
    for at_once in (1, 2, 5):
        monkeypatch.setattr(forward, "AT_ONCE", at_once * 96 * 96)
        parts = all_logits(net, images)
        assert relative_error(parts, together) < 1e-5


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("raw", MAPS, ids=str)
def test_maps_hang_little_on_their_batch(arch: str, raw: Any) -> None:
    net = network_on_card(arch)
    images = stacks_on_card(8, 96)
    together = explain(raw, net, images)
    alone = torch.cat([explain(raw, net, image[None]) for image in images])
    # cuDNN takes another algorithm, and gates of ReLU flip: up to 1.8e-3 on an H100
    assert relative_error(alone, together) < 5e-3


def test_attribution_is_that_of_the_processor() -> None:
    net = network_on_card("tiny_unet")
    images = volume_on_card(4, 96)
    distances = list(DISTANCES)
    with measuring_arithmetic(CARD):
        on_card = attribution_table(net, images, distances=distances)
    on_processor = images_on(torch.device("cpu"), images)
    table = attribution_table(net.cpu(), on_processor, distances=distances)
    assert on_card["metric"].tolist() == table["metric"].tolist()
    for metric in ("swap", "share"):
        expected = values_of(table, metric)
        assert values_of(on_card, metric) == pytest.approx(expected, rel=1e-3)
    for metric in ("swd", "fwd", "pooled_swd", "pooled_fwd"):
        expected = values_of(table, metric)
        assert values_of(on_card, metric) == pytest.approx(expected, rel=0.01)


def test_distances_on_the_card_are_those_of_the_processor() -> None:
    torch.manual_seed(0)
    maps = torch.rand(5, 300, 200, dtype=torch.float64).square()
    channels = list(maps.numpy())
    ordered = sort_channels(maps.to(CARD))
    assert ordered.is_cuda
    for name, distance in DISTANCES.items():
        expected = full(distance, channels)
        assert full(SORTED_DISTANCES[name], list(ordered)) == pytest.approx(expected, rel=1e-6)
    x, y = maps[:2].flatten(1).numpy()
    of_scipy = wasserstein_distance(x, y)
    assert SORTED_DISTANCES["wasserstein"](*ordered[:2]) == pytest.approx(of_scipy, rel=1e-6)
    condensed = condensed_channels(sort_channels(maps), 64)
    assert condensed_channels(ordered, 64) == pytest.approx(condensed, rel=1e-6)


def test_images_of_many_sizes_go_in_tiles_that_change_nothing() -> None:
    net = network_on_card("tiny_unet")
    with torch.no_grad(), true_float32():
        tiling = unnoticed_tiling(net, 3, next(net.parameters()))
    assert tiling is not None
    sides = [160, 200, 530, 600, 640, 700]
    positions = torch.arange(len(sides), device=CARD)
    images = Unlabelled(
        pictures(len(sides), 3, 700, 700).float().to(CARD),
        [str(side) for side in sides],
        ["v"] * len(sides),
        positions,
        positions,
        sizes=torch.tensor([[side, side] for side in sides]),
    )
    assert forward.tiling_of(net, images) == tiling
    for (which, logits), side in zip(logits_of(net, images), sides, strict=True):
        image = images.whole(which)
        with torch.no_grad(), true_float32():
            whole = forward.padded_forward(net, image)
        assert tuple(logits.shape[-2:]) == (side, side)
        assert float((logits - whole).abs().max() / whole.abs().max()) < 1e-5


@contextmanager
def half_the_room(peak: int) -> Iterator[None]:
    """While it is open, the process gets half of what a computation took at its peak."""
    torch.cuda.empty_cache()
    used = torch.cuda.memory_allocated(CARD)
    total = torch.cuda.get_device_properties(CARD).total_memory
    room = used + (peak - used) // 2
    torch.cuda.set_per_process_memory_fraction(room / total, CARD)
    try:
        yield
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, CARD)


def test_a_real_lack_of_memory_makes_portions_and_the_same_logits() -> None:
    net = network_on_card("unet")
    images = volume_on_card(32, 256)
    torch.cuda.reset_peak_memory_stats(CARD)
    expected = all_logits(net, images)
    taken: list[int] = []
    net.register_forward_hook(lambda module, inputs, output: taken.append(len(inputs[0])))
    with half_the_room(torch.cuda.max_memory_allocated(CARD)):
        logits = all_logits(net, images)
    assert taken[0] < 32
    assert relative_error(logits, expected) < 1e-5


def test_a_real_lack_of_memory_takes_fewer_steps_at_once() -> None:
    net = network_on_card("unet")
    images = stacks_on_card(1, 256)
    raw = {"name": "integrated_gradients", "steps": 32}
    torch.cuda.reset_peak_memory_stats(CARD)
    expected = explain(raw, net, images)
    taken: list[int] = []
    net.register_forward_hook(lambda module, inputs, output: taken.append(len(inputs[0])))
    with half_the_room(torch.cuda.max_memory_allocated(CARD)):
        maps = explain(raw, net, images)
    assert max(taken) < 32
    assert relative_error(maps, expected) < 1e-5
