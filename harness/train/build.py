"""Values of a spec -> functions and networks: a component with its options filled in, its nested parts made."""

import dataclasses
from collections.abc import Callable
from functools import partial, update_wrapper
from pathlib import Path
from typing import Any

from torch import nn

from harness.data.images import Domains, Labelled, Unlabelled
from harness.spec.catalogue import COMMON, catalogue, load_component
from harness.spec.options import typed_value
from harness.spec.values import LAST, Fit, Part
from harness.store import Home
from harness.train.first_conv import tied


def bind(part: Part, home: Home | None) -> Callable[..., Any]:
    """A component as a function of its positional arguments alone."""
    component = catalogue(part.kind)[part.name]
    common = {option.name for option in COMMON.get(part.kind, ())}
    picked = next(
        (v for v in part.options.values() if isinstance(v, Part) and v.kind == "pick"), LAST
    )
    options = {
        name: _value(component.options[name].type, value, home, picked)
        for name, value in part.options.items()
        if name not in common
    }
    function = load_component(part.kind, part.name)
    bound = update_wrapper(partial(function, **options), function)
    bound.label = part.label  # type: ignore[attr-defined]
    return bound


def built(part: Part, channels: int, outputs: int) -> nn.Module:
    """A network before any init, its first convolution tied where the part says so."""
    net: nn.Module = bind(part, None)(channels, outputs)
    return tied(net, part.options["tied"], int(part.options["slices"]))


def _value(annotation: Any, value: Any, home: Home | None, picked: Part) -> Any:
    if isinstance(value, Part):
        return bind(value, home) if value.kind not in ("dataset", "net") else value
    if isinstance(value, Fit):
        return checkpoint(value, picked, home)
    if isinstance(value, list) and any(isinstance(v, Part) for v in value):
        return [_value(annotation, v, home, picked) for v in value]
    return typed_value(annotation, value)


def checkpoint(fit: Fit, pick: Part, home: Home | None) -> Path:
    """The weights that a pick chose of a finished fit."""
    if home is None:
        raise ValueError("this component may not read another fit")
    path = home.store("fits").path(fit.key) / f"{pick.key}.safetensors"
    if not path.exists():
        raise FileNotFoundError(
            f"the fit {fit.key} ({fit.label}) has no checkpoint of the pick {pick.name}"
        )
    return path


def channels_and_outputs(part: Part, seen: Labelled | Unlabelled) -> tuple[int, int]:
    """The network's inputs for these images, and an output for each class; one logit answers two classes."""
    images = seen.images if isinstance(seen, Labelled) else seen
    if (told := part.options["classes"]) is not None:
        if isinstance(seen, Labelled) and 2 < told < len(seen.classes):
            known = f"{len(seen.classes)} classes ({', '.join(seen.classes)})"
            raise ValueError(
                f"fit.net.classes: {told} outputs cannot tell {known} apart; 2 mean foreground or not"
            )
        return images.channels, told
    classes = len(seen.classes) if isinstance(seen, Labelled) else 1
    return images.channels, 1 if classes <= 2 else classes


def prepared(fit: Fit, data: Domains, home: Home) -> Domains:
    """The domains after every `prepare` of the fit."""
    for part in fit.prepare:
        change = bind(part, home)
        data = dataclasses.replace(
            data,
            source=_changed(change, data.source, data),
            validation=None if data.validation is None else _changed(change, data.validation, data),
            target=None if data.target is None else _changed(change, data.target, data),
        )
    return data


def _changed(change: Callable[..., Any], seen: Any, data: Domains) -> Any:
    if isinstance(seen, Labelled):
        return dataclasses.replace(seen, images=_changed(change, seen.images, data))
    return dataclasses.replace(seen, pixels=change(seen, data))
