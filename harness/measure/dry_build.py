"""A trial built on torch's meta device, where a network has shapes and no weights: what would fail
once it runs is found before anything does.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from harness.data.images import Labelled
from harness.data.outline import Outline, outline_of
from harness.measure.layers import layer
from harness.measure.starts import ask_start, place_in_fit
from harness.spec.catalogue import load_component
from harness.spec.values import Fit, Part, Steps, Trial
from harness.spec.walk import fits_by_place
from harness.store import Home
from harness.train.build import build_net, outputs_of
from harness.train.weights import load_into

Problem = tuple[Steps, str]  # steps from the trial, and what is wrong there

# what torch says where a network cannot live on the meta device, though it is right
SIGNS_OF_META = ("meta", "fake tensor", "storage", "data pointer")


@dataclass(frozen=True)
class BuiltNetwork:
    """A network without weights, and what it answered to one patch."""

    net: nn.Module
    answer: object
    outputs: int


@dataclass
class DryBuild:
    """What several trials share while they are built: outlines of data, and networks."""

    home: Home
    _outlines: dict[str, Outline | None] = field(default_factory=dict)
    _networks: dict[str, BuiltNetwork | str | None] = field(default_factory=dict)

    def problems(self, trial: Trial) -> list[Problem]:
        """Everything that is wrong with a trial, by its data and by building its networks."""
        problems = [*self._problems_of_fits(trial), *self._problems_of_test(trial)]
        if not problems:
            problems += self._problems_of_layers(trial)
        return problems

    def outline(self, part: Part) -> Outline | None:
        """The outline of a data set; None where it is not known before it is opened."""
        if part.key not in self._outlines:
            try:
                self._outlines[part.key] = outline_of(part, self.home)
            except (ValueError, LookupError, OSError):  # whoever opens it says why
                self._outlines[part.key] = None
        return self._outlines[part.key]

    def network(self, fit: Fit) -> BuiltNetwork | str | None:
        """The network of a fit after its start; a sentence where it cannot be built, None where
        only the device that it is trained on will tell.
        """
        source = self.outline(fit.train_on)
        if source is None:
            return None
        name = f"{fit.net.key} {fit.init.key} {source.planes} {source.classes} {fit.patch}"
        if name not in self._networks:
            self._networks[name] = self._build(fit, source)
        return self._networks[name]

    def weights(self) -> dict[str, int]:
        """How many bytes the weights of each network take that was built, by its key."""
        sizes: dict[str, int] = {}
        for name, built in self._networks.items():
            if isinstance(built, BuiltNetwork):
                tensors = built.net.state_dict().values()
                sizes[name.split()[0]] = sum(tensor.nbytes for tensor in tensors)
        return sizes

    def _build(self, fit: Fit, source: Outline) -> BuiltNetwork | str | None:
        """Builds a network, passes one patch through it, and loads what it starts from.

        One that asks for numbers, of which the meta device has none, is built on the processor.
        """
        for device in ("meta", "cpu"):
            try:
                return self._build_on(device, fit, source)
            except ValueError as error:
                return str(error)
            except Exception as error:  # noqa: BLE001  a component may raise anything
                needs_numbers = any(sign in str(error).lower() for sign in SIGNS_OF_META)
                if device == "cpu" or not needs_numbers:
                    return f"{fit.net.name} cannot be built: {type(error).__name__}: {error}"
        return None

    def _build_on(self, device: str, fit: Fit, source: Outline) -> BuiltNetwork:
        """Builds the network of a fit on a device; only the shapes of its weights are kept."""
        channels = source.planes * int(fit.net.options["slices"])
        classes = source.classes if source.has_masks else ()
        outputs = outputs_of(fit.net, channels, classes)
        with torch.device(device), torch.random.fork_rng(devices=[]), torch.no_grad():
            net = build_net(fit.net, channels, outputs).eval()
            answer = net(torch.zeros(1, channels, fit.patch, fit.patch))
        ask_start(net, fit.init)
        self._load_start(net.to("meta"), fit.init)
        return BuiltNetwork(net, answer, outputs)

    def _load_start(self, net: nn.Module, init: Part) -> None:
        """Loads the weights of the fit that a network starts from, as far as their shapes go."""
        inner = init.options.get("fit")
        if init.name == "trained" and isinstance(inner, Fit):
            built = self.network(inner)
            if isinstance(built, BuiltNetwork):
                load_into(net, built.net.state_dict(), init.options["part"])

    def _problems_of_fits(self, trial: Trial) -> Iterator[Problem]:
        """Finds fits whose images do not suit them, and networks that cannot be built."""
        for steps, fit in fits_by_place(trial):
            is_own = fit is trial.fit
            source = self.outline(fit.train_on)
            if source is not None:
                for name, text in _problems_of_source(fit, source):
                    yield _steps(steps, name, is_own), text
            built = self.network(fit)
            if isinstance(built, str):
                name, text = place_in_fit(built)
                yield _steps(steps, name, is_own), text
            elif is_own and built is not None:  # a pretext has its own idea of an answer
                yield from _problems_of_answer(built, fit)

    def _problems_of_test(self, trial: Trial) -> Iterator[Problem]:
        """Finds test images that the network cannot take, or whose masks mean something else."""
        fit = trial.fit
        source, test = self.outline(fit.train_on), self.outline(trial.test_on)
        if source is None or test is None:
            return
        if not fit.prepare and not trial.prepare and source.planes != test.planes:
            yield (
                ("test_on",),
                f"an image of {trial.test_on.level} has {_planes(test)}, and the network was "
                f"trained on {fit.train_on.level}, which has {_planes(source)}",
            )
        if not test.has_masks:
            for number, probe in enumerate(trial.probes):
                if _needs_masks(probe):
                    text = f"{probe.name} needs masks, and test_on {trial.test_on.level} has none"
                    yield ("probes", number), text
        are_labelled = source.has_masks and test.has_masks
        counts = (len(source.classes), len(test.classes))
        if are_labelled and all(counts) and counts[0] != counts[1]:
            yield (
                ("test_on",),
                f"{trial.test_on.level} has the classes {', '.join(test.classes)}, and the "
                f"network learned {', '.join(source.classes)} on {fit.train_on.level}",
            )

    def _problems_of_layers(self, trial: Trial) -> Iterator[Problem]:
        """Finds layers that a perturbation or a probe names and the network does not have."""
        built = self.network(trial.fit)
        if not isinstance(built, BuiltNetwork):
            return
        parts: list[tuple[Steps, Part]] = []
        if trial.perturb is not None and trial.perturb.component.facts.features:
            parts.append((("perturb",), trial.perturb))
            if trial.perturb.options["strength"] == trial.perturb.component.facts.neutral:
                parts.clear()  # it changes nothing, and looks at no layer
        for number, probe in enumerate(trial.probes):
            parts.append((("probes", number), probe))
        for steps, part in parts:
            for inner_steps, name in _layer_names(part):
                try:
                    layer(built.net, name)
                except ValueError as error:
                    yield (*steps, *inner_steps), str(error)


def _steps(steps: Steps, name: str, is_own: bool) -> Steps:
    """Where a setting of a fit stands; one of a fit inside is put down to what names that."""
    return (*steps, name) if is_own else steps


def _problems_of_answer(built: BuiltNetwork, fit: Fit) -> Iterator[Problem]:
    """Says what a network answers instead of a plane of logits for each output, if it does."""
    answer = built.answer
    expected = (1, built.outputs, fit.patch, fit.patch)
    shape = tuple(answer.shape) if isinstance(answer, Tensor) else f"a {type(answer).__name__}"
    if shape != expected:
        line = _line_of(load_component("net", fit.net.name))
        yield ("fit", "net"), f"{fit.net.name} gives {shape} instead of logits {expected} ({line})"


def _line_of(function: Callable[..., Any]) -> str:
    """The file and line of a component."""
    code = inspect.unwrap(function).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


def _problems_of_source(fit: Fit, source: Outline) -> Iterator[tuple[str, str]]:
    """Finds settings of a fit that its training images do not allow."""
    level = fit.train_on.level
    if source.size is not None and fit.patch > min(source.size):
        height, width = source.size
        text = f"{fit.patch} is larger than the smallest image of {level}, {height} x {width}"
        yield "patch", f"{text}; take a patch of at most {min(source.size)}"
    if source.count is None:
        return
    if fit.fold is not None and fit.fold[1] > source.count:
        yield "fold", f"{fit.fold[1]} folds of {source.count} images; take fewer folds"
    if fit.shots is not None and fit.shots > source.count:
        yield "shots", f"{fit.shots} shots of {source.count} images; take fewer shots"


def _planes(outline: Outline) -> str:
    return "1 channel" if outline.planes == 1 else f"{outline.planes} channels"


def _needs_masks(probe: Part) -> bool:
    """Whether a probe takes its test set with masks, as its signature says."""
    signature = inspect.signature(load_component("probe", probe.name))
    annotations = [parameter.annotation for parameter in signature.parameters.values()]
    return Labelled in annotations[:2]


def _layer_names(part: Part) -> Iterator[tuple[Steps, str]]:
    """The layers that a component names, or another one inside it."""
    for name, value in part.options.items():
        if isinstance(value, Part) and value.kind in ("saliency", "perturb"):
            for steps, inner in _layer_names(value):
                yield (name, *steps), inner
        elif name == "layer" and isinstance(value, str):
            yield (name,), value
        elif name == "layers" and isinstance(value, list):
            for number, item in enumerate(value):
                yield (name, number), str(item)
