"""Encoders that learned colour from photographs: one serves every network, and its weights
arrive.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from harness.spec.values import Fit
from harness.store import Home, load_weights
from harness.study.document import Mistakes
from harness.study.load import load_study
from harness.train.build import as_function, build_net
from harness.train.loop import fit as train
from tests.made.networks import fit_of

UNET = {"arch": "unet", "encoder": "resnet18", "slices": 3}


@pytest.mark.parametrize("arch", ["unet", "deeplabv3plus", "segformer"])
def test_one_photo_fit_serves_every_architecture(arch: str) -> None:
    net = {"arch": arch, "encoder": "resnet18", "slices": 3}
    uniform = fit_of(net=net, init={"name": "uniform", "of": "photos"})
    ((upstream, _pick),) = uniform.upstream
    plain = fit_of(net={**net, "slices": 5, "tied": "all"}, init="photos")
    assert upstream.key == plain.upstream[0][0].key
    assert upstream.net.to_plain() == {
        "arch": "encoder_only",
        "encoder": "resnet18",
        "slices": 1,
        "classes": None,
        "tied": "none",
    }
    assert uniform.init.level == "uniform(photos)"


def test_photos_need_an_encoder_and_a_study_hears_so_at_once(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    text = "base:\n  fit: {train_on: phantom, net: tiny_unet, init: {name: uniform, of: photos}}\n"
    file.write_text(text)
    message = r"study.yaml:2:.*photos sets an encoder's weights, and tiny_unet has no"
    with pytest.raises(Mistakes, match=message):
        load_study(file)


def fit_from_small_pretext(net: dict[str, Any]) -> Fit:
    """A fit of three slices that starts uniformly from a short fit of the pretext on
    photographs.
    """
    pretext = {
        "train_on": "photos",
        "net": net,
        "method": {"name": "colours", "epochs": 2},
        "patch": 32,
        "batch": 8,
        "steps": 6,
    }
    photos = {"name": "photos", "fit": pretext}
    return fit_of(net=UNET, init={"name": "uniform", "of": photos})


def test_a_network_that_says_no_slices_has_those_of_the_one_around_it() -> None:
    upstream, _ = fit_from_small_pretext({"arch": "encoder_only"}).upstream[0]
    assert upstream.net.options["slices"] == 3


def test_the_pretext_learns_colour_and_its_weights_reach_the_network(home: Home) -> None:
    spec = fit_from_small_pretext({"arch": "encoder_only", "slices": 1})
    upstream, pick = spec.upstream[0]
    folder = train(upstream, [pick], home, torch.device("cpu"))
    history = json.loads((folder / "history.json").read_text())
    assert history[1]["loss/net/colour"] < history[0]["loss/net/colour"]
    weights = load_weights(folder / f"{pick.key}.safetensors")
    assert all(name.startswith("encoder.") for name in weights)  # the heads stay out
    net: Any = build_net(spec.net, 3, 1)
    as_function(spec.init, home)(net)
    first = net.encoder.conv1.weight
    green = weights["encoder.conv1.weight"][:, 1]
    for channel in range(3):
        torch.testing.assert_close(first[:, channel], green)
    second = net.encoder.layer1[0].conv1.weight
    torch.testing.assert_close(second, weights["encoder.layer1.0.conv1.weight"])
