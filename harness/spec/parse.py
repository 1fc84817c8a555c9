"""Plain mappings -> parts, fits and trials; whatever is wrong with them, all at once."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.spec.catalogue import Component, catalogue, find_component, why_unknown
from harness.spec.naming import why_no_label
from harness.spec.options import (
    NAMED_BY,
    REQUIRED,
    Option,
    did_you_mean,
    kind_of,
    options_of,
    parts_of,
    plain_value,
)
from harness.spec.precision import settings_of_precision
from harness.spec.values import Fit, Part, Steps, Trial


@dataclass(frozen=True)
class Enclosing:
    """What a nested fit takes over from the fit around it."""

    net: Any = None
    seed: Any = 0


Problems = list[tuple[Steps, str]]  # what is wrong, and at which setting

# Which split an option of a fit opens where the study names none; any other opens the test split.
ROLES = {"train_on": "train", "adapt_to": "train"}
LEARNERS = ("pick", "prepare")  # components that learn from the data sets which they name
KEY_MARK = "\0key"  # the last step of a problem with the name of a setting, rather than its value


def read_value(
    annotation: Any,
    raw: Any,
    steps: Steps,
    problems: Problems,
    enclosing: Enclosing = Enclosing(),
    *,
    role: str = "",
) -> Any:
    """The value that an option of this type takes for what a study file says; problems where it
    cannot.
    """
    shape, inner = parts_of(annotation)
    kind = kind_of(inner)
    if kind is None:
        try:
            return plain_value(annotation, raw)
        except ValueError as error:
            problems.append((steps, str(error)))
            return None
    if shape == "optional" and raw is None:
        return None
    if shape == "list":
        values = []
        items = raw if isinstance(raw, list) else [raw]  # one may be written without its brackets
        for index, item in enumerate(items):
            values.append(read_value(inner, item, (*steps, index), problems, enclosing, role=role))
        return values
    if kind == "fit":
        return read_fit(raw, steps, problems, enclosing)
    return read_part(kind, raw, steps, problems, enclosing, role=role)


def read_part(
    kind: str,
    raw: Any,
    steps: Steps,
    problems: Problems,
    enclosing: Enclosing,
    *,
    role: str = "",
) -> Part | None:
    """A component by its name, or by a mapping with its name and options."""
    settings = _named_mapping(kind, raw, steps, problems)
    if settings is None:
        return None
    component = find_component(kind, settings.pop(NAMED_BY.get(kind, "name")))
    label = ""
    if "label" in settings:
        label = settings.pop("label")
        reason = why_no_label(label)
        if reason is not None:
            problems.append(((*steps, "label"), reason))
            label = ""
    if role and kind == "dataset" and settings.get("split") is None:
        settings["split"] = role
    options = _read_options(
        component.options,
        settings,
        steps,
        problems,
        enclosing,
        owner=f"{kind} {component.name}",
        without=component.reasons_without,
    )
    strength = options.get("strength")
    if isinstance(strength, float) and (problem := _strength_problem(component, strength)):
        problems.append(((*steps, "strength"), problem))
    default_fits = [name for name, value in options.items() if isinstance(value, Fit)]
    return Part(kind, component.name, options, label, frozenset(default_fits) - settings.keys())


def _named_mapping(kind: str, raw: Any, steps: Steps, problems: Problems) -> dict[str, Any] | None:
    """What the file says of a component as a mapping of its own, None where it names none."""
    named_by = NAMED_BY.get(kind, "name")
    if isinstance(raw, str):
        raw = {named_by: raw}
    if not isinstance(raw, dict) or named_by not in raw:
        should = f"{raw!r} should be a name or a mapping with `{named_by}`"
        if isinstance(raw, dict):
            should = f"needs `{named_by}`"
        problems.append((steps, f"{should}; {did_you_mean('', catalogue(kind))}"))
        return None
    reason = why_unknown(kind, raw[named_by])
    if reason is not None:
        if len(raw) > 1:
            steps = (*steps, named_by)
        problems.append((steps, reason))
        return None
    return dict(raw)


def _strength_problem(perturb: Component, strength: float) -> str | None:
    """Why a perturbation gives no meaning to a strength, None where it does."""
    least = perturb.facts.least
    most = perturb.facts.most
    if least <= strength <= most:
        return None
    upper = f" to {most:g}" if most < math.inf else ""
    return f"{strength:g}: {perturb.name} takes a number from {least:g}{upper}"


def read_fit(
    raw: Any,
    steps: Steps,
    problems: Problems,
    enclosing: Enclosing | None = None,
) -> Fit | None:
    """A fit; a nested one takes the net of the fit around it, and its seed where it says `seed:
    trial`.
    """
    if not isinstance(raw, dict):
        problems.append((steps, f"{raw!r} should be a mapping of a fit's settings"))
        return None
    settings = dict(raw)
    if enclosing is not None:
        if settings.get("seed") == "trial":
            settings["seed"] = enclosing.seed
        if enclosing.net is not None:
            settings["net"] = _inherited_net(settings.get("net"), enclosing.net)
    settings = settings_of_precision(settings)
    own = Enclosing(settings.get("net"), settings.get("seed", 0))
    before = len(problems)
    options = _read_options(options_of(Fit), settings, steps, problems, own, owner="a fit")
    if len(problems) > before or options.get("train_on") is None:
        return None
    return Fit(**options)


def _inherited_net(own: Any, enclosing: Any) -> Any:
    """The net of a nested fit: the one around it, or its own with every option filled in that both
    have.
    """
    if own is None:
        return enclosing
    outer = _net_mapping(enclosing)
    inner = _net_mapping(own)
    if not isinstance(inner, dict) or not isinstance(outer, dict):
        return own
    component = catalogue("net").get(str(inner.get("arch", outer.get("arch"))))
    shared = {"arch"}
    if component is not None:
        shared.update(component.options)
    net: dict[str, Any] = {}
    for name, value in outer.items():
        if name in shared:
            net[name] = value
    net.update(inner)
    return net


def _net_mapping(raw: Any) -> Any:
    """A net that is written as its name, as a mapping."""
    return {"arch": raw} if isinstance(raw, str) else raw


def read_trial(raw: dict[str, Any], problems: Problems) -> Trial | None:
    """A trial; it tests on the test split of its own training set where no other is named."""
    fit = read_fit(raw.get("fit", {}), ("fit",), problems)
    return trial_around(raw, fit, problems)


def trial_around(raw: Mapping[str, Any], fit: Fit | None, problems: Problems) -> Trial | None:
    """The trial around a fit that is already read."""
    if fit is None:
        return None
    settings = {name: value for name, value in raw.items() if name != "fit"}
    if settings.get("test_on") is None:
        settings["test_on"] = default_test_set(fit.train_on)
    expected = {name: option for name, option in options_of(Trial).items() if name != "fit"}
    enclosing = Enclosing(fit.net.to_plain(), fit.seed)
    before = len(problems)
    options = _read_options(expected, settings, (), problems, enclosing, owner="a trial")
    if len(problems) > before:
        return None
    return Trial(fit=fit, **options)


def default_test_set(train_on: Part) -> dict[str, Any]:
    """What a trial tests on that names nothing: its own training set, whose test split is then
    taken.
    """
    plain = dict(train_on.to_plain())
    del plain["split"], plain["fingerprint"]
    return plain


def _read_options(
    expected: Mapping[str, Option],
    settings: dict[str, Any],
    steps: Steps,
    problems: Problems,
    enclosing: Enclosing,
    *,
    owner: str,
    without: Mapping[str, str] = {},
) -> dict[str, Any]:
    """The value of every option that is expected; a problem for each unknown or missing one."""
    for unknown in settings.keys() - expected.keys():
        text = f"{owner} has no setting {unknown!r}; {did_you_mean(unknown, expected)}"
        problems.append(((*steps, unknown, KEY_MARK), without.get(unknown, text)))
    values: dict[str, Any] = {}
    for name, option in expected.items():
        raw = settings.get(name, option.default)
        if raw is REQUIRED:
            problems.append((steps, f"{owner} needs `{name}`"))
            continue
        role = ROLES.get(name, "train" if owner.startswith(LEARNERS) else "test")
        values[name] = read_value(option.type, raw, (*steps, name), problems, enclosing, role=role)
    return values
