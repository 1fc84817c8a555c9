"""Parts of a spec become functions and networks: options filled in, nested parts built first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial, update_wrapper
from pathlib import Path
from typing import Any

import torch
from torch import nn

from harness.data.images import Labelled, Unlabelled
from harness.spec.catalogue import COMMON, load_component
from harness.spec.options import kind_of, mark_of, parts_of, typed_value
from harness.spec.records import FitRecord
from harness.spec.values import LAST, Fit, Part
from harness.store import Home, load_weights
from harness.train.first_conv import with_tied_slices

OpenDataset = Callable[[Part], Labelled | Unlabelled]


@dataclass(frozen=True)
class Supplies:
    """What turns options into values: other fits, the training device, and data sets."""

    home: Home | None
    device: torch.device | None = None
    open_dataset: OpenDataset | None = None
    open_labelled: OpenDataset | None = None  # those whose masks a component says that it sees


def as_function(
    part: Part,
    home: Home | None,
    device: torch.device | None = None,
    open_dataset: OpenDataset | None = None,
    open_labelled: OpenDataset | None = None,
) -> Callable[..., Any]:
    """Returns a component as a function of its positional arguments alone.

    A network of another fit comes onto the device; data sets are opened where somebody says how,
    and with their masks where a component says that it looks at them.
    """
    return _bind(part, Supplies(home, device, open_dataset, open_labelled))


def _bind(part: Part, supplies: Supplies) -> Callable[..., Any]:
    """Returns a component with all its options filled in."""
    common = {option.name for option in COMMON.get(part.kind, ())}
    pick = _pick_of(part)
    options = {}
    for name, value in part.options.items():
        if name not in common:
            option = part.component.options[name]
            of_option = supplies
            if name in part.component.facts.leaks:
                of_option = replace(supplies, open_dataset=supplies.open_labelled)
            options[name] = _option_value(option.type, value, of_option, pick)
    function = load_component(part.kind, part.name)
    bound = update_wrapper(partial(function, **options), function)
    bound.label = part.level  # type: ignore[attr-defined]
    return bound


def build_net(part: Part, channels: int, outputs: int) -> nn.Module:
    """Builds a network before any init, its first convolution tied if the part says so."""
    build = as_function(part, None)
    net: nn.Module = build(channels, outputs)
    slices = int(part.options["slices"])
    return with_tied_slices(net, part.options["tied"], slices)


def _pick_of(part: Part) -> Part:
    """Returns the pick that decides which checkpoint this part reads of another fit."""
    pick = part.options.get("pick")
    return pick if isinstance(pick, Part) else LAST


def _option_value(annotation: Any, value: Any, supplies: Supplies, pick: Part) -> Any:
    """Returns an option as the component's function takes it.

    Parts come as functions, fits as files or as networks, data sets opened or as their parts.
    """
    _, inner = parts_of(annotation)
    if isinstance(value, list) and kind_of(inner) is not None:
        return [_option_value(inner, item, supplies, pick) for item in value]
    if isinstance(value, Fit):
        mark = mark_of(inner)
        if mark is not None and mark.ready:
            return ready_network(value, pick, supplies.home, supplies.device)
        return checkpoint(value, pick, supplies.home)
    if not isinstance(value, Part):
        return typed_value(annotation, value)
    if value.kind == "dataset" and supplies.open_dataset is not None:
        return supplies.open_dataset(value)
    if value.kind in ("dataset", "net"):
        return value
    return _bind(value, supplies)


def ready_network(
    fit: Fit, pick: Part, home: Home | None, device: torch.device | None
) -> nn.Module:
    """Returns the network of a finished fit, which learns no more, for a component to use.

    Building it draws no random numbers from whoever asks.
    """
    if device is None:
        raise ValueError("this component may not have the network of another fit")
    with torch.random.fork_rng(devices=[]):
        net = trained_network(fit, pick, home, device)
    return net.requires_grad_(False)


def trained_network(fit: Fit, pick: Part, home: Home | None, device: torch.device) -> nn.Module:
    """Returns a trained network with the weights that a pick chose, in evaluation mode."""
    weights = load_weights(checkpoint(fit, pick, home))
    record = FitRecord.read(checkpoint(fit, pick, home).parent)
    net = build_net(fit.net, record.channels, record.outputs).to(device)
    net.load_state_dict(weights)
    if fit.channels_last:
        net = net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net.eval()


def checkpoint(fit: Fit, pick: Part, home: Home | None) -> Path:
    """Returns the file with the weights that a pick chose of a finished fit."""
    if home is None:
        raise ValueError("this component may not read another fit")
    path = home.store("fits").open(fit.key) / f"{pick.key}.safetensors"
    if not path.exists():
        name = f"{fit.key} ({fit.level})"
        raise FileNotFoundError(f"the fit {name} has no checkpoint of the pick {pick.name}")
    return path


def channels_and_outputs(part: Part, domain: Labelled | Unlabelled) -> tuple[int, int]:
    """Returns the inputs and outputs that a network needs for these images.

    It has an output for each class, unless the part says how many; one logit answers two classes.
    A network that translates images has an output for each plane of them.
    """
    channels = domain.images.channels
    classes = domain.classes if isinstance(domain, Labelled) else ()
    return channels, outputs_of(part, channels, classes)


def outputs_of(part: Part, channels: int, classes: Sequence[str]) -> int:
    """Returns the outputs of a network for images of so many channels and these classes."""
    if part.component.facts.translates:
        return channels
    outputs: int | None = part.options["classes"]
    if outputs is None:
        outputs = len(classes) if len(classes) > 2 else 1
    elif 2 < outputs < len(classes):
        raise ValueError(
            f"fit.net.classes: {outputs} outputs cannot tell {len(classes)} classes "
            f"({', '.join(classes)}) apart; 2 mean foreground or not"
        )
    return outputs
