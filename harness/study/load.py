"""A study file -> Study: its question, its cells and what it will compare."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from harness.spec.outside import use_components
from harness.spec.values import Steps
from harness.study import comparison
from harness.study.axes import Axis, axis_paths, is_too_large, read_axes
from harness.study.cells import Cell
from harness.study.comparison import Comparison
from harness.study.declaration import Declaration, declare
from harness.study.document import Document
from harness.study.extends import read_with_parents
from harness.study.grid import Expansion, expand
from harness.study.heading import check_name, check_sections
from harness.study.marks import KEY, Mistakes, path_text
from harness.study.names import NO_NAMES, Names, read_names
from harness.study.overrides import with_overrides
from harness.study.points import with_examples
from harness.study.problems import Problems, Raw
from harness.study.questions import read_questions
from harness.study.scores import Scores
from harness.study.search import Search
from harness.study.search_section import read_search
from harness.study.sections import (
    check_exclude,
    check_when,
    read_components,
    read_exclude,
    read_scored_grid,
    read_when,
)
from harness.study.tables import Tables
from harness.study.trial_checks import trial_problems
from harness.study.until_decided import UntilDecided, read_until_decided, sequence_problems


@dataclass(frozen=True)
class Study:
    """A study file, expanded."""

    name: str
    question: str
    path: Path
    cells: tuple[Cell, ...]
    axes: tuple[Axis, ...]
    expansion: Expansion
    compare: tuple[Comparison, ...] = ()
    tables: Tables = ()
    raw: Raw = field(default_factory=dict)
    transductive: bool = False  # whether it may adapt to the images that it tests on
    search: Search | None = None  # the cells of a search are those of its confirmation
    until: UntilDecided | None = None  # seeds are trained until its comparisons are decided
    scores: Scores | None = None  # a table of what was trained and measured elsewhere
    names: Names = NO_NAMES  # what people call its metrics, settings and levels
    overrides: tuple[str, ...] = ()  # what the command line changed of the file: PATH=VALUE

    @property
    def design(self) -> str:
        """A hash of the declared comparisons: what was confirmatory when the first trial ran."""
        return comparison.design(self.compare)

    @cached_property
    def declaration(self) -> Declaration:
        """The trials that each comparison stands on: what must not change once results are
        seen.
        """
        rule = "" if self.until is None else self.until.text
        return declare(self.compare, self.expansion, rule)


SECTION_OF_FIELD: dict[Steps, Steps] = {("fit", "seed"): ("seeds",), ("fit", "fold"): ("folds",)}


def load_study(path: Path, overrides: Sequence[str] = ()) -> Study:
    """The study in a file, with the settings that `overrides` change, each PATH=VALUE.

    `Mistakes` lists everything that is wrong with it.
    """
    document = with_overrides(read_with_parents(path), overrides)
    return replace(study_of_document(document, path), overrides=tuple(overrides))


def study_of_document(document: Document, path: Path) -> Study:
    """The study that a document describes; `Mistakes` lists everything that is wrong with it."""
    problems = Problems(document)
    check_sections(problems)
    name = problems.read(("name",), str, path.stem)
    check_name(problems, name)
    question = problems.read(("question",), str, "")
    transductive = problems.read(("transductive",), bool, False)
    use_components(read_components(problems))
    if "search" in document.value:
        return _searching_study(problems, path, name, question, transductive)
    until = read_until_decided(problems)
    scored = read_scored_grid(problems)
    if scored is None and problems.raw_at(("scores",)) is not None:
        raise Mistakes(problems.entries)  # nothing else can be asked of it
    if scored is not None:
        axes, grid = scored.axes, scored.grid
    else:
        axes = read_axes(problems, until)
        grid = _expanded_grid(problems, axes, transductive)
    compare, tables = read_questions(problems, grid)
    names = read_names(problems, grid)
    if until is not None and not problems.entries:
        for steps, text in sequence_problems(compare):
            problems.add(steps, text)
    if not problems.entries and not grid.cells:
        problems.add((), "the grid is empty: every cell is excluded")
    if problems.entries:
        raise Mistakes(problems.entries)
    raw = document.value
    return Study(
        name,
        question,
        path,
        tuple(grid.cells),
        axes=tuple(axes),
        expansion=grid,
        compare=compare,
        tables=tables,
        raw=raw,
        transductive=transductive,
        until=until,
        scores=None if scored is None else scored.scores,
        names=names,
    )


def _searching_study(
    problems: Problems, path: Path, name: str, question: str, transductive: bool
) -> Study:
    """A study that searches: it has no cells until its best points are confirmed."""
    search = read_search(problems)
    read_exclude(problems)
    problems.read_mapping(("base",))
    if search is not None:
        search = with_examples(problems, search, transductive)
    names = read_names(problems, Expansion())
    if problems.entries or search is None:
        raise Mistakes(problems.entries)
    compare: tuple[Comparison, ...] = ()
    if search.confirm is not None:
        compare = search.confirm.comparisons
    raw = problems.document.value
    nothing = Expansion()
    return Study(
        name,
        question,
        path,
        (),
        (),
        nothing,
        compare,
        raw=raw,
        transductive=transductive,
        search=search,
        names=names,
    )


def _expanded_grid(problems: Problems, axes: list[Axis], transductive: bool) -> Expansion:
    """The cells of a study; rules and whole trials are checked where nothing else is wrong."""
    base = problems.read_mapping(("base",))
    exclude = read_exclude(problems)
    when = read_when(problems, axes)
    if is_too_large(problems, axes):
        return Expansion()
    grid = expand(base, axes, exclude, when)
    for steps, text in grid.problems:
        problems.add(steps, text)
    if not problems.entries:
        check_exclude(problems, exclude, grid)
        check_when(problems, when, grid)
        _check_trials(problems, grid, transductive)
    return grid


def _check_trials(problems: Problems, grid: Expansion, transductive: bool) -> None:
    """Problems that show only in a whole trial; each is reported once, where the file says it."""
    reported: set[str] = set()
    for cell in grid.cells:
        for steps, text in trial_problems(cell.trial, transductive):
            if text not in reported:
                reported.add(text)
                problems.add(steps_in_file(problems, steps), text)


def steps_in_file(problems: Problems, steps: Steps) -> Steps:
    """Where the file sets a path: an axis, the base, or the nearest thing around it."""
    section_of_field = SECTION_OF_FIELD.get(steps)
    if section_of_field is not None and problems.raw_at(section_of_field) is not None:
        return section_of_field
    keys: list[Steps] = []
    for section in ("grid", "zip"):
        keys += [(section, key) for key in problems.read_mapping((section,))]
    for length in range(len(steps), 0, -1):
        path = path_text(steps[:length])
        for key in keys:
            if path in axis_paths(str(key[-1])):
                return (*key, KEY)
    return ("base", *steps)
