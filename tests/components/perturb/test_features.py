"""Perturbations of features: the rates that they promise, the same for an image in every batch, gone afterwards."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from harness.components.nets import smp
from harness.components.nets.tiny_unet import tiny_unet
from harness.data.images import Unlabelled
from harness.measure import forward
from harness.measure.layers import hooked_layers
from harness.measure.trial import measure
from harness.spec.catalogue import catalogue
from harness.spec.parse import Around, read_part, read_trial
from harness.store import Home
from harness.study.document import Mistakes
from harness.study.load import load_study
from harness.train.build import as_function
from harness.train.loop import fit

CPU = torch.device("cpu")
NAMES = [c.name for c in catalogue("perturb").values() if c.facts.features]


class Own(nn.Module):
    """A user's network, which knows nothing of encoders."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 16, 3, padding=1)
        self.unused = nn.Conv2d(1, 1, 1)
        self.code = nn.Linear(16, 16)
        self.head = nn.Conv2d(16, 1, 1)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.first(x).relu()
        scaled = maps * self.code(maps.mean((2, 3)))[:, :, None, None]
        found: Tensor = self.head(scaled)
        return found


def felt(name: str, net: nn.Module, strength: float, **options: Any) -> Any:
    wrong: list[Any] = []
    part = read_part(
        "perturb", {"name": name, "strength": strength, **options}, (), wrong, Around()
    )
    assert part is not None, wrong
    assert not wrong
    return as_function(part, None)(net, strength)


def images(count: int, channels: int = 1, size: int = 32) -> Tensor:
    return torch.rand(count, channels, size, size, generator=torch.Generator().manual_seed(3))


def tiny() -> nn.Module:
    torch.manual_seed(0)
    return tiny_unet(1, 1, width=4).eval()


@torch.no_grad()
def given(net: nn.Module, batch: Tensor, layer: str) -> Tensor:
    """What a layer gives, after whatever was there before has changed it."""
    seen: dict[str, Tensor] = {}
    with hooked_layers(net, [layer], seen.__setitem__):
        net(batch)
    return seen[layer]


def test_these_are_the_perturbations_of_features() -> None:
    assert NAMES == ["dropout", "feature_drop", "feature_noise"]


NETS: dict[str, Callable[[], nn.Module]] = {
    "tiny_unet": lambda: tiny_unet(3, 1),
    "unet": lambda: smp.unet(3, 1, encoder="resnet18"),
    "deeplabv3plus": lambda: smp.deeplabv3plus(3, 1, encoder="resnet18"),
    "segformer": lambda: smp.segformer(3, 1, encoder="resnet18"),
}


@pytest.mark.parametrize("build", NETS.values(), ids=list(NETS))
def test_every_network_feels_them_and_is_itself_again_afterwards(
    build: Callable[[], nn.Module],
) -> None:
    torch.manual_seed(0)
    net, batch = build().eval(), images(2, 3, 64)
    with torch.no_grad():
        plain = net(batch)
        for name in NAMES:
            with felt(name, net, 0.0):
                assert torch.equal(net(batch), plain), name
            with felt(name, net, 0.5):
                assert not torch.equal(net(batch), plain), name
            assert torch.equal(net(batch), plain), name


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("layer", ["first", "head"])
def test_any_layer_of_a_users_own_network(name: str, layer: str) -> None:
    net, batch = Own().eval(), images(3)
    plain = given(net, batch, layer)
    with felt(name, net, 0.6, layer=layer):
        assert not torch.equal(given(net, batch, layer), plain)
    with felt("dropout", net, 0.6, layer="code"):  # a layer of numbers, without positions
        assert 0 < (given(net, batch, "code") == 0).float().mean() < 1


def test_dropout_is_of_whole_maps_at_its_rate_and_keeps_the_mean() -> None:
    net, batch = tiny(), images(64)
    plain = given(net, batch, "encoder_3")
    for p in (0.05, 0.3, 0.5):
        with felt("dropout", net, p, layer="bottleneck"):
            found = given(net, batch, "encoder_3")
        alive = plain.amax((2, 3)) > 0
        dropped = ((found == 0).all(dim=3).all(dim=2) & alive).float()
        rate, count = float(dropped[alive].mean()), int(alive.sum())
        assert abs(rate - p) < 4 * np.sqrt(p * (1 - p) / count)
        kept = (dropped == 0)[:, :, None, None]
        assert torch.allclose(found * kept, plain / (1 - p) * kept)
    with felt("dropout", net, 1.0):
        assert not given(net, batch, "encoder_3").any()


def test_a_stronger_dropout_drops_the_same_maps_and_more() -> None:
    net, batch = tiny(), images(4)
    weak, strong = [], []
    for p, found in ((0.2, weak), (0.5, strong)):
        with felt("dropout", net, p):
            found.append(given(net, batch, "encoder_3").amax((2, 3)) == 0)
    assert bool((weak[0] <= strong[0]).all())
    assert int(weak[0].sum()) < int(strong[0].sum())


def test_noise_is_of_the_size_it_says() -> None:
    net, batch = tiny(), images(64)
    plain = given(net, batch, "encoder_2")
    live = plain > 1e-3
    for kind in ("uniform", "gaussian"):
        with felt("feature_noise", net, 0.3, layer="encoder_2", kind=kind):
            ratio = (given(net, batch, "encoder_2") / plain)[live] - 1
        assert abs(float(ratio.mean())) < 0.01
        expected = 0.3 / np.sqrt(3) if kind == "uniform" else 0.3
        assert float(ratio.std()) == pytest.approx(expected, rel=0.03)
        assert (float(ratio.abs().max()) <= 0.3 + 1e-4) is (kind == "uniform")


def test_what_is_attended_to_most_is_dropped() -> None:
    net, batch = tiny(), images(4)
    plain = given(net, batch, "encoder_1")
    with felt("feature_drop", net, 0.2, layer="encoder_1", spread=0.0):
        found = given(net, batch, "encoder_1")
    attention = plain.mean(1)
    kept = attention <= 0.8 * attention.amax((1, 2), keepdim=True)
    assert torch.equal(found, plain * kept[:, None])
    assert not kept.all()
    with felt("feature_drop", net, 0.2, layer="encoder_1"):  # between 0.7 and 0.9 of the maximum
        drawn = given(net, batch, "encoder_1").amax(1) > 0
    top = attention.amax((1, 2), keepdim=True)
    assert not drawn[attention > 0.9 * top].any()
    assert bool(drawn[(attention < 0.7 * top) & (plain.amax(1) > 0)].all())


@pytest.mark.parametrize("name", NAMES)
def test_an_image_is_changed_alike_in_every_batch_and_pass(name: str) -> None:
    net, batch = tiny(), images(6)
    with felt(name, net, 0.4), torch.no_grad():
        together = given(net, batch, "encoder_3")
        alone = torch.cat([given(net, one[None], "encoder_3") for one in batch])
        backwards = given(net, batch.flip(0), "encoder_3").flip(0)
    assert torch.equal(together == 0, alone == 0)
    assert torch.allclose(together, alone, atol=1e-5)
    assert torch.allclose(together, backwards, atol=1e-5)


def test_images_and_seeds_differ_in_what_is_drawn() -> None:
    net, batch = tiny(), images(6)
    batch[1] = batch[0]
    batch[1, 0, 5, 7] += 1e-6  # one bit of one pixel
    masks = []
    for seed in (42, 43):
        with felt("dropout", net, 0.5, seed=seed):
            masks.append(given(net, batch, "encoder_3").amax((2, 3)) == 0)
    assert len({tuple(row) for mask in masks for row in mask.tolist()}) == 12


def test_predictions_do_not_depend_on_how_many_images_go_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net, alone = tiny(), torch.arange(7)
    test = Unlabelled(
        (images(7) * 255).to(torch.uint8), [str(i) for i in range(7)], ["all"] * 7, alone, alone
    )
    with felt("dropout", net, 0.5):
        whole = torch.cat([logits for _, logits in forward.logits_of(net, test)])
        monkeypatch.setattr(forward, "AT_ONCE", 2 * 32 * 32)
        parts = torch.cat([logits for _, logits in forward.logits_of(net, test)])
        last = replace(
            test, pixels=test.pixels[5:], ids=test.ids[5:], first=alone[:2], last=alone[:2]
        )
        some = torch.cat([logits for _, logits in forward.logits_of(net, last)])
    assert torch.allclose(whole, parts, atol=1e-5)
    assert torch.allclose(whole[5:], some, atol=1e-5)


def test_a_layer_that_is_not_there_or_not_called_is_named() -> None:
    net = Own().eval()
    with (
        pytest.raises(
            ValueError, match="Own has no layer 'bottleneck'; there is first, unused, code, head"
        ),
        felt("dropout", net, 0.3),
    ):
        pass
    with (
        pytest.raises(ValueError, match=r"perturb\.layer: unused was not called"),
        felt("dropout", net, 0.3, layer="unused"),
    ):
        net(images(1))
    assert not net._forward_pre_hooks
    assert not net.unused._forward_hooks


STUDY = """
name: felt
base:
  fit: {train_on: {name: phantom, slices: 4, size: 48}, net: {arch: tiny_unet, width: 2}, patch: 32, batch: 2, steps: 2}
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


def test_a_trial_under_dropout_is_measured_the_same_twice(home: Home) -> None:
    base = {
        "train_on": {"name": "phantom", "slices": 4, "size": 48},
        "net": {"arch": "tiny_unet", "width": 4},
    }
    base |= {"method": {"name": "supervised", "epochs": 1}, "patch": 32, "batch": 2, "steps": 4}
    found = {}
    for seed in (42, 7):
        one = read_trial(
            {"fit": base, "perturb": {"name": "dropout", "strength": 0.5, "seed": seed}}, []
        )
        assert one is not None
        fit(one.fit, [one.pick], home, CPU)
        rows = []
        for _ in range(2):
            rows.append(pd.read_parquet(measure(one, home, CPU) / "rows.parquet"))
            home.store("trials").drop(one.key)
        pd.testing.assert_frame_equal(*rows)
        found[seed] = rows[0][rows[0].metric == "loss"].value.tolist()
    assert found[42] != found[7]
