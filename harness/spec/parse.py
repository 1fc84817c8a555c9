"""Plain mappings -> parts, fits and trials; whatever is wrong with them, all at once."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from harness.spec.catalogue import Component, catalogue
from harness.spec.options import (
    NAMED_BY,
    REQUIRED,
    Option,
    did_you_mean,
    kind_of,
    parts_of,
    plain_value,
)
from harness.spec.values import Fit, Part, Steps, Trial


@dataclass(frozen=True)
class Around:
    """What a nested fit takes over from the fit around it."""

    net: Any = None
    seed: Any = 0


Complaints = list[tuple[Steps, str]]


def options_of(value: type[Fit] | type[Trial]) -> dict[str, Option]:
    """The fields of Fit or Trial as options, like those of a component."""
    hints = get_type_hints(value, include_extras=True)
    return {f.name: Option(f.name, hints[f.name], _default(f)) for f in dataclasses.fields(value)}


def _default(f: "dataclasses.Field[Any]") -> Any:
    if f.default_factory is not dataclasses.MISSING:
        return f.default_factory()
    return REQUIRED if f.default is dataclasses.MISSING else f.default


def read(
    annotation: Any,
    raw: Any,
    steps: Steps,
    wrong: Complaints,
    around: Around = Around(),
    *,
    role: str = "",
) -> Any:
    """The value that an option of this type takes for what a study file says; complaints where it cannot."""
    shape, inner = parts_of(annotation)
    kind = kind_of(inner)
    if kind is None:
        try:
            return plain_value(annotation, raw)
        except ValueError as error:
            wrong.append((steps, str(error)))
            return None
    if shape == "optional" and raw is None:
        return None
    if shape == "list":
        items = (
            raw if isinstance(raw, list) else [raw]
        )  # one component may be written without its brackets
        return [
            read(inner, item, (*steps, i), wrong, around, role=role) for i, item in enumerate(items)
        ]
    if kind == "fit":
        return read_fit(raw, steps, wrong, around)
    return read_part(kind, raw, steps, wrong, around, role=role)


def read_part(
    kind: str, raw: Any, steps: Steps, wrong: Complaints, around: Around, *, role: str = ""
) -> Part | None:
    """A component by its name, or by a mapping with its name and options."""
    by = NAMED_BY.get(kind, "name")
    known = catalogue(kind)
    if isinstance(raw, str):
        raw = {by: raw}
    if not isinstance(raw, dict) or by not in raw:
        missing = isinstance(raw, dict)
        what = f"needs `{by}`" if missing else f"{raw!r} should be a name or a mapping with `{by}`"
        wrong.append((steps, f"{what}; {did_you_mean('', known)}"))
        return None
    name = raw[by]
    if not isinstance(name, str) or name not in known:
        at = (*steps, by) if len(raw) > 1 else steps
        wrong.append((at, f"no {kind} named {name!r}; {did_you_mean(name, known)}"))
        return None
    given = {k: v for k, v in raw.items() if k not in (by, "label")}
    called = raw.get("label", "")
    if not isinstance(called, str):
        wrong.append(((*steps, "label"), f"{called!r} should be a text"))
        called = ""
    if role and kind == "dataset" and given.get("split") is None:
        given["split"] = role
    without = known[name].without
    options = _read_options(
        known[name].options, given, steps, wrong, around, owner=f"{kind} {name}", without=without
    )
    if isinstance(options.get("strength"), float):
        wrong += [
            ((*steps, "strength"), text) for text in _strength(known[name], options["strength"])
        ]
    unsaid = frozenset(
        n for n, value in options.items() if isinstance(value, Fit) and n not in given
    )
    return Part(kind, name, options, called, unsaid)


def _strength(perturb: Component, strength: float) -> list[str]:
    """A strength that a perturbation gives no meaning to."""
    least, most = perturb.facts.least, perturb.facts.most
    upper = f" to {most:g}" if most < math.inf else ""
    return (
        []
        if least <= strength <= most
        else [f"{strength:g}: {perturb.name} takes a number from {least:g}{upper}"]
    )


def read_fit(raw: Any, steps: Steps, wrong: Complaints, around: Around | None = None) -> Fit | None:
    """A fit; a nested one takes the net of the fit around it, and its seed where it says `seed: trial`."""
    if not isinstance(raw, dict):
        wrong.append((steps, f"{raw!r} should be a mapping of a fit's settings"))
        return None
    given = dict(raw)
    if around is not None:
        if given.get("seed") == "trial":
            given["seed"] = around.seed
        if around.net is not None:
            given["net"] = _inherited(given.get("net"), around.net)
    inside = Around(given.get("net"), given.get("seed", 0))
    before = len(wrong)
    options = _read_options(options_of(Fit), given, steps, wrong, inside, owner="a fit")
    if len(wrong) > before or options.get("train_on") is None:
        return None
    return Fit(**options)


def _inherited(mine: Any, around: Any) -> Any:
    """The net of a nested fit: the one around it, or its own with every option filled in that both have."""
    outer = {"arch": around} if isinstance(around, str) else around
    inner = {"arch": mine} if isinstance(mine, str) else mine
    if not isinstance(inner, dict) or not isinstance(outer, dict):
        return around if mine is None else mine
    known = catalogue("net").get(str(inner.get("arch", outer.get("arch"))))
    shared = {
        k: v for k, v in outer.items() if k == "arch" or (known is not None and k in known.options)
    }
    return {**shared, **inner}


def read_trial(raw: dict[str, Any], wrong: Complaints) -> Trial | None:
    """A trial; it tests on the test split of its own training set where no other is named."""
    trained = read_fit(raw.get("fit", {}), ("fit",), wrong)
    return assemble(raw, trained, wrong)


def assemble(raw: Mapping[str, Any], trained: Fit | None, wrong: Complaints) -> Trial | None:
    """The trial around a fit that is already read."""
    given = {k: v for k, v in raw.items() if k != "fit"}
    if given.get("test_on") is None and trained is not None:
        given["test_on"] = tests_by_default(trained.train_on)
    expected = {k: v for k, v in options_of(Trial).items() if k != "fit"}
    if trained is None:
        return None
    before = len(wrong)
    options = _read_options(
        expected, given, (), wrong, Around(trained.net.plain, trained.seed), owner="a trial"
    )
    return None if len(wrong) > before else Trial(fit=trained, **options)


def tests_by_default(train_on: Part) -> dict[str, Any]:
    """What a trial tests on that names nothing: its own training set, whose test split is then taken."""
    return {
        name: value
        for name, value in train_on.plain.items()
        if name not in ("split", "fingerprint")
    }


ROLES = {"train_on": "train", "adapt_to": "train"}


def _read_options(
    expected: Mapping[str, Option],
    given: dict[str, Any],
    steps: Steps,
    wrong: Complaints,
    around: Around,
    *,
    owner: str,
    without: Mapping[str, str] = {},
) -> dict[str, Any]:
    for unknown in given.keys() - expected.keys():
        what = without.get(
            unknown, f"{owner} has no setting {unknown!r}; {did_you_mean(unknown, expected)}"
        )
        wrong.append(((*steps, unknown, "\0key"), what))
    values = {}
    for name, option in expected.items():
        if name not in given and option.default is REQUIRED:
            wrong.append((steps, f"{owner} needs `{name}`"))
            continue
        raw = given.get(name, option.default)
        values[name] = read(
            option.type, raw, (*steps, name), wrong, around, role=ROLES.get(name, "test")
        )
    return values
