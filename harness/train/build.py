"""Parts of a spec become functions and networks: options filled in, nested parts built first."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, update_wrapper
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from harness.data.images import Domains, Labelled, Unlabelled
from harness.spec.catalogue import COMMON, load_component
from harness.spec.options import typed_value
from harness.spec.values import LAST, Fit, Part
from harness.store import Home
from harness.train.first_conv import with_tied_slices


def as_function(part: Part, home: Home | None) -> Callable[..., Any]:
    """Returns a component as a function of its positional arguments alone."""
    common = {option.name for option in COMMON.get(part.kind, ())}
    pick = _pick_of(part)
    options = {}
    for name, value in part.options.items():
        if name not in common:
            option = part.component.options[name]
            options[name] = _option_value(option.type, value, home, pick)
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
    for value in part.options.values():
        if isinstance(value, Part) and value.kind == "pick":
            return value
    return LAST


def _option_value(annotation: Any, value: Any, home: Home | None, pick: Part) -> Any:
    """Returns an option as the component's function takes it: parts as functions, fits as files."""
    if isinstance(value, Part):
        if value.kind in ("dataset", "net"):
            return value
        return as_function(value, home)
    if isinstance(value, Fit):
        return checkpoint(value, pick, home)
    if isinstance(value, list) and any(isinstance(item, Part) for item in value):
        return [_option_value(annotation, item, home, pick) for item in value]
    return typed_value(annotation, value)


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
    """
    classes = domain.classes if isinstance(domain, Labelled) else ()
    outputs = part.options["classes"]
    if outputs is None:
        outputs = len(classes) if len(classes) > 2 else 1
    elif 2 < outputs < len(classes):
        raise ValueError(
            f"fit.net.classes: {outputs} outputs cannot tell {len(classes)} classes "
            f"({', '.join(classes)}) apart; 2 mean foreground or not"
        )
    return domain.images.channels, outputs


@dataclass(frozen=True)
class PrepareStep:
    """A `prepare` step of a fit, and the domains that it learns from."""

    function: Callable[[Unlabelled, Domains], Tensor]
    domains: Domains

    def __call__(self, images: Unlabelled) -> Tensor:
        """Returns new pixels for images: the domains' own, or those of a test set."""
        return self.function(images, self.domains)


def prepare_steps(fit: Fit, domains: Domains, home: Home) -> list[PrepareStep]:
    """Returns the `prepare` steps of a fit in their order.

    Each step learns from the domains as the step before it left them. Training and measuring both
    rely on this function, so that a test image is treated as a training image is.
    """
    steps: list[PrepareStep] = []
    for part in fit.prepare:
        if steps:
            domains = domains.with_pixels(steps[-1])
        steps.append(PrepareStep(as_function(part, home), domains))
    return steps


def prepare_domains(fit: Fit, data: Domains, home: Home) -> Domains:
    """Applies every `prepare` step of the fit to its source, validation and target images."""
    steps = prepare_steps(fit, data, home)
    if not steps:
        return data
    last_step = steps[-1]
    return last_step.domains.with_pixels(last_step)
