"""Packages of the BioImage Model Zoo, read by bioimageio.core where that is installed.

Only their TorchScript weights are taken: weights as a state dict need Python code of the package.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from harness.apply.foreign_models import ForeignNet, digest_of
from harness.apply.model import Model, OpenModel, Unusable
from harness.apply.normalise import Normalise, normalise
from harness.apply.reference import Reference
from harness.data.images import Unlabelled

DESCRIPTIONS = ("rdf.yaml", "bioimageio.yaml", "model.yaml")
NEEDED = "bioimageio"
SMALLEST = 1e-6
IGNORED = ("ensure_dtype",)  # pixels are float32 here
SAMPLE = 2**22  # pixels whose quantiles are those of an image

Step = Callable[[Tensor], Tensor]


def zoo_model(path: Path, _: Normalise) -> Model:
    """The model of a package, a folder or a .zip; it says itself how images are normalised."""
    if find_spec(NEEDED) is None:
        raise Unusable(
            "packages of the BioImage Model Zoo are read by bioimageio.core, which is not "
            "installed; pip install 'harness[bioimageio]'"
        )
    file = path
    if path.is_dir():
        file = next(path / name for name in DESCRIPTIONS if (path / name).exists())
    return Model(path.stem, str(path), digest_of(file, NEEDED), partial(_open_package, file))


def _open_package(file: Path, _: Reference, device: torch.device) -> OpenModel:
    """Opens the TorchScript weights of a package, and its steps before them."""
    from bioimageio.core import load_model_description

    description = load_model_description(file, perform_io_checks=False)
    weights = description.weights.torchscript
    if weights is None:
        raise Unusable(
            "the package has no TorchScript weights; the others need Python code of the package, "
            "which is not run (bioimageio add-weights makes them)"
        )
    if len(description.inputs) != 1:
        raise Unusable(f"it takes {len(description.inputs)} inputs; an image is one")
    steps = [_step(item) for item in description.inputs[0].preprocessing if _matters(item)]
    script = torch.jit.load(weights.get_reader(), map_location=device)
    after = [_name(item) for item in description.outputs[0].postprocessing]
    net = _FirstOfSeveral(script) if "sigmoid" in after else ForeignNet(script)
    return OpenModel(
        net=net.to(device).eval(),
        prepare=_Steps(tuple(steps)),
        channels=_channels(description.inputs[0].axes),
        is_script=True,
    )


class _FirstOfSeveral(ForeignNet):
    """A network whose maps are each a question of its own: the first is the foreground."""

    def forward(self, images: Tensor) -> Tensor:
        """Returns the logits of the foreground."""
        logits = super().forward(images)
        return logits[:, :1]


@dataclass(frozen=True)
class _Steps:
    """What a package does to grey values, each image by itself."""

    steps: tuple[Step, ...]

    def __call__(self, images: Unlabelled) -> Unlabelled:
        """Returns the images as the network was trained on them."""
        planes = []
        for plane in normalise(images, Normalise.none).pixels:
            values = plane
            for step in self.steps:
                values = step(values)
            planes.append(values)
        return replace(images, pixels=torch.stack(planes), unperturbed=None)


def _name(item: Any) -> str:
    """What a step is called: `id` from format 0.5 on, `name` before."""
    return str(getattr(item, "id", None) or item.name)


def _matters(item: Any) -> bool:
    return _name(item) not in IGNORED


def _step(item: Any) -> Step:
    """A step of a package as a function; `Unusable` where it is one that is not known."""
    options = item.kwargs
    name = _name(item)
    if name == "zero_mean_unit_variance":
        return _standardise
    if name == "scale_range":
        low, high = _percentiles(options)
        return partial(_scale_range, low=low, high=high)
    if name == "fixed_zero_mean_unit_variance":
        mean, deviation = float(options.mean), float(options.std)
        return partial(_linear, gain=1 / deviation, offset=-mean / deviation)
    if name == "scale_linear":
        gain, offset = _number(options.gain), _number(options.offset)
        return partial(_linear, gain=gain, offset=offset)
    if name == "clip":
        return partial(torch.clamp, min=float(options.min), max=float(options.max))
    raise Unusable(f"its step {name} before the network is not done here; export it without")


def _percentiles(options: Any) -> tuple[float, float]:
    """The two percentiles of a step, which are numbers, or stand in values of their own."""
    low = getattr(options, "min_percentile", 0.0)
    high = getattr(options, "max_percentile", 100.0)
    return float(low), float(high)


def _number(value: Any) -> float:
    """A number that may stand in a list of one."""
    return float(value[0]) if isinstance(value, list | tuple) else float(value)


def _standardise(values: Tensor) -> Tensor:
    return (values - values.mean()) / (values.std(correction=0) + SMALLEST)


def _scale_range(values: Tensor, low: float, high: float) -> Tensor:
    every = max(1, values.numel() // SAMPLE)
    sample = values.flatten()[::every]
    bottom = torch.quantile(sample, low / 100)
    top = torch.quantile(sample, high / 100)
    return (values - bottom) / (top - bottom + SMALLEST)


def _linear(values: Tensor, gain: float, offset: float) -> Tensor:
    return values * gain + offset


def _channels(axes: Any) -> int | None:
    """How many channels a package takes, as its axes say; None where they do not."""
    if isinstance(axes, str):
        return None if "c" in axes else 1
    for axis in axes:
        if getattr(axis, "type", "") == "channel":
            return len(axis.channel_names)
    return 1
