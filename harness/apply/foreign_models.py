"""Models from elsewhere: safetensors with a `net:` mapping beside them, and TorchScript."""

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from harness.apply.model import Model, OpenModel, Unusable
from harness.apply.normalise import Normalise, normalise
from harness.apply.reference import Reference
from harness.spec.options import did_you_mean
from harness.spec.parse import Enclosing, read_part
from harness.spec.values import Part
from harness.store import load_weights
from harness.study.document import Mistakes, parse, path_text
from harness.train.build import build_net

PICKLES = (".pth", ".pkl", ".pickle", ".ckpt", ".bin", ".joblib")
SCRIPTS = (".pt", ".ts", ".torchscript", *PICKLES)
WEIGHTS = (".safetensors",)
NOT_READ = (".onnx", ".keras", ".tflite", ".pb")
SETTINGS = ("net", "channels", "normalise")
EDGE = 1e-6  # of a probability, beyond which its logit is cut

NO_PICKLE = (
    "it is a pickle, which can run any code when it is opened, so it is not read; where it came "
    "from, save it as TorchScript (torch.jit.script(net).save('{stem}.pt')), or its weights as "
    "safetensors.torch.save_file(net.state_dict(), '{stem}.safetensors') with the network in "
    "{stem}.yaml (net: {{arch: ...}})"
)


def foreign_model(path: Path, way: Normalise) -> Model:
    """The model in a file; `Unusable` where it is none that can be read safely."""
    if path.name.endswith(WEIGHTS):
        return _weights_model(path, way)
    if path.name.endswith(SCRIPTS):
        return _script_model(path, way)
    raise Unusable(
        f"files of this kind are not read; export {path.name} as TorchScript "
        "(torch.jit.trace(net, example).save('model.pt'))"
    )


def digest_of(path: Path, *settings: object) -> str:
    """A hash of the bytes of a file, and of the settings that it is used with."""
    content = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(2**20):
            content.update(block)
    content.update(repr(settings).encode())
    return content.hexdigest()[:16]


def _script_model(path: Path, way: Normalise) -> Model:
    """A TorchScript archive, of which the header is looked at before anything is opened."""
    if not zipfile.is_zipfile(path):
        _refuse_no_archive(path)
    with zipfile.ZipFile(path) as archive:
        members = archive.namelist()
    if not any("/code/" in member for member in members):
        raise Unusable(NO_PICKLE.format(stem=path.stem))
    opener = partial(_open_script, path, way)
    return Model(path.stem, str(path), digest_of(path, way.value), opener)


def _refuse_no_archive(path: Path) -> None:
    """Says of a file that is no archive whether it is an old pickle, or nothing at all."""
    with open(path, "rb") as file:
        start = file.read(2)
    if start[:1] == b"\x80":
        raise Unusable(NO_PICKLE.format(stem=path.stem))
    raise Unusable(
        f"this is no TorchScript archive, or it was cut short (it starts with {start!r}); copy it "
        "again"
    )


def _open_script(path: Path, way: Normalise, _: Reference, device: torch.device) -> OpenModel:
    """Opens a TorchScript archive, whose code is TorchScript's own operations alone."""
    script = torch.jit.load(str(path), map_location=device).eval()
    net = ForeignNet(script).to(device).eval()
    return OpenModel(
        net=net,
        prepare=partial(normalise, way=way),
        channels=_channels_of(script),
        is_script=True,
    )


def _channels_of(script: nn.Module) -> int | None:
    """How many channels the first convolution takes; None where no weight says so."""
    for weight in script.state_dict().values():
        if weight.ndim == 4:
            return int(weight.shape[1])
    return None


class ForeignNet(nn.Module):
    """A network that gives logits, whatever the network of somebody else gives."""

    def __init__(self, script: nn.Module) -> None:
        """Takes the network that it asks."""
        super().__init__()
        self.script = script
        # frozen networks have no weights, and the first weight says which device images go to
        self.device_mark = nn.Parameter(torch.zeros(0), requires_grad=False)

    def forward(self, images: Tensor) -> Tensor:
        """Returns logits: probabilities are turned into them."""
        answer = _first_tensor(self.script(images))
        if answer.ndim == images.ndim - 1:
            answer = answer[:, None]
        if not _are_probabilities(answer):
            return answer
        probabilities = answer.clamp(EDGE, 1 - EDGE)
        if answer.shape[1] == 1:
            return torch.logit(probabilities)
        return probabilities.log()


def _first_tensor(answer: Any) -> Tensor:
    """The first tensor of what a network gives: some give several, or a mapping."""
    while not isinstance(answer, Tensor):
        values = list(answer.values()) if isinstance(answer, Mapping) else list(answer)
        answer = values[0]
    return answer


def _are_probabilities(answer: Tensor) -> bool:
    """Whether all values lie between 0 and 1, which logits of a whole image never do."""
    if float(answer.min()) < 0 or float(answer.max()) > 1:
        return False
    if answer.shape[1] == 1:
        return True
    sums = answer.sum(dim=1)
    return bool((sums - 1).abs().max() < 1e-3)


def _weights_model(path: Path, way: Normalise) -> Model:
    """Weights with the network that they belong to in a YAML file beside them."""
    settings = _settings_beside(path)
    part = _net_part(path, settings["net"])
    way = _way(path, settings.get("normalise", way.value))
    channels = settings.get("channels", 1)
    if not isinstance(channels, int) or channels < 1:
        raise Unusable(f"{_yaml(path).name}: channels: {channels!r} is no count of channels")
    opener = partial(_open_weights, _Weights(path, part, channels, way))
    digest = digest_of(path, way.value, part.key, channels)
    return Model(path.stem, str(path), digest, opener)


def _yaml(path: Path) -> Path:
    """The file beside some weights that says which network they belong to."""
    for ending in (".yml", ".yaml"):
        file = path.with_suffix(ending)
        if file.exists():
            return file
    return file


def _settings_beside(path: Path) -> dict[str, Any]:
    """What the YAML file beside some weights says."""
    file = _yaml(path)
    if not file.exists():
        raise Unusable(
            f"its weights alone do not say which network they belong to; write {file.name} beside "
            "it, with a line such as net: {arch: tiny_unet, width: 16}"
        )
    try:
        settings = parse(file.read_text(encoding="utf-8"), str(file)).value
    except (Mistakes, UnicodeDecodeError) as error:
        raise Unusable(f"{file.name} is no YAML: {error}") from error
    if not isinstance(settings, dict) or "net" not in settings:
        raise Unusable(f"{file.name} needs a line such as net: {{arch: tiny_unet, width: 16}}")
    for name in settings:
        if name not in SETTINGS:
            raise Unusable(f"{file.name}: no setting {name!r}; {did_you_mean(name, SETTINGS)}")
    return settings


def _net_part(path: Path, raw: Any) -> Part:
    """The network of a `net:` mapping, read as a study file is."""
    problems: list[Any] = []
    part = read_part("net", raw, ("net",), problems, Enclosing())
    if part is None or problems:
        texts = [f"{path_text(steps)}: {text}" for steps, text in problems]
        raise Unusable(f"{_yaml(path).name}: {'; '.join(texts)}")
    return part


def _way(path: Path, name: Any) -> Normalise:
    try:
        return Normalise(name)
    except ValueError:
        ways = ", ".join(Normalise)
        raise Unusable(f"{_yaml(path).name}: normalise: {name!r} is not one of {ways}") from None


@dataclass(frozen=True)
class _Weights:
    """Weights in a file, and what its YAML file says of them."""

    path: Path
    part: Part
    channels: int
    way: Normalise


def _open_weights(file: _Weights, _: Reference, device: torch.device) -> OpenModel:
    """Builds the network and gives it its weights, all of them."""
    weights = load_weights(file.path)
    slices = int(file.part.options["slices"])
    outputs = int(file.part.options["classes"] or 1)
    with torch.random.fork_rng(devices=[]):
        net = build_net(file.part, file.channels * slices, outputs)
    _check_weights(net.state_dict(), weights)
    net.load_state_dict(weights)
    net = net.to(device).eval()
    return OpenModel(net, partial(normalise, way=file.way), file.channels, slices)


def _check_weights(own: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> None:
    """Refuses weights of another network, with the first that differs."""
    for name in sorted({*own, *weights}):
        if name not in weights:
            raise Unusable(f"the weights lack {name}, which the network of its YAML file has")
        if name not in own:
            raise Unusable(f"the network of its YAML file has no {name}, which the weights have")
        if own[name].shape != weights[name].shape:
            in_file = tuple(weights[name].shape)
            expected = tuple(own[name].shape)
            raise Unusable(
                f"the weights are of another network than its YAML file says: {name} is {in_file} "
                f"in the file and {expected} in the network; correct net: or channels:"
            )
