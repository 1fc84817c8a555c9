"""Where weights start: colour kernels spread over slices, files, the library's hub, and the ties that keep symmetry."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from harness.run.fingerprints import identified
from harness.spec.parse import read_fit
from harness.spec.values import Fit
from harness.store import Home, load_weights, save_tensors
from harness.study.document import Mistakes
from harness.study.load import load_study
from harness.train.build import as_function, build_net
from harness.train.first_conv import first_conv
from harness.train.loop import fit as train
from harness.train.weights import load_into


def fitted(**settings: object) -> Fit:
    wrong: list = []
    raw = {
        "train_on": {"name": "phantom", "slices": 4, "size": 48},
        "net": {"arch": "tiny_unet", "slices": 3},
    }
    made = read_fit({**raw, **settings}, (), wrong)
    assert made is not None, wrong
    return made


def colours(net: nn.Module) -> None:
    """An init that gives red, green and blue kernels of 1, 2 and 4 times a pattern."""
    conv = first_conv(net)
    pattern = torch.arange(conv.weight[:, 0].numel(), dtype=torch.float32).view_as(
        conv.weight[:, 0]
    )
    conv.weight.copy_(torch.stack([pattern, 2 * pattern, 4 * pattern], 1))


def spread(name: str, slices: int, **options: object) -> Tensor:
    """The factors that a map gives the pattern, slice by slice."""
    from harness.spec.catalogue import load_component

    net = as_function(fitted().net, None)(slices, 1)
    load_component("init", name)(net, of=colours, **options)
    weight = first_conv(net).weight
    return (weight / first_pattern(weight))[-1, :, -1, -1]


def first_pattern(weight: Tensor) -> Tensor:
    return (
        torch.arange(weight[:, 0].numel(), dtype=torch.float32)
        .view_as(weight[:, 0])[:, None]
        .clamp(min=1e-9)
    )


@pytest.mark.parametrize(
    ("name", "slices", "options", "expected"),
    [
        ("keep", 3, {}, [1, 2, 4]),
        ("uniform", 3, {}, [2, 2, 2]),
        ("uniform", 3, {"channel": "red"}, [1, 1, 1]),
        ("uniform", 5, {"channel": "blue"}, [4] * 5),
        (
            "uniform",
            3,
            {"rescale": True},
            [7 / 3] * 3,
        ),  # equal slices are answered as loudly as 1 + 2 + 4
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
    ],
)
def test_colours_are_spread_over_slices(
    name: str, slices: int, options: dict, expected: list[float]
) -> None:
    torch.testing.assert_close(
        spread(name, slices, **options), torch.tensor([float(e) for e in expected])
    )


def test_cyclic_is_what_the_library_does_with_other_than_three_channels() -> None:
    from harness.components.nets.hub import smp

    torch.manual_seed(0)
    theirs = smp.encoders.get_encoder("resnet18", in_channels=3, weights=None)
    weight = theirs.conv1.weight.detach().clone()
    theirs.set_in_channels(5, pretrained=True)
    net = build_net(fitted(net={"arch": "unet", "encoder": "resnet18", "slices": 5}).net, 5, 1)

    def colour(net: nn.Module) -> None:
        first_conv(net).weight.copy_(weight)

    from harness.spec.catalogue import load_component

    load_component("init", "cyclic")(net, of=colour)
    torch.testing.assert_close(first_conv(net).weight, theirs.conv1.weight)


def test_a_map_needs_weights_for_three_colours() -> None:
    net = as_function(fitted().net, None)(3, 1)
    with pytest.raises(ValueError, match="sets no weights for three colours"):
        as_function(fitted(init={"name": "uniform", "of": "random"}).init, None)(net)
    with pytest.raises(ValueError, match="keep gives three slices a colour each, not 5"):
        spread("keep", 5)


@pytest.mark.parametrize("arch", ["unet", "deeplabv3plus", "segformer"])
def test_one_photo_fit_serves_every_architecture(arch: str) -> None:
    net = {"arch": arch, "encoder": "resnet18", "slices": 3}
    uniform = fitted(net=net, init={"name": "uniform", "of": "photos"})
    (upstream, _pick), *more = uniform.upstream
    assert not more
    assert (
        upstream.key
        == fitted(net={**net, "slices": 5, "tied": "all"}, init="photos").upstream[0][0].key
    )
    assert upstream.net.plain == {
        "arch": "encoder_only",
        "encoder": "resnet18",
        "slices": 1,
        "classes": None,
        "tied": "none",
    }
    assert uniform.init.label == "uniform(photos)"


def test_photos_need_an_encoder_and_a_study_hears_so_at_once(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    text = "base:\n  fit: {train_on: phantom, net: tiny_unet, init: {name: uniform, of: photos}}\n"
    file.write_text(text)
    with pytest.raises(
        Mistakes, match=r"study.yaml:2:.*photos sets an encoder's weights, and tiny_unet has no"
    ):
        load_study(file)


def test_the_pretext_learns_colour_and_its_weights_reach_the_network(home: Home) -> None:
    small = {
        "train_on": "photos",
        "net": {"arch": "encoder_only"},
        "method": {"name": "colours", "epochs": 2},
    }
    init = {"name": "photos", "fit": {**small, "patch": 32, "batch": 8, "steps": 6}}
    spec = fitted(
        net={"arch": "unet", "encoder": "resnet18", "slices": 3},
        init={"name": "uniform", "of": init},
    )
    upstream, pick = spec.upstream[0]
    assert upstream.net.options["slices"] == 3  # the net around it, for this one does not say
    init["fit"]["net"]["slices"] = 1
    spec = fitted(
        net={"arch": "unet", "encoder": "resnet18", "slices": 3},
        init={"name": "uniform", "of": init},
    )
    upstream, pick = spec.upstream[0]
    folder = train(upstream, [pick], home, torch.device("cpu"))
    history = json.loads((folder / "history.json").read_text())
    assert history[1]["loss/net/colour"] < history[0]["loss/net/colour"]
    weights = load_weights(folder / f"{pick.key}.safetensors")
    assert all(name.startswith("encoder.") for name in weights)  # the heads stay out
    net = build_net(spec.net, 3, 1)
    as_function(spec.init, home)(net)
    for c in range(3):
        torch.testing.assert_close(
            net.encoder.conv1.weight[:, c], weights["encoder.conv1.weight"][:, 1]
        )
    torch.testing.assert_close(
        net.encoder.layer1[0].conv1.weight, weights["encoder.layer1.0.conv1.weight"]
    )


def test_the_pretext_refuses_grey_images(home: Home) -> None:
    spec = fitted(net={"arch": "encoder_only", "encoder": "resnet18"}, method="colours", patch=32)
    with pytest.raises(ValueError, match="needs red, green and blue, not 1 channels"):
        train(spec, [], home, torch.device("cpu"))


def test_weights_of_a_file_are_known_by_their_bytes(home: Home, tmp_path: Path) -> None:
    torch.manual_seed(3)
    net = build_net(fitted().net, 3, 1)
    save_tensors(tmp_path / "mine.safetensors", net.state_dict())
    text = "base:\n  fit: {train_on: {name: phantom, slices: 4, size: 48}, net: {arch: tiny_unet, slices: 3}, patch: 32,"
    keys = {}
    for name in ("mine", "copy", "other"):
        path = tmp_path / f"{name}.safetensors"
        if name == "copy":
            path.write_bytes((tmp_path / "mine.safetensors").read_bytes())
        if name == "other":
            save_tensors(path, {k: v + 1 for k, v in net.state_dict().items()})
        study = tmp_path / f"{name}.yaml"
        study.write_text(f"{text} init: {{name: file, path: {path}}}}}\n")
        found = identified(load_study(study), home).cells[0].trial.fit
        keys[name] = found.key
    assert keys["mine"] == keys["copy"] != keys["other"]
    other = build_net(fitted().net, 3, 1)
    as_function(found.init, home)(other)
    torch.testing.assert_close(other.head.weight, net.head.weight + 1)


def test_a_file_that_is_missing_or_a_pickle_is_refused(home: Home, tmp_path: Path) -> None:
    study = tmp_path / "study.yaml"
    study.write_text(
        "base:\n  fit: {train_on: phantom, net: tiny_unet, patch: 32, init: {name: file, path: none.st}}\n"
    )
    with pytest.raises(Mistakes, match=r"no file none\.st; paths are relative"):
        identified(load_study(study), home)
    torch.save({"weight": torch.ones(2)}, tmp_path / "weights.pt")
    init = fitted(init={"name": "file", "path": str(tmp_path / "weights.pt")}).init
    with pytest.raises(ValueError, match="no safetensors file, the only kind that runs no code"):
        as_function(init, home)(build_net(fitted().net, 3, 1))


def test_what_differs_is_said() -> None:
    three, five = build_net(fitted().net, 3, 1), build_net(fitted().net, 5, 1)
    with pytest.raises(
        ValueError, match=r"3 inputs there, 5 here; spread them with an init around this one"
    ):
        load_into(five, three.state_dict(), "all")
    with pytest.raises(ValueError, match="no weight of the other network has a place"):
        load_into(five, {"strange": torch.ones(1)}, "matching")


@pytest.mark.parametrize("arch", ["unet", "deeplabv3plus", "segformer"])
@pytest.mark.parametrize("tie", ["mirrored", "all"])
def test_a_tied_first_convolution_cannot_tell_the_neighbours_apart(arch: str, tie: str) -> None:
    net = (
        build_net(
            fitted(net={"arch": arch, "encoder": "resnet18", "slices": 5, "tied": tie}).net, 5, 1
        )
        .double()
        .eval()
    )
    torch.manual_seed(0)
    images = torch.rand(1, 5, 64, 64, dtype=torch.float64)
    torch.testing.assert_close(net(images), net(images.flip(1)))
    middle = net(images[:, [0, 2, 1, 3, 4]])  # the middle slice exchanged with a neighbour
    assert torch.allclose(middle, net(images)) == (tie == "all")
    free = (
        build_net(fitted(net={"arch": arch, "encoder": "resnet18", "slices": 5}).net, 5, 1)
        .double()
        .eval()
    )
    assert not torch.allclose(free(images), free(images.flip(1)))


def test_tying_mirrors_slices_and_leaves_the_colours_of_a_slice_alone() -> None:
    net = build_net(
        fitted(net={"arch": "tiny_unet", "slices": 3, "tied": "mirrored"}).net, 9, 1
    ).eval()
    stack = torch.rand(1, 3, 3, 16, 16)  # slices, colours
    torch.testing.assert_close(net(stack.flatten(1, 2)), net(stack.flip(1).flatten(1, 2)))
    assert not torch.allclose(net(stack.flatten(1, 2)), net(stack.flip(2).flatten(1, 2)))


HUB = """
import sys, torch
from harness.components.nets.hub import encoder_weights
try:
    found = encoder_weights("resnet18", sys.argv[1])
    print(float(found["encoder.conv1.weight"][0, 0, 0, 0]), len(found))
except ValueError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the layout of the hub, and one encoder in it whose first weight is 0.5."""
    from safetensors.torch import save_file

    from harness.components.nets.hub import smp

    path = tmp_path_factory.mktemp("hub") / "model.safetensors"
    weights = smp.encoders.get_encoder("resnet18", weights=None).state_dict()
    weights["conv1.weight"][0, 0, 0, 0] = 0.5
    save_file(weights, path)
    files = {"model.safetensors": path.read_bytes(), "config.json": b"{}"}

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.answer(False)

        def do_GET(self) -> None:
            self.answer(True)

        def answer(self, whole: bool) -> None:
            name = self.path.split("?")[0].rsplit("/", 1)[-1]
            body = files.get(name)
            self.send_response(404 if body is None else 200)
            self.send_header("ETag", f'"{name}-1"')
            self.send_header("X-Repo-Commit", self.path.split("/resolve/")[1].split("/")[0])
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            if whole and body:
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def asked(endpoint: str, cache: Path, weights: str) -> str:
    gone = (
        "HF_HUB_OFFLINE",
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
        "ALL_PROXY",
        "all_proxy",
    )
    env = {k: v for k, v in os.environ.items() if k not in gone}
    env |= {"HF_ENDPOINT": endpoint, "HF_HOME": str(cache)}
    done = subprocess.run(
        [sys.executable, "-c", HUB, weights], capture_output=True, text=True, env=env, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_imagenet_comes_from_the_hub_once_and_then_from_the_cache(hub: str, tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:9"
    assert asked(hub, tmp_path, "imagenet").startswith("0.5 ")
    assert asked(nobody, tmp_path, "imagenet").startswith("0.5 ")
    refused = asked(nobody, tmp_path / "empty", "imagenet")
    assert "are not in the cache" in refused
    assert "take `photos`, which needs no download" in refused
    assert "has no 'imagnet'; there is imagenet" in asked(nobody, tmp_path / "empty", "imagnet")
