"""`--set fit.method.lr=1e-3`: a study as if its file had said so."""

from collections.abc import Sequence
from typing import Any

from harness.spec.options import REQUIRED, did_you_mean, kind_of, parts_of
from harness.spec.outside import use_components
from harness.spec.paths import options_at, slot_of, steps_of, why_not, with_setting
from harness.spec.values import Steps
from harness.study.axes import axis_paths
from harness.study.deciding_axes import FIELDS, MISSING, SEED, raw_in_base
from harness.study.document import Document, parse
from harness.study.marks import KEY, Mark, Marks, Mistakes, Problem, marks_under
from harness.study.problems import Problems, Raw
from harness.study.sections import read_components
from harness.study.settings import field_option

OPTION = "--set"
SECTIONS = ("name", "seeds", "folds")  # that may be set beside the settings of a trial
AXES: tuple[Steps, ...] = (("grid",), ("zip",), ("search", "over"))  # where paths are keys


def with_overrides(document: Document, overrides: Sequence[str]) -> Document:
    """A study's document as it would be if its file gave these settings their values.

    Each is written PATH=VALUE. `Mistakes` lists all that cannot be set so, with the nearest path
    that can.
    """
    if not overrides:
        return document
    use_components(read_components(Problems(document)))  # whose options may be set
    problems: list[Problem] = []
    value: Raw = dict(document.value)
    marks = dict(document.marks)
    for text in overrides:
        path, equals, _ = text.partition("=")
        path = path.strip()
        reason = f"say {OPTION} PATH=VALUE, as {OPTION} fit.method.lr=1e-3" if not equals else None
        if reason is None:
            reason = _why_not_set(Document(value, marks), path)
        if reason is None:
            reason = _set(value, marks, path, text)
        if reason is not None:
            problems.append(Problem(_mark_of(text), "", reason))
    if problems:
        raise Mistakes(problems)
    return Document(value, marks)


def _mark_of(text: str) -> Mark:
    """The place of a value that the command line gives."""
    return Mark(f"{OPTION} {text}", 0, 0)


def _why_not_set(document: Document, path: str) -> str | None:
    """Why a study has no such setting, or why an axis decides it; None where it may be set."""
    if path in SECTIONS:
        return None
    steps = steps_of(path)
    field = slot_of(steps)
    if field not in FIELDS:
        return f"no setting {path!r}; {_nearest(document.value, path)}"
    if field == SEED:
        return "the seeds of a study are its `seeds`: --set seeds=3, or --set seeds=[7]"
    axis = _axis_around(document, path)
    if axis is not None:
        return axis
    option = field_option(field)
    return why_not(option.type, _raw(document.value, field), steps[len(field) :])


def _axis_around(document: Document, path: str) -> str | None:
    """The sentence on an axis of the study that decides a setting, None where none does."""
    for section in AXES:
        for key in Problems(document).read_mapping(section):
            for axis in axis_paths(key):
                if f"{path}.".startswith(f"{axis}."):
                    mark = document.mark((*section, key, KEY))
                    return f"the axis {axis} decides it ({mark}); change its levels there"
    return None


def _raw(study: Raw, field: Steps) -> Any:
    """What a study writes for a field of its base, or the default."""
    base = study.get("base")
    raw = raw_in_base(base if isinstance(base, dict) else {}, field)
    if raw is not MISSING:
        return raw
    default = field_option(field).default
    return None if default is REQUIRED else default


def _nearest(study: Raw, path: str) -> str:
    """The end of a sentence: the path that was probably meant."""
    paths = _paths(study)
    ending = [candidate for candidate in paths if candidate.endswith(f".{path}")]
    if ending:
        return f"did you mean {ending[0]!r}?"
    hint = did_you_mean(path, [*SECTIONS, *paths])
    if hint.startswith("there is"):  # all of them would fill the screen
        fields = [".".join(map(str, field)) for field in FIELDS]
        return f"there is {', '.join([*SECTIONS, *fields])}, and what is inside these"
    return hint


def _paths(study: Raw) -> list[str]:
    """The settings of a trial, and those of the components that the base names."""
    paths = []
    for field in FIELDS:
        name = ".".join(map(str, field))
        paths.append(name)
        shape, inner = parts_of(field_option(field).type)
        kind = kind_of(inner)
        if kind is not None and shape != "list":
            paths += [f"{name}.{option}" for option in options_at(kind, _raw(study, field))]
    return paths


def _set(study: Raw, marks: Marks, path: str, text: str) -> str | None:
    """Gives a setting its value, which it now has from the command line; says why it cannot."""
    try:
        value = parse(f"value: {text.partition('=')[2]}", OPTION).value["value"]
    except Mistakes as mistakes:
        return mistakes.problems[0].text
    steps: Steps = (path,)
    if path in SECTIONS:
        study[path] = value
    else:
        base = study.get("base")
        study["base"] = _with_value(dict(base or {}), steps_of(path), value)
        steps = ("base", *steps_of(path))
    for old in marks_under(marks, steps):
        del marks[old]
    marks[steps] = marks[*steps, KEY] = _mark_of(text)
    return None


def _with_value(base: Raw, steps: Steps, value: Any) -> Raw:
    """A copy of a base with one setting changed; a component that is named alone becomes a
    mapping.
    """
    field = slot_of(steps)
    raw = _raw({"base": base}, field)
    changed = with_setting(field_option(field).type, raw, steps[len(field) :], value)
    if len(field) == 1:
        return {**base, str(field[0]): changed}
    fit = {**(base.get("fit") or {}), str(field[1]): changed}
    return {**base, "fit": fit}
