"""Perturbations of features: the rates that they promise, and the networks that they work on."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from harness.components.nets import smp
from harness.components.nets.tiny_unet import tiny_unet
from harness.spec.catalogue import catalogue
from harness.study.document import Mistakes
from harness.study.load import load_study
from tests.made.features import output_of_layer, perturbation, random_images
from tests.made.networks import tiny_network

NAMES = [part.name for part in catalogue("perturb").values() if part.facts.features]


class UsersNetwork(nn.Module):
    """A user's network, which knows nothing of encoders."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 16, 3, padding=1)
        self.unused = nn.Conv2d(1, 1, 1)
        self.code = nn.Linear(16, 16)
        self.head = nn.Conv2d(16, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.first(x).relu()
        code = self.code(maps.mean((2, 3)))
        logits: Tensor = self.head(maps * code[:, :, None, None])
        return logits


def test_these_are_the_perturbations_of_features() -> None:
    assert NAMES == ["dropout", "feature_drop", "feature_noise"]


NETS: dict[str, Callable[[], nn.Module]] = {
    "tiny_unet": lambda: tiny_unet(3, 1),
    "unet": lambda: smp.unet(3, 1, encoder="resnet18"),
    "deeplabv3plus": lambda: smp.deeplabv3plus(3, 1, encoder="resnet18"),
    "segformer": lambda: smp.segformer(3, 1, encoder="resnet18"),
}


@pytest.mark.parametrize("arch", NETS)
@torch.no_grad()
def test_every_network_feels_them_and_is_itself_again_afterwards(arch: str) -> None:
    torch.manual_seed(0)
    net = NETS[arch]().eval()
    batch = random_images(2, 3, 64)
    plain = net(batch)
    for name in NAMES:
        with perturbation(name, net, 0.0):
            assert torch.equal(net(batch), plain), name
        with perturbation(name, net, 0.5):
            assert not torch.equal(net(batch), plain), name
        assert torch.equal(net(batch), plain), name


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layer", ["first", "head"])
def test_any_layer_of_a_users_own_network(name: str, layer: str) -> None:
    net = UsersNetwork().eval()
    batch = random_images(3)
    plain = output_of_layer(net, batch, layer)
    with perturbation(name, net, 0.6, layer=layer):
        assert not torch.equal(output_of_layer(net, batch, layer), plain)


def test_a_layer_without_positions_is_dropped_by_numbers() -> None:
    net = UsersNetwork().eval()
    with perturbation("dropout", net, 0.6, layer="code"):
        is_dropped = output_of_layer(net, random_images(3), "code") == 0
    assert 0 < is_dropped.float().mean() < 1


@pytest.mark.parametrize("p", [0.05, 0.3, 0.5])
def test_dropout_is_of_whole_maps_at_its_rate_and_keeps_the_mean(p: float) -> None:
    net = tiny_network(width=4)
    batch = random_images(64)
    plain = output_of_layer(net, batch, "encoder_3")
    with perturbation("dropout", net, p, layer="bottleneck"):
        changed = output_of_layer(net, batch, "encoder_3")
    is_live = plain.amax((2, 3)) > 0
    is_dropped = (changed == 0).all(dim=3).all(dim=2) & is_live
    rate = float(is_dropped[is_live].float().mean())
    count = int(is_live.sum())
    deviation = np.sqrt(p * (1 - p) / count)
    assert abs(rate - p) < 4 * deviation
    stays = ~is_dropped[:, :, None, None]
    assert torch.allclose(changed * stays, plain / (1 - p) * stays)


def test_a_dropout_of_1_drops_everything() -> None:
    net = tiny_network(width=4)
    with perturbation("dropout", net, 1.0):
        assert not output_of_layer(net, random_images(64), "encoder_3").any()


def test_a_stronger_dropout_drops_the_same_maps_and_more() -> None:
    net = tiny_network(width=4)
    batch = random_images(4)
    with perturbation("dropout", net, 0.2):
        weak = output_of_layer(net, batch, "encoder_3").amax((2, 3)) == 0
    with perturbation("dropout", net, 0.5):
        strong = output_of_layer(net, batch, "encoder_3").amax((2, 3)) == 0
    assert bool((weak <= strong).all())
    assert int(weak.sum()) < int(strong.sum())


@pytest.mark.parametrize(("kind", "deviation"), [("uniform", 0.3 / np.sqrt(3)), ("gaussian", 0.3)])
def test_noise_is_of_the_size_it_says(kind: str, deviation: float) -> None:
    net = tiny_network(width=4)
    batch = random_images(64)
    plain = output_of_layer(net, batch, "encoder_2")
    with perturbation("feature_noise", net, 0.3, layer="encoder_2", kind=kind):
        changed = output_of_layer(net, batch, "encoder_2")
    noise = (changed / plain)[plain > 1e-3] - 1
    assert abs(float(noise.mean())) < 0.01
    assert float(noise.std()) == pytest.approx(deviation, rel=0.03)
    largest = float(noise.abs().max())
    is_bounded = largest <= 0.3 + 1e-4
    assert is_bounded is (kind == "uniform")


def test_what_is_attended_to_most_is_dropped() -> None:
    net = tiny_network(width=4)
    batch = random_images(4)
    plain = output_of_layer(net, batch, "encoder_1")
    with perturbation("feature_drop", net, 0.2, layer="encoder_1", spread=0.0):
        changed = output_of_layer(net, batch, "encoder_1")
    attention = plain.mean(1)
    stays = attention <= 0.8 * attention.amax((1, 2), keepdim=True)
    assert torch.equal(changed, plain * stays[:, None])
    assert not stays.all()


def test_what_is_dropped_is_drawn_between_bounds() -> None:
    net = tiny_network(width=4)
    batch = random_images(4)
    plain = output_of_layer(net, batch, "encoder_1")
    attention = plain.mean(1)
    top = attention.amax((1, 2), keepdim=True)
    with perturbation("feature_drop", net, 0.2, layer="encoder_1"):
        stays = output_of_layer(net, batch, "encoder_1").amax(1) > 0
    assert not stays[attention > 0.9 * top].any()
    is_weak = (attention < 0.7 * top) & (plain.amax(1) > 0)
    assert bool(stays[is_weak].all())


def test_a_layer_that_is_not_there_or_not_called_is_named() -> None:
    net = UsersNetwork().eval()
    layers = "first, unused, code, head"
    message = f"UsersNetwork has no layer 'bottleneck'; there is {layers}"
    with pytest.raises(ValueError, match=message), perturbation("dropout", net, 0.3):
        pass
    message = r"perturb\.layer: unused was not called"
    with (
        pytest.raises(ValueError, match=message),
        perturbation("dropout", net, 0.3, layer="unused"),
    ):
        net(random_images(1))
    assert not net._forward_pre_hooks
    assert not net.unused._forward_hooks


STUDY = """
name: felt
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 48}
    net: {arch: tiny_unet, width: 2}
    patch: 32
    batch: 2
    steps: 2
  perturb: {name: dropout, strength: STRENGTH}
"""


@pytest.mark.parametrize("strength", ["-0.1", "1.5"])
def test_a_strength_without_a_meaning_is_refused_before_anything_runs(
    tmp_path: Path, strength: str
) -> None:
    file = tmp_path / "felt.yaml"
    file.write_text(STUDY.replace("STRENGTH", strength))
    with pytest.raises(Mistakes, match=rf"{strength}: dropout takes a number from 0 to 1"):
        load_study(file)
