"""The `compare:` section of a file -> comparisons, and whether the study can answer them."""

import dataclasses
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

from harness.spec.catalogue import catalogue
from harness.spec.facts import Facts
from harness.spec.naming import listed, named, numeric
from harness.spec.options import REQUIRED, Option, did_you_mean, plain_value
from harness.spec.values import Steps, label
from harness.study.comparison import Comparison, Correlate, Unit, Where, default_of, words
from harness.study.document import KEY
from harness.study.grid import Expansion
from harness.study.levels import among, grid_paths, levels_of, measured_in

Complaints = list[tuple[Steps, str]]


def declared(raw: Any, grid: Expansion) -> tuple[list[Comparison], Complaints]:
    """The comparisons of a file, and what is wrong with them; steps start at `compare`."""
    if not isinstance(raw, list):
        return [], [(("compare",), "should be a list of comparisons")]
    found: list[Comparison] = []
    wrong: Complaints = []
    for i, one in enumerate(raw):
        steps: Steps = ("compare", i)
        before = len(wrong)
        values = read_entry(Comparison, one, steps, wrong, "a comparison")
        if len(wrong) > before:
            continue
        made = Comparison(**values)
        named = [c.name for c in found]
        found.append(made)
        if made.name in named:
            wrong.append(((*steps, "name"), f"{made.name!r} is the name of an earlier comparison"))
        problems = [*_shape(made), *_components(made)]
        if not problems and grid.cells and not grid.wrong:
            problems = [*_answerable(made, grid)]
        wrong += [((*steps, *inner), text) for inner, text in problems]
    return found, wrong + _families(found)


def read_entry(kind: type, one: Any, steps: Steps, wrong: Complaints, owner: str) -> dict[str, Any]:
    """The fields of an entry of the file, whose schema is a dataclass."""
    if not isinstance(one, dict):
        wrong.append((steps, "should be a mapping"))
        return {}
    expected = _options(kind)
    for key in one.keys() - expected.keys():
        text = f"{owner} has no setting {key!r}; {did_you_mean(key, expected)}"
        wrong.append(((*steps, key, KEY), text))
    values: dict[str, Any] = {}
    for name, option in expected.items():
        if name in one and name == "correlate" and one[name] is not None:
            before = len(wrong)
            inner = read_entry(Correlate, one[name], (*steps, name), wrong, "correlate")
            values[name] = Correlate(**inner) if len(wrong) == before else None
        elif name in one:
            given = _with_level_names(name, one[name])
            try:
                values[option.name] = plain_value(option.type, given)
            except ValueError as error:
                wrong.append(((*steps, name), str(error)))
        elif option.default is REQUIRED:
            choices = " | ".join(get_args(Unit))
            hint = f": {choices}; what is one independent repetition?" if name == "unit" else ""
            wrong.append((steps, f"{owner} needs `{name}`{hint}"))
    return values


def _with_level_names(name: str, raw: Any) -> Any:
    """What the file writes for `against` and `where`, its levels as people name them: 1, false and null are levels."""
    if name == "against":
        return label(raw)
    if name != "where" or not isinstance(raw, dict):
        return raw
    named_levels: dict[str, Any] = {}
    for path, levels in raw.items():
        named_levels[path] = (
            [label(level) for level in levels] if isinstance(levels, list) else label(levels)
        )
    return named_levels


def _options(kind: type) -> dict[str, Option]:
    hints = get_type_hints(kind, include_extras=True)
    fields = dataclasses.fields(kind)  # a field that Python has another use for is called from_
    return {
        f.name.rstrip("_"): Option(f.name, hints[f.name], default_of(kind, f.name)) for f in fields
    }


def _shape(one: Comparison) -> Iterator[tuple[Steps, str]]:
    """Settings that contradict each other."""
    asked = [k for k in ("correlate", "model", "by") if getattr(one, k)]
    asked += ["trend"] if one.trend and not one.by else []
    if not asked:
        yield (), "a comparison needs one of by, trend, correlate, model"
        return
    if len(asked) > 1:
        yield (
            (asked[1], KEY),
            f"{asked[0]} and {asked[1]} are two questions; make them two comparisons",
        )
    if one.kind in ("groups", "trend") and one.metric is None:
        yield (), "a comparison needs `metric`"
    if one.kind == "model" and (len(words(str(one.model))) < 2 or str(one.model).count("~") != 1):
        yield ("model",), "a formula reads 'metric ~ factor * factor'"
    for key in ("against", "pairs"):
        if getattr(one, key) is not None and one.kind != "groups":
            yield (key, KEY), "means nothing without `by`"
    if one.pairs == "against" and one.against is None:
        yield ("pairs",), "needs `against`, the level to compare with"
    if one.pairs == "all" and one.against is not None:
        yield (
            ("pairs",),
            "compares all levels with each other, `against` all with one; take one of the two",
        )
    for path in one.within if one.trend else ():
        if path == one.trend or str(one.trend).startswith(f"{path}."):
            yield (
                ("within",),
                f"{path} holds {one.trend}, so each curve would be one point; take {path}.name, say",
            )
    if one.correlate and one.within:
        yield ("within", KEY), "belongs inside `correlate` here"
    if one.correct == "shaffer" and (
        one.kind != "groups" or one.against or one.within or one.family or one.primary
    ):
        yield ("correct",), "shaffer holds for all pairs of one set of groups; take holm"
    if not 0 < one.alpha < 1:
        yield ("alpha",), f"{one.alpha} should lie between 0 and 1"


def _components(one: Comparison) -> Iterator[tuple[Steps, str]]:
    """Names that harness.stats lacks, and statistics that do not fit the question."""
    named = {
        "test": "rank" if one.correlate else "test",
        "effect": "effect",
        "interval": "interval",
    }
    unknown = False
    for key, kind in {**named, "correct": "correction"}.items():
        name, known = getattr(one, key), catalogue(kind)
        if name is not None and name not in known:
            unknown = True
            yield (key,), f"no {kind} named {name!r}; {did_you_mean(name, known)}"
    if unknown:
        return
    if one.interval == "hierarchical" and one.unit != "image":
        yield ("interval",), "hierarchical draws images within networks, so it needs `unit: image`"
    facts = catalogue("test")[one.test].facts if one.test and not one.correlate else None
    yield from _fitting(one, facts)
    equivalence = bool(one.test and one.test.startswith("equivalence"))
    if equivalence and one.margin is None:
        yield ("test",), f"{one.test} needs `margin`: how large a difference still counts as none?"
    if one.margin is not None and ((one.test and not equivalence) or one.kind != "groups"):
        yield ("margin", KEY), "belongs to a test of equivalence of groups"
    if one.expect is not None and (one.margin is not None or one.kind not in ("groups", "trend")):
        yield ("expect", KEY), "power is known for tests of a difference or a trend only"
    if facts and one.paired is not None and one.paired != facts.paired:
        others = [n for n, c in catalogue("test").items() if c.facts.paired == one.paired]
        yield ("paired",), f"{one.test} takes {_samples(facts)}; there is {', '.join(others)}"
    joined = one.effect is not None and catalogue("effect")[one.effect].facts.paired
    if joined and (one.paired is False or (facts and not facts.paired)):
        others = [n for n, c in catalogue("effect").items() if not c.facts.paired]
        yield (
            ("effect",),
            f"{one.effect} needs pairs, which are not compared here; there is {', '.join(others)}",
        )


def _fitting(one: Comparison, facts: Facts | None) -> Iterator[tuple[Steps, str]]:
    ordered = facts is not None and facts.ordered
    if one.test and one.kind == "model":
        yield ("test", KEY), "a model is judged by its own F tests"
    elif facts and one.kind == "trend" and not ordered:
        yield (
            ("test",),
            f"{one.test} knows no order of levels; a trend takes page (paired) or jonckheere",
        )
    elif facts and one.kind == "groups" and (ordered or facts.groups == 1):
        what = (
            "looks for a trend; take `trend` for `by`"
            if ordered
            else "takes one sample, not groups"
        )
        yield ("test",), f"{one.test} {what}"
    offered = facts.post_hoc if facts else ()
    if one.post_hoc is not None and one.post_hoc not in offered:
        after = (
            f"after {one.test} there is {', '.join(offered)}"
            if offered
            else "it follows kruskal or friedman"
        )
        yield ("post_hoc",), f"no {one.post_hoc!r} here; {after}"


def _samples(facts: Facts) -> str:
    return "paired samples" if facts.paired else "independent samples"


def _answerable(one: Comparison, grid: Expansion) -> Iterator[tuple[Steps, str]]:
    """Refuses a metric that no probe measures and a factor that no cell has."""
    measured = measured_in(grid)
    for place, name in _places(one, "metric"):
        if name not in measured:
            yield (
                place,
                f"no probe of the study measures {name!r}; {did_you_mean(name, sorted(measured))}",
            )
    dimensions = dimensions_of(measured, one.metrics)
    wrong = [*where_wrong(one.where, dimensions, grid)]
    yield from wrong
    chosen = grid if wrong else dataclasses.replace(grid, cells=among(grid, grid.cells, one.where))
    for place, path in _places(one, "factor"):
        levels = levels_of(chosen, path)
        if not levels and path not in dimensions:
            yield place, unknown(path, dimensions, grid)
        elif levels and place[0] in ("by", "trend") and len(levels) < 2:
            yield place, f"{path} has only the level {levels[0]!r}; there is nothing to compare"
        elif (
            levels
            and place[0] == "trend"
            and (odd := [level for level in levels if not numeric(level)])
        ):
            yield place, f"a trend needs numbers, and {path} has the level {odd[0]!r}"
        elif (
            levels
            and place[0] == "by"
            and one.against is not None
            and named(one.against, levels) is None
        ):
            yield (
                ("against",),
                f"{path} has no level {one.against!r}; {did_you_mean(one.against, levels)}",
            )
    if one.unit == "fold" and all(cell.trial.fit.fold is None for cell in grid.cells):
        yield ("unit",), "the study has no folds; set `folds`, or take another unit"


def where_wrong(where: Where, dimensions: set[str], grid: Expansion) -> Iterator[tuple[Steps, str]]:
    """Paths of `where` that neither the settings nor the rows have, levels that no cell has, and what never meets."""
    known = {path: levels_of(grid, path) for path in where}
    right = True
    for path, levels in known.items():
        if not levels and path not in dimensions:
            yield ("where", path, KEY), unknown(path, dimensions, grid)
        for level in listed(where[path]) if levels else ():
            if named(level, levels) is None:
                right = False
                yield (
                    ("where", path),
                    f"{path} has no level {level!r}; {did_you_mean(level, levels)}",
                )
    if right and not among(grid, grid.cells, where):
        yield ("where",), "no trial has all of these"


def dimensions_of(measured: dict[str, set[str]], metrics: list[str]) -> set[str]:
    """The dimensions that the rows of all these metrics have."""
    shared = [measured[metric] for metric in metrics if metric in measured]
    return set.intersection(*shared) if shared else set().union(*measured.values())


def unknown(path: str, dimensions: set[str], grid: Expansion) -> str:
    known = [*grid_paths(grid), *sorted(dimensions)]
    return f"no setting {path!r} in the study; {did_you_mean(path, known)}"


def _places(one: Comparison, what: str) -> Iterator[tuple[Steps, str]]:
    """Each metric or factor that a comparison names, and where."""
    if what == "metric":
        pairs = [("metric", one.metric)] if one.kind in ("groups", "trend") else []
        pairs += [("model", one.metrics[0])] if one.model else []
        inner = [("x", one.correlate.x), ("y", one.correlate.y)] if one.correlate else []
    else:
        pairs = [("by", one.by), ("trend", one.trend), *(("within", w) for w in one.within)]
        pairs += [("model", w) for w in one.factors] if one.model else []
        inner = (
            [(k, p) for k in ("over", "within") for p in getattr(one.correlate, k)]
            if one.correlate
            else []
        )
    yield from (((key,), name) for key, name in pairs if name is not None)
    yield from ((("correlate", key), name) for key, name in inner)


def _families(found: list[Comparison]) -> Complaints:
    """One family is corrected in one way."""
    wrong: Complaints = []
    first: dict[str, Comparison] = {}
    for i, one in enumerate(found):
        other = first.setdefault(one.together, one)
        for key in ("correct", "alpha"):
            mine, theirs = getattr(one, key), getattr(other, key)
            if mine != theirs:
                text = f"{mine} here and {theirs} in {other.name!r}, but both are of the family {one.together!r}"
                wrong.append((("compare", i, key), text))
    return wrong
