"""`over` of a search: the settings that it varies, each with its choices or its range."""

from typing import Any

from harness.spec.naming import level_name
from harness.spec.options import Positive, did_you_mean
from harness.spec.repetitions import SEED
from harness.spec.values import Steps
from harness.study.marks import KEY
from harness.study.problems import Problems
from harness.study.search import Dimension, Kind

OVER: Steps = ("search", "over")
RANGES = ("float", "int")
OPTIONS_OF_RANGE = ("log", "step", "when")


def read_dimensions(problems: Problems) -> tuple[Dimension, ...]:
    """The settings under `over`, each with its choices or its range."""
    raw = problems.read_mapping(OVER)
    if not raw:
        text = "needs `over`: the settings to search, each with its choices or its range"
        problems.add(("search",), text)
    dimensions = []
    for path, written in raw.items():
        steps = (*OVER, path)
        if path == SEED:
            problems.add((*steps, KEY), "is no setting to search: `seeds` says how it varies")
            continue
        dimension = _read_dimension(problems, steps, path, written)
        if dimension is not None:
            dimensions.append(dimension)
    _check_conditions(problems, dimensions)
    return tuple(dimensions)


def _read_dimension(problems: Problems, steps: Steps, path: str, raw: Any) -> Dimension | None:
    """One setting: a list of choices, or a mapping with a range."""
    if isinstance(raw, list):
        return _read_choices(problems, steps, path, raw)
    if not isinstance(raw, dict):
        text = "should be a list of choices, or a range such as {float: [1e-4, 1e-1], log: true}"
        problems.add(steps, text)
        return None
    when = raw.get("when", {})
    if not isinstance(when, dict) or ("when" in raw and not when):
        text = "should be a mapping from a setting to the values under which this one counts"
        problems.add((*steps, "when"), text)
        return None
    if "choices" in raw:
        dimension = _read_choices(problems, (*steps, "choices"), path, raw["choices"], when)
        _check_range_options(problems, steps, raw, ("choices", "when"))
        return dimension
    kinds = [kind for kind in RANGES if kind in raw]
    if len(kinds) != 1:
        text = "should have one of `choices: [a, b]`, `float: [low, high]`, `int: [low, high]`"
        problems.add(steps, text)
        return None
    _check_range_options(problems, steps, raw, (kinds[0], *OPTIONS_OF_RANGE))
    return _read_range(problems, steps, path, raw)


def _read_choices(
    problems: Problems, steps: Steps, path: str, raw: Any, when: dict[str, Any] | None = None
) -> Dimension | None:
    """A setting with choices, which are written as the levels of an axis are."""
    if not isinstance(raw, list) or not raw:
        problems.add(steps, "should be a list of at least one choice")
        return None
    levels = tuple(map(level_name, raw))
    for number, level in enumerate(levels):
        if level in levels[:number]:
            text = f"an earlier choice is called {level!r} too; tell them apart with a `label`"
            problems.add((*steps, number), text)
            return None
    return Dimension(path, "categorical", levels, choices=tuple(raw), when=when or {})


def _check_range_options(
    problems: Problems, steps: Steps, raw: dict[str, Any], options: tuple[str, ...]
) -> None:
    for name in raw.keys() - set(options):
        hint = did_you_mean(name, options)
        problems.add((*steps, name, KEY), f"has no setting {name!r}; {hint}")


def _read_range(
    problems: Problems, steps: Steps, path: str, raw: dict[str, Any]
) -> Dimension | None:
    """A setting with a range of numbers."""
    before = len(problems.entries)
    kind: Kind = "int" if "int" in raw else "float"
    annotation: Any = list[int] if kind == "int" else list[float]
    ends = problems.read((*steps, kind), annotation, [])
    log = problems.read((*steps, "log"), bool, False)
    step = problems.read((*steps, "step"), Positive, None)
    if len(problems.entries) > before:
        return None
    text = ""
    if len(ends) != 2 or ends[0] >= ends[1]:
        text = "should be two numbers, the lower one first"
    elif log and ends[0] <= 0:
        text = "a logarithmic range starts above zero"
    elif log and step is not None:
        text = "a logarithmic range has no steps; leave `log` or `step` out"
    elif step is not None and kind == "int" and step != int(step):
        text = "the step of an int range should be a whole number"
    elif step is not None and step > ends[1] - ends[0]:
        text = "its step is longer than the range"
    if text:
        problems.add((*steps, kind), text)
        return None
    low, high = ends
    when = raw.get("when", {})
    return Dimension(path, kind, low=low, high=high, log=log, step=step, when=when)


def _check_conditions(problems: Problems, dimensions: list[Dimension]) -> None:
    """No setting may wait for itself, by whatever way round."""
    conditions = {dimension.path: set(dimension.when) for dimension in dimensions}
    for path in conditions:
        waits_for = set(conditions[path])
        for _ in conditions:
            for condition in list(waits_for):
                waits_for |= conditions.get(condition, set())
        if path in waits_for:
            text = "its `when` leads back to itself; a setting cannot wait for itself"
            problems.add((*OVER, path, KEY), text)
