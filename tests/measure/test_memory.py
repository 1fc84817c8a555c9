"""Where memory runs out less is taken at once, and the result is the same."""

import pytest
import torch
from torch import Tensor, nn

from harness.data.images import Unlabelled
from harness.measure import memory
from harness.measure.forward import logits_of
from harness.measure.layers import pooled_features, weights_without_gradients
from harness.measure.memory import Portions, halve_until_it_fits, pixels_at_once
from tests.made.slices import (
    attribution_table,
    network,
    pictures,
    saliency,
    unlabelled_volume,
    values_of,
)

CPU = torch.device("cpu")


class Scarce(nn.Module):
    """A network on a device that has memory for so many images at once."""

    def __init__(self, net: nn.Module, room: int) -> None:
        super().__init__()
        self.net = net
        self.room = room
        self.batches: list[int] = []

    def forward(self, images: Tensor) -> Tensor:
        self.batches.append(len(images))
        if len(images) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        logits: Tensor = self.net(images)
        return logits


def stacks(count: int) -> Unlabelled:
    return unlabelled_volume(pictures(count, 64, 64))


def test_it_halves_until_it_fits() -> None:
    tried = []

    def attempt(at_once: int) -> str:
        tried.append(at_once)
        if at_once > 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return "fits"

    assert halve_until_it_fits(attempt, 13) == ("fits", 3)
    assert tried == [13, 6, 3]


def test_an_error_that_is_not_about_memory_is_not_tried_again() -> None:
    tried = []

    def attempt(at_once: int) -> None:
        tried.append(at_once)
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        halve_until_it_fits(attempt, 8)
    assert tried == [8]


def test_logits_are_the_same_in_portions_and_the_size_is_remembered() -> None:
    net = network().float()
    images = stacks(7)
    scarce = Scarce(net, room=2)
    expected = [logits for _, logits in logits_of(net, images)]
    logits = [batch for _, batch in logits_of(scarce, images)]
    assert torch.allclose(torch.cat(logits), torch.cat(expected), atol=1e-6)
    assert scarce.batches == [7, 3, 1, 1, 1, 1, 1, 1, 1]
    portions = Portions()
    batch = pictures(4, 3, 64, 64).float()
    portions.take(scarce, batch)
    scarce.batches.clear()
    portions.take(scarce, batch)
    assert scarce.batches == [2, 2]


def test_one_image_that_does_not_fit_is_refused_in_a_sentence() -> None:
    scarce = Scarce(network(), room=0)
    with pytest.raises(MemoryError, match="one image of 64 x 64 does not fit into the memory"):
        list(logits_of(scarce, stacks(2)))


def test_features_are_the_same_in_portions() -> None:
    net = network().float()
    scarce = Scarce(net, room=2)
    ((_, expected),) = pooled_features(net, stacks(5), ["head"])
    ((which, features),) = pooled_features(scarce, stacks(5), ["net.head"])
    assert which.tolist() == list(range(5))
    assert torch.allclose(features["net.head"], expected["head"], atol=1e-6)


@pytest.mark.parametrize(
    "raw",
    ["gradient", {"name": "integrated_gradients", "steps": 6}, {"name": "occlusion"}],
    ids=str,
)
def test_maps_are_the_same_in_portions(raw: object) -> None:
    net = network()
    images = pictures(2, 3, 64, 64)
    expected = saliency(raw)(net, images, None)
    scarce = Scarce(net, room=2)
    assert torch.allclose(saliency(raw)(scarce, images, None), expected, rtol=1e-5)
    table = attribution_table(net, stacks(5), raw)
    of_scarce = attribution_table(Scarce(net, room=2), stacks(5), raw)
    assert values_of(of_scarce, "swd") == pytest.approx(values_of(table, "swd"), rel=1e-5)
    assert values_of(of_scarce, "swap") == pytest.approx(values_of(table, "swap"), rel=1e-5)


def test_weights_take_no_gradients_while_maps_are_made() -> None:
    net = network()
    fixed = net.get_parameter("head.bias")
    fixed.requires_grad_(False)
    with weights_without_gradients(net):
        assert not any(parameter.requires_grad for parameter in net.parameters())
    learning = [name for name, parameter in net.named_parameters() if not parameter.requires_grad]
    assert learning == ["head.bias"]


def test_attribution_asks_for_no_gradient_of_a_weight() -> None:
    net = network()
    seen = []
    net.register_forward_hook(
        lambda *arguments: seen.append(net.get_parameter("head.bias").requires_grad)
    )
    attribution_table(net, stacks(3), "gradient")
    assert False in seen
    assert net.get_parameter("head.bias").requires_grad


FREE_AND_TAKEN = [
    (2**36 + 5, 2**24),
    (3 * 2**33, 2**22),
    (2**40, 2**24),
    (2**20, 2**19),
]


@pytest.mark.parametrize(("free", "expected"), FREE_AND_TAKEN)
def test_a_processor_takes_one_number_and_a_card_what_fits(
    monkeypatch: pytest.MonkeyPatch, free: int, expected: int
) -> None:
    assert pixels_at_once(CPU, 2**19) == 2**19
    monkeypatch.setattr(memory, "_free_bytes", lambda device: free)
    assert pixels_at_once(torch.device("cuda", 0), 2**19) == expected
