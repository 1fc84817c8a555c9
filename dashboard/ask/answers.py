"""Questions to a study's runs, answered as `harness compare` answers them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from dashboard.read.records import Found, Unreadable, file_of, study_of, tracker
from harness.judge.answer import judge
from harness.judge.verdicts import Verdict, Verdicts
from harness.spec.naming import level_name, numeric
from harness.study.comparison import Unit
from harness.study.comparison_checks import declared
from harness.study.levels import grid_paths, levels_of, measured_in
from harness.study.load import Study

SEEDS = ("fit.seed", "fit.fold")


def answers(found: Found) -> Verdicts:
    """The comparisons of the study file."""
    return _answers(_key(found), study_of(found), found)


def _key(found: Found) -> tuple[Any, ...]:
    """What an answer depends on: the runs, and the study file."""
    return str(tracker().file), found.name, found.stamp, file_of(found)


def version(found: Found) -> tuple[Any, ...]:
    """What a mean depends on: the runs, and the study file where it can be read."""
    try:
        return _key(found)
    except Unreadable:
        return str(tracker().file), found.name, found.stamp


@st.cache_resource(max_entries=16, show_spinner="Judging …")
def _answers(key: tuple[Any, ...], _study: Study, _found: Found) -> Verdicts:
    return _judged(
        _study,
        _found,
        "Mend the comparison in the study file; `harness plan` says what it can answer.",
    )


def _judged(study: Study, found: Found, remedy: str) -> Verdicts:
    try:
        return judge(study, found.runs, found.rows, found.recorded)
    except (ValueError, LookupError) as error:
        raise Unreadable(f"This has no answer in these runs: {error}.", remedy) from None


def asked(found: Found, question: dict[str, Any]) -> Verdict:
    """A question that the file does not declare: exploratory, and corrected in a family of its own."""
    plain = {k: v for k, v in question.items() if v not in (None, [], {}, "")}
    return _asked(_key(found), json.dumps(plain, sort_keys=True), study_of(found), found)


@st.cache_resource(max_entries=256, show_spinner="Judging …")
def _asked(key: tuple[Any, ...], question: str, _study: Study, _found: Found) -> Verdict:
    made, wrong = declared([json.loads(question)], _study.expansion)
    if wrong or not made:
        said = "; ".join(
            f"{'.'.join(map(str, steps[2:]))}: {text}".lstrip(": ") for steps, text in wrong
        )
        raise Unreadable(f"This question cannot be asked: {said}.", "Choose something else above.")
    verdicts = _judged(replace(_study, compare=tuple(made)), _found, "Choose something else.")
    return replace(verdicts.verdicts[0], confirmatory=False)


@dataclass(frozen=True)
class Facts:
    """What a study file offers to ask about; ten thousand cells take a second to look through."""

    levels: dict[str, list[str]]  # of each setting that varies
    measured: dict[str, set[str]]  # metrics, each with the dimensions of its rows
    units: list[Unit]  # of replication, that of the first comparison first
    planned: frozenset[str]  # trials


def facts(found: Found) -> Facts:
    return _facts(file_of(found), found.name, study_of(found))


@st.cache_resource(max_entries=16, show_spinner=False)
def _facts(file: tuple[str, int], name: str, _study: Study) -> Facts:
    grid = _study.expansion
    paths = dict.fromkeys(
        [*apart(grid_paths(grid)), *(p for p in grid_paths(grid) if p not in SEEDS)]
    )
    levels = {path: levels_of(grid, path) for path in paths}
    folds = any(cell.trial.fit.fold is not None for cell in _study.cells)
    offered: list[Unit] = (
        ["seed", "fold", "image", "patient"] if folds else ["seed", "image", "patient"]
    )
    usual = _study.compare[0].unit if _study.compare else "seed"
    planned = frozenset(cell.trial.key for cell in _study.cells)
    return Facts(
        levels, measured_in(grid), sorted(offered, key=lambda unit: unit != usual), planned
    )


def factors(found: Found) -> list[str]:
    """The settings of the study file that vary over its trials; seeds and folds are no factors."""
    known = facts(found).levels
    return [path for path in apart(known) if len(known.get(path, ())) > 1]


def apart(paths: Iterable[str]) -> list[str]:
    """Axes as factors: beside an option of its own, a component counts by its name; seeds and folds are none."""
    listed = [p for p in paths if p not in SEEDS]
    inner = {
        p for p in listed if any(q.startswith(f"{p}.") and q not in named_by(p) for q in listed)
    }
    return list(dict.fromkeys(next(iter(named_by(p))) if p in inner else p for p in listed))


def named_by(path: str) -> tuple[str, ...]:
    """Where the bare name of a component stands."""
    return (f"{path}.arch",) if path.endswith("net") else (f"{path}.name",)


def dimensions(found: Found, metric: str) -> list[str]:
    """What the rows of a metric are told apart by, beside the settings: a layer, a map."""
    return sorted(facts(found).measured.get(metric, ()))


def metrics(found: Found) -> list[str]:
    """The metrics that were measured, those of the declared comparisons first."""
    there = list(dict.fromkeys(found.rows["metric"].unique())) if len(found.rows) else []
    try:
        first = [m for one in study_of(found).compare for m in one.metrics if m in there]
    except Unreadable:
        first = []
    return list(dict.fromkeys([*first, *there]))


def levels_here(found: Found, path: str) -> list[str]:
    """The levels of a setting or a dimension: numbers by size, others in the order of the study."""
    levels = _levels(found, path)
    return sorted(levels, key=float) if all(numeric(level) for level in levels) else levels


def _levels(found: Found, path: str) -> list[str]:
    try:
        if levels := facts(found).levels.get(path):
            return levels
    except Unreadable:
        pass
    if path in found.runs.columns:
        return [str(v) for v in found.runs[path].dropna().unique()]
    there = path in found.rows.columns and path not in ("seed", "fold", "run")
    return [level_name(v) for v in found.rows[path].dropna().unique()] if there else []
