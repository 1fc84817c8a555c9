"""The distance of features between two test sets: by the equations, in batches, by layer, in
bounded memory.
"""

import gc
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.components.nets import smp
from harness.components.probes import shift_distances
from harness.components.probes.shift import shift
from harness.data.images import Unlabelled
from harness.measure import forward
from harness.measure.layers import stages
from harness.measure.rows import Original
from harness.spec.enclosing import Enclosing
from harness.spec.parse import read_part
from tests.made.networks import function_of, tiny_network
from tests.made.shifts import Shifts, darker, random_test_set, shifts_of, slow_hellinger


def shift_to_darker(net: nn.Module, test: Unlabelled, factor: float, **options: Any) -> Shifts:
    original = Original(net, test)
    shifted = darker(test, factor)
    return shifts_of(shift(net, shifted, original, **options))


def shift_of_nothing(net: nn.Module, test: Unlabelled, **options: Any) -> Shifts:
    return shifts_of(shift(net, test, None, **options))


def positions_by_channel(maps: Tensor) -> NDArray[np.float64]:
    """Averages maps of 64 x 64 pixels to 2 x 2 positions by hand; returns (channels, values)."""
    count, channels, height, width = maps.shape
    blocks = maps.reshape(count, channels, 2, height // 2, 2, width // 2)
    positions = blocks.mean((3, 5)).movedim(1, 0)
    values: NDArray[np.float64] = positions.flatten(1).double().numpy()
    return values


def test_the_probe_is_the_equations_on_every_feature_at_once() -> None:
    net = tiny_network()
    test = random_test_set(5)
    distances = shift_to_darker(net, test, 0.5, bins=30).values["hellinger"]
    encoder = net.get_submodule("encoder")
    with torch.no_grad():
        original = encoder(test.whole(torch.arange(5)))
        shifted = encoder(darker(test, 0.5).whole(torch.arange(5)))
    for stage, (before, after) in enumerate(zip(original, shifted, strict=True)):
        sides = zip(positions_by_channel(before), positions_by_channel(after), strict=True)
        expected = np.mean([slow_hellinger(x, y, 30) for x, y in sides])
        tolerance = 0.02  # a value at a bin's edge
        assert distances[f"encoder_{stage}"] == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("at_once", [64 * 64, 3 * 64 * 64, 2**21])
def test_batches_of_any_size_give_the_same(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    net = tiny_network()
    test = random_test_set(7)
    expected = shift_to_darker(net, test, 0.7).values
    monkeypatch.setattr(forward, "AT_ONCE", at_once)
    values = shift_to_darker(net, test, 0.7).values
    for metric, expected_layers in expected.items():
        layers = values[metric]
        assert list(layers) == list(expected_layers)
        assert layers == pytest.approx(expected_layers, abs=0.01), metric


def test_a_shift_that_is_none_is_0_and_a_stronger_one_is_farther() -> None:
    net = tiny_network()
    test = random_test_set(8)
    unmoved = shift_to_darker(net, test, 1).values
    weak = shift_to_darker(net, test, 0.8).values
    strong = shift_to_darker(net, test, 0.4).values
    assert set(unmoved["hellinger"].values()) == {0.0}
    assert set(unmoved["representation_shift"].values()) == {0.0}
    far = strong["representation_shift"]["encoder_0"]
    assert weak["representation_shift"]["encoder_0"] < far
    assert min(weak["hellinger"].values()) > 0


def test_two_halves_are_closer_the_more_images_there_are() -> None:
    net = tiny_network()
    of_few = shift_of_nothing(net, random_test_set(8)).values
    of_many = shift_of_nothing(net, random_test_set(64)).values
    assert set(of_few) == {"hellinger_null"}  # nothing is shifted
    for layer, value in of_many["hellinger_null"].items():
        assert 0 < value < of_few["hellinger_null"][layer]
    assert shift_of_nothing(net, random_test_set(1)).values == {}  # one image has no halves


def test_the_stages_of_a_unet_of_the_library() -> None:
    widths = {
        "encoder_0": 3,
        "encoder_1": 64,
        "encoder_2": 64,
        "encoder_3": 128,
        "encoder_4": 256,
        "encoder_5": 512,
        "decoder_0": 256,
        "decoder_1": 128,
        "decoder_2": 64,
        "decoder_3": 32,
        "decoder_4": 16,
    }
    net = smp.unet(3, 1, encoder="resnet18").eval()
    test = random_test_set(2, channels=3)
    shifts = shift_to_darker(net, test, 0.5, bins=7)
    assert list(shifts.values["hellinger"]) == list(widths)
    for layer, width in widths.items():
        assert shifts.arrays[f"{layer}/shifted"].shape == (width, 7)
        counts = shifts.arrays[f"{layer}/original"][0]
        assert int(counts.sum()) == 2 * 2 * 2


@pytest.mark.parametrize("build", [smp.fpn, smp.segformer, smp.deeplabv3plus])
def test_the_stages_of_the_librarys_networks(build: Any) -> None:
    net = build(3, 1, encoder="resnet18").eval()
    shifts = shift_of_nothing(net, random_test_set(2, channels=3), bins=7)
    assert {"encoder_5", "decoder_0"} <= shifts.values["hellinger_null"].keys()


def test_a_stage_without_channels_is_left_out() -> None:
    net = smp.unet(3, 1, encoder="mit_b0").eval()  # its first features have no channels
    assert "encoder_1" in stages(net)
    shifts = shift_of_nothing(net, random_test_set(2, channels=3), bins=7)
    assert "encoder_1" not in shifts.values["hellinger_null"]


class UsersNetwork(nn.Module):
    """A user's network, which knows nothing of encoders."""

    def __init__(self) -> None:
        super().__init__()
        first = nn.Conv2d(1, 3, 3, padding=1)
        second = nn.Conv2d(3, 4, 3, stride=2, padding=1)
        self.body = nn.ModuleList([first, second])
        self.gate = nn.Linear(4, 4)
        self.head = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.body:
            x = block(x).relu()
        gates = self.gate(x.mean((2, 3)))[:, :, None, None].sigmoid()
        return nn.functional.interpolate(self.head(x * gates), scale_factor=2)


def test_any_network_with_named_modules_is_probed() -> None:
    net = UsersNetwork().eval()
    test = random_test_set(4)
    layers = shift_of_nothing(net, test).values["hellinger_null"]
    assert list(layers) == ["head"]  # what else there is gives no maps
    names = ["body.1", "head", "body.0"]
    distances = shift_to_darker(net, test, 0.3, layers=names).values["hellinger"]
    assert list(distances) == names
    assert min(distances.values()) > 0


def test_layers_that_give_no_maps_are_refused_and_nothing_stays_behind() -> None:
    net = UsersNetwork().eval()
    test = random_test_set(4)
    message = "UsersNetwork has no layer 'encoder_1'; there is body, gate, head"
    with pytest.raises(ValueError, match=message):
        list(shift(net, test, None, layers=["encoder_1"]))
    with pytest.raises(ValueError, match=r"shift\.layers: gate, body: no feature maps"):
        list(shift(net, test, None, layers=["gate", "head", "body"]))
    assert all(not module._forward_hooks for module in net.modules())


def test_a_study_names_a_layer_by_text_alone() -> None:
    problems: list[Any] = []
    raw = {"name": "shift", "layers": [3], "bins": 0}
    assert read_part("probe", raw, (), problems, Enclosing()) is not None
    assert len(problems) == 2
    probe = function_of("probe", {"name": "shift", "layers": ["a.b"]})
    assert probe.keywords["layers"] == ["a.b"]


def test_images_with_other_channels_are_not_compared() -> None:
    against = random_test_set(2, channels=3)
    with pytest.raises(ValueError, match=r"shift.against: 3 channels, where test_on has 1"):
        list(shift(tiny_network(), random_test_set(2), None, against=against))


def strip(count: int) -> Unlabelled:
    """Returns images that overlap in memory, so that their number costs nothing."""
    numbers = torch.arange(32 * 32 + 7 * 999)
    pixels = numbers.remainder(251).to(torch.uint8)
    windows = pixels.as_strided((count, 1, 32, 32), (7, 0, 32, 1))
    alone = torch.arange(1).expand(count)
    return Unlabelled(
        windows,
        ["same"] * count,
        ["all"] * count,
        alone,
        alone,
    )


def bytes_of_tensors() -> int:
    """Returns the bytes of all tensors alive."""
    gc.collect()
    sizes: dict[int, int] = {}
    for item in gc.get_objects():
        if type(item) in (Tensor, nn.Parameter):
            storage = item.untyped_storage()
            sizes[storage.data_ptr()] = storage.nbytes()
    return sum(sizes.values())


def bytes_of_arrays(net: nn.Module, test: Unlabelled) -> int:
    """Probes a test set against itself, and returns the bytes of what would be stored."""
    arrays = shifts_of(shift(net, test, Original(net, test))).arrays
    return sum(array.nbytes for array in arrays.values())


@pytest.mark.slow
def test_the_memory_that_is_held_does_not_grow_with_the_images(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The bytes of all tensors alive at the start, early and late in every pass over the images."""
    pooled = shift_distances.pooled_features
    samples: list[int] = []

    def pooled_while_sampled(net: nn.Module, test: Unlabelled, names: list[str]) -> Any:
        last_batch = len(test) // 4 - 1
        for position, batch in enumerate(pooled(net, test, names)):
            if position < 2 or position == last_batch:
                samples.append(bytes_of_tensors())
            yield batch

    monkeypatch.setattr(shift_distances, "pooled_features", pooled_while_sampled)
    monkeypatch.setattr(forward, "AT_ONCE", 4 * 32 * 32)
    net = tiny_network()
    peaks = []
    array_sizes = []
    for count in (16, 128):
        samples.clear()
        array_sizes.append(bytes_of_arrays(net, strip(count)))
        assert len(samples) == 4 * 3
        peaks.append(max(samples))
    assert array_sizes[0] == array_sizes[1]
    halves_of_images = 2 * 8 * (128 - 16)
    assert 0 <= peaks[1] - peaks[0] <= halves_of_images
