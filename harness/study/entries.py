"""One entry of `compare:` or `tables:` -> its dataclass, by the reader that components have."""

from typing import Any, get_args

from harness.spec.catalogue import catalogue
from harness.spec.enclosing import Enclosing
from harness.spec.naming import level_name
from harness.spec.options import REQUIRED, Option, did_you_mean
from harness.spec.parse import options_of, read_part, read_value
from harness.spec.values import Steps
from harness.study.comparison import Correlate, Unit
from harness.study.marks import KEY
from harness.study.problems import Finding

# The options of a comparison that name a statistic, and its kinds in the catalogue.
STATISTICS = {"test": ("test", "rank"), "effect": ("effect",), "interval": ("interval",)}

# Options of statistics that a comparison has a word of its own for.
SET_ELSEWHERE = {
    "margin": "margin",
    "level": "alpha",
    "least": "seeds.least",
    "most": "seeds.most",
    "tie_x": "correlate.tie_x",
    "tie_y": "correlate.tie_y",
}


def entry_options(kind: Any) -> dict[str, Option]:
    """The options of an entry as a file names them: `from`, which Python reserves, is `from_`."""
    options: dict[str, Option] = {}
    for name, option in options_of(kind).items():
        options[name.rstrip("_")] = option
    return options


def read_entry(kind: Any, raw: Any, steps: Steps, problems: list[Finding], owner: str) -> Any:
    """An entry of the file as its dataclass; None, and problems, if something is wrong."""
    if not isinstance(raw, dict):
        problems.append((steps, "should be a mapping"))
        return None
    before = len(problems)
    options = entry_options(kind)
    for key in raw.keys() - options.keys():
        hint = did_you_mean(key, options)
        text = f"{owner} has no setting {key!r}; {hint}"
        problems.append(((*steps, key, KEY), text))
    values: dict[str, Any] = {}
    for name, option in options.items():
        if name in raw:
            inner = (*steps, name)
            values[option.name] = _read_value(option, raw[name], inner, problems)
        elif option.default is REQUIRED:
            text = f"{owner} needs `{name}`"
            problems.append((steps, text + _hint(name)))
    return kind(**values) if len(problems) == before else None


def _read_value(option: Option, raw: Any, steps: Steps, problems: list[Finding]) -> Any:
    """One option of an entry; `against` and `where` name levels, `correlate` is an entry itself."""
    if option.name == "correlate" and raw is not None:
        return read_entry(Correlate, raw, steps, problems, "correlate")
    if option.name == "against":
        raw = level_name(raw)
    elif option.name == "where":
        raw = _with_level_names(raw)
    elif option.name in STATISTICS and isinstance(raw, dict):
        return _read_statistic(option.name, raw, steps, problems)
    return read_value(option.type, raw, steps, problems)


def _read_statistic(key: str, raw: Any, steps: Steps, problems: list[Finding]) -> Any:
    """A test, an effect or an interval with options; a name alone says the same as no mapping."""
    if set(raw) == {"name"}:
        return read_value(str, raw["name"], (*steps, "name"), problems)
    part = read_part(_kind_of_statistic(key, raw), raw, steps, problems, Enclosing())
    for option in raw.keys() & SET_ELSEWHERE.keys():
        word = SET_ELSEWHERE[option]
        text = f"is set by `{word}` of the comparison"
        if word.startswith("seeds."):
            text = f"is set by `{word}` of the study"
        problems.append(((*steps, option, KEY), text))
    return None if part is None else raw


def _kind_of_statistic(key: str, raw: dict[str, Any]) -> str:
    """The kind of the catalogue that has the statistic of this name."""
    kinds = STATISTICS[key]
    for kind in kinds:
        if str(raw.get("name")) in catalogue(kind):
            return kind
    return kinds[0]


def _with_level_names(raw: Any) -> Any:
    """What the file writes for `where`, with levels as people name them: 1, false, null."""
    if not isinstance(raw, dict):
        return raw
    names: dict[str, Any] = {}
    for path, levels in raw.items():
        if isinstance(levels, list):
            names[path] = [level_name(level) for level in levels]
        else:
            names[path] = level_name(levels)
    return names


def _hint(name: str) -> str:
    """What helps who left out an option."""
    if name != "unit":
        return ""
    units = " | ".join(get_args(Unit))
    return f": {units}; what is one independent repetition?"
