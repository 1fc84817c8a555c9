"""Every registered component keeps the contract: its source says what the function is."""

import inspect

import pytest

from harness.spec.catalogue import (
    COMMON,
    HOMES,
    Component,
    catalogue,
    load_component,
    refused_components,
)
from harness.spec.enclosing import Enclosing
from harness.spec.options import NAMED_BY, REQUIRED, readable
from harness.spec.parse import Problems, read_part

ALL: dict[str, Component] = {}
for kind in HOMES:
    for name, component in catalogue(kind).items():
        ALL[f"{kind}-{name}"] = component

POSITIONAL = {
    "dataset": ["split", "home"],
    "net": ["channels", "classes"],
    "init": ["net"],
    "method": ["net", "data"],
    "pick": ["net", "data"],
    "loss": ["logits", "masks", "ignore", "weights"],
    "weight": ["source", "net"],
    "optimiser": ["parameters", "lr"],
    "schedule": ["clock"],
    "augment": ["images", "masks", "rng"],
    "probe": ["net", "test"],
    "prepare": ["images", "domains"],
    "perturb": ["images", "strength", "rng"],
    "saliency": ["net", "images", "masks"],
}


SUPPLIES = {  # of probes: by their needs, what the argument is called
    "original": "original",
    "start": "start",
    "training": "training",
    "source": "source",
    "seeds": "others",
}


def expected_of(component: Component) -> list[str]:
    """The positional arguments that the harness gives; two facts change them."""
    if component.kind == "perturb" and component.facts.features:
        return ["net", "strength"]
    if component.kind == "probe":
        needs = component.facts.needs
        further = [name for need, name in SUPPLIES.items() if need in needs]
        return [*POSITIONAL["probe"], *further]
    return POSITIONAL[component.kind]


@pytest.mark.parametrize("component", ALL.values(), ids=ALL)
def test_the_source_that_is_read_is_the_function_that_runs(component: Component) -> None:
    function = load_component(component.kind, component.name)
    parameters = inspect.signature(function).parameters.values()
    keywords = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
    common = {option.name for option in COMMON.get(component.kind, ())}
    defaults = {name: option.default for name, option in component.options.items()}
    assert keywords.keys() == defaults.keys() - (common - keywords.keys())
    for name, default in keywords.items():
        if default is inspect.Parameter.empty:
            default = REQUIRED
        elif isinstance(default, tuple):
            default = list(default)
        assert defaults[name] == default, name
    if component.kind in POSITIONAL:
        positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert positional == expected_of(component)


@pytest.mark.parametrize("component", ALL.values(), ids=ALL)
def test_it_has_one_sentence_and_readable_options(component: Component) -> None:
    assert component.sentence.endswith(".")
    assert len(component.sentence) <= 160
    for option in component.options.values():
        assert readable(option.type)


@pytest.mark.parametrize("component", ALL.values(), ids=ALL)
def test_its_defaults_are_values_of_its_own_schema(component: Component) -> None:
    raw: dict[str, str] = {NAMED_BY.get(component.kind, "name"): component.name}
    options = component.options.values()
    required = [option.name for option in options if option.default is REQUIRED]
    raw.update(dict.fromkeys(required, "missing"))
    problems: Problems = []
    assert read_part(component.kind, raw, (), problems, Enclosing()) is not None
    refused = {steps[-1] if steps else "" for steps, _ in problems}
    assert refused <= set(required), problems


@pytest.mark.parametrize("kind", HOMES)
def test_no_shipped_component_is_refused(kind: str) -> None:
    assert refused_components(kind) == {}


def test_the_encoders_named_are_those_of_the_library() -> None:
    # harness's own file first: it stands in for operators of torchvision that are not there
    from harness.components.nets.smp import ENCODERS, smp

    names = smp.encoders.get_encoder_names()
    assert set(ENCODERS) == {name for name in names if not name.startswith("tu-")}
