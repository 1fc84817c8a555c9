"""Every registered component keeps the contract: its source says what the function is."""

import inspect
from pathlib import Path

import pytest

from harness.spec.catalogue import COMMON, HOMES, Component, catalogue, load_component
from harness.spec.options import NAMED_BY, REQUIRED, readable
from harness.spec.parse import read_part

ALL = [component for kind in HOMES for component in catalogue(kind).values()]
IDS = [f"{c.kind}-{c.name}" for c in ALL]

POSITIONAL = {
    "dataset": ["split", "home"],
    "net": ["channels", "classes"],
    "init": ["net"],
    "method": ["net", "data"],
    "pick": ["net", "data"],
    "loss": ["logits", "masks", "ignore"],
    "optimiser": ["parameters", "lr"],
    "schedule": ["clock"],
    "augment": ["images", "masks", "rng"],
    "probe": ["net", "test"],
    "prepare": ["images", "domains"],
    "perturb": ["images", "strength", "rng"],
    "saliency": ["net", "images", "masks"],
}


def expected_of(component: Component) -> list[str]:
    """The positional arguments that the harness gives; two facts change them."""
    if component.kind == "perturb" and component.facts.features:
        return ["net", "strength"]
    more = ["original"] if component.kind == "probe" and "original" in component.facts.needs else []
    return POSITIONAL[component.kind] + more


@pytest.mark.parametrize("component", ALL, ids=IDS)
def test_the_source_that_is_read_is_the_function_that_runs(component: Component) -> None:
    function = load_component(component.kind, component.name)
    signature = inspect.signature(function).parameters.values()
    keywords = {p.name: p.default for p in signature if p.kind is p.KEYWORD_ONLY}
    common = {option.name for option in COMMON.get(component.kind, ())}
    options = {
        n: o.default for n, o in component.options.items() if n not in common or n in keywords
    }
    assert keywords.keys() == options.keys()
    for name, default in keywords.items():
        expected = REQUIRED if default is inspect.Parameter.empty else default
        assert options[name] == (list(expected) if isinstance(expected, tuple) else expected), name
    positional = [p.name for p in signature if p.kind is p.POSITIONAL_OR_KEYWORD]
    if component.kind in POSITIONAL:
        assert positional == expected_of(component)


@pytest.mark.parametrize("component", ALL, ids=IDS)
def test_it_has_one_sentence_and_readable_options(component: Component) -> None:
    assert component.sentence.endswith(".")
    assert len(component.sentence) <= 160
    for option in component.options.values():
        assert readable(option.type)


@pytest.mark.parametrize("component", ALL, ids=IDS)
def test_its_defaults_are_values_of_its_own_schema(component: Component) -> None:
    given = {o.name: "missing" for o in component.options.values() if o.default is REQUIRED}
    wrong: list = []
    by = NAMED_BY.get(component.kind, "name")
    part = read_part(component.kind, {by: component.name, **given}, (), wrong, registry_around())
    assert part is not None
    named = {steps[-1] if steps else "" for steps, _ in wrong}
    assert named <= set(given), wrong


def registry_around():  # type: ignore[no-untyped-def]
    from harness.spec.parse import Around

    return Around()


def test_the_encoders_named_are_those_of_the_library() -> None:
    import segmentation_models_pytorch as smp

    from harness.components.nets.smp import ENCODERS

    known = {name for name in smp.encoders.get_encoder_names() if not name.startswith("tu-")}
    assert set(ENCODERS) == known


def test_a_new_component_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import harness.components.inits

    file = Path(harness.components.inits.__file__).parent / "written_by_a_test.py"
    file.write_text(
        '"""One file."""\n\nfrom harness.components.inits import init\nfrom harness.spec.options import Fraction\n\n\n'
        '@init\ndef halved(net, *, share: Fraction = 0.5) -> None:\n    """Half of the weights."""\n'
    )
    catalogue.cache_clear()
    try:
        assert catalogue("init")["halved"].options["share"].default == 0.5
    finally:
        file.unlink()
        catalogue.cache_clear()
