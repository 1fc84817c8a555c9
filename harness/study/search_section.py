"""The section `search` of a study file -> Search, with everything that is wrong with it."""

from collections.abc import Iterator
from typing import Any

from harness.spec.options import Count, Positive, did_you_mean, plain_value
from harness.spec.values import Steps
from harness.study.marks import KEY
from harness.study.problems import Problems
from harness.study.search import (
    Budget,
    Objective,
    Sampler,
    Search,
    SeedRule,
)
from harness.study.search_confirm import read_confirm
from harness.study.search_space import read_dimensions

SECTION = "search"
OPTIONS = (*("over", "sampler", "maximise", "minimise", "budget", "seeds", "prune", "confirm"),)
SAMPLERS = ("tpe", "random", "qmc", "gp", "cmaes", "nsga2")
PRUNERS = ("median", "hyperband", "successive_halving")
RACE = (1, 2, 4, 8)

# Sections that say which trials there are, which a search says itself.
INSTEAD = {
    "grid": "a search replaces the grid; write these settings under `search: over:`",
    "zip": "a search replaces `zip`; write these settings under `search: over:`",
    "when": "write `when` beside the range that it switches, under `search: over:`",
    "seeds": "a search has its own seeds; write `seeds: race` or `seeds: {fixed: 3}` in it",
    "folds": "a search races over seeds and knows no folds; leave them out",
    "tables": "a table has a column for each level of a grid, and a search has none; leave it out",
}


def read_search(problems: Problems) -> Search | None:
    """The search of a study without its examples; None where it has none, or a wrong one."""
    if problems.raw_at((SECTION,)) is None:
        return None
    before = len(problems.entries)
    raw = problems.read_mapping((SECTION,))
    for name in raw.keys() - set(OPTIONS):
        hint = did_you_mean(name, OPTIONS)
        problems.add((SECTION, name, KEY), f"a search has no setting {name!r}; {hint}")
    _check_sections_beside(problems)
    dimensions = read_dimensions(problems)
    objectives = tuple(_read_objectives(problems))
    seeds = _read_seeds(problems)
    sampler = _read_sampler(problems)
    budget = _read_budget(problems)
    prune, prune_arguments = _named_with_arguments(problems, "prune", PRUNERS)
    if prune is not None and len(objectives) > 1:
        text = "a training is stopped by one metric, and this search has several objectives"
        problems.add((SECTION, "prune"), text)
    paths = [dimension.path for dimension in dimensions]
    confirm = read_confirm(problems, paths, objectives)
    if len(problems.entries) > before:
        return None
    return Search(
        dimensions,
        objectives,
        budget,
        sampler=sampler,
        seeds=seeds,
        prune=prune,
        prune_arguments=prune_arguments,
        confirm=confirm,
    )


def _check_sections_beside(problems: Problems) -> None:
    """Refuses sections that contradict a search, each with what to write instead."""
    for name, text in INSTEAD.items():
        if problems.raw_at((name,)) is not None:
            problems.add((name, KEY), text)
    if problems.raw_at(("compare",)) is None:
        return
    text = (
        "the points of a search are picked by their scores, so that a comparison of them needs "
        "fresh seeds; declare it by `confirm` in the search, which says what it compares"
    )
    problems.add(("compare", KEY), text)


def _read_objectives(problems: Problems) -> Iterator[Objective]:
    """The metrics of `maximise`, then those of `minimise`."""
    metrics: list[str] = []
    for word in ("maximise", "minimise"):
        names = problems.read((SECTION, word), str | list[str], [])
        for name in [names] if isinstance(names, str) else names:
            if name in metrics:
                problems.add((SECTION, word), f"{name} is an objective already")
            metrics.append(name)
            yield Objective(name, word == "maximise")
    if not metrics:
        text = "needs `maximise` or `minimise`: the metric that makes one point better"
        problems.add((SECTION,), text)


def _read_seeds(problems: Problems) -> SeedRule:
    """`race`, `{race: [1, 2, 4, 8]}` or `{fixed: 3}`; a race where the file says nothing."""
    steps: Steps = (SECTION, "seeds")
    raw = problems.raw_at(steps)
    rule = SeedRule()
    if isinstance(raw, dict) and set(raw) == {"fixed"}:
        count = problems.read((*steps, "fixed"), Count, 1)
        return SeedRule(race=False, counts=(count,))
    if isinstance(raw, dict) and set(raw) == {"race"}:
        counts = problems.read((*steps, "race"), list[Count], list(RACE))
        if not counts or sorted(set(counts)) != counts:
            problems.add((*steps, "race"), "should be rising counts of seeds: [1, 2, 4, 8]")
        else:
            rule = SeedRule(counts=tuple(counts))
    elif raw not in (None, "race"):
        problems.add(steps, "should be `race`, `{race: [1, 2, 4, 8]}` or `{fixed: 3}`")
    return rule


def _read_sampler(problems: Problems) -> Sampler:
    """The name of a sampler, or a mapping from its name to its arguments."""
    name, arguments = _named_with_arguments(problems, "sampler", SAMPLERS, may_be_installed=True)
    seed = arguments.pop("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
        text = f"the seed {seed!r} should be a whole number, so that the search can be repeated"
        problems.add((SECTION, "sampler"), text)
        seed = 0
    return Sampler(name or "tpe", arguments, seed)


def _named_with_arguments(
    problems: Problems, option: str, names: tuple[str, ...], *, may_be_installed: bool = False
) -> tuple[str | None, dict[str, Any]]:
    """`median`, or `{median: {n_startup_trials: 5}}`; no name where the file says nothing."""
    steps: Steps = (SECTION, option)
    raw = problems.raw_at(steps)
    if raw is None:
        return None, {}
    arguments: Any = {}
    name: Any = raw
    if isinstance(raw, dict) and len(raw) == 1:
        [(name, arguments)] = raw.items()
    if not isinstance(name, str) or not isinstance(arguments or {}, dict):
        text = f"should be a name, or a name with its arguments: {{{names[0]}: {{seed: 0}}}}"
        problems.add(steps, text)
        return None, {}
    is_installed = may_be_installed and "/" in name
    if name not in names and not is_installed:
        text = f"no {option} {name!r}; {did_you_mean(name, names)}"
        if may_be_installed:
            text += "; a sampler of OptunaHub is written with its folder, samplers/NAME"
        problems.add(steps, text)
    return name, dict(arguments or {})


def _read_budget(problems: Problems) -> Budget:
    """So many trainings, or so many hours."""
    steps: Steps = (SECTION, "budget")
    raw = problems.raw_at(steps)
    if not isinstance(raw, dict) or set(raw) not in ({"trainings"}, {"hours"}):
        text = "needs `budget: {trainings: 60}` or `budget: {hours: 2}`: when the search is over"
        problems.add(steps, text)
        return Budget(trainings=1)
    try:
        trainings = plain_value(Count | None, raw.get("trainings"))
        hours = plain_value(Positive | None, raw.get("hours"))
    except ValueError as error:
        problems.add((*steps, *raw), str(error))
        return Budget(trainings=1)
    return Budget(trainings, hours)
