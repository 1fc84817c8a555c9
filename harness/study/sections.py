"""The sections of a study file that are rules, folders or a table: `exclude`, `when`, `components`,
`scores`.
"""

from collections.abc import Sequence
from pathlib import Path

from harness.spec.options import did_you_mean
from harness.spec.paths import paths_of_rules, settings
from harness.spec.values import Steps
from harness.study.axes import Axis
from harness.study.bounded_files import Unreadable, why_no_path
from harness.study.grid import Expansion
from harness.study.levels import levels_of
from harness.study.marks import KEY
from harness.study.problems import Problems, Raw
from harness.study.scores import ScoredGrid, read_scores

# What a study says of trainings, which a table of scores has behind it.
OF_TRAININGS = ("seeds", "folds", "base", "grid", "zip", "exclude", "when", "transductive")


def read_components(problems: Problems) -> list[Path]:
    """The folders of `components`, relative to the file that names them."""
    names = problems.read(("components",), list[str], [])
    folders: list[Path] = []
    for i, name in enumerate(names):
        steps: Steps = ("components", i)
        reason = why_no_path(name)
        if reason is not None:
            problems.add(steps, reason)
            continue
        folder = Path(problems.document.mark(steps).file).parent / name
        if folder.is_dir() or folder.is_file():
            folders.append(folder.resolve())
        else:
            problems.add(steps, f"no folder {folder}")
    return folders


def read_exclude(problems: Problems) -> list[Raw]:
    """The rules of `exclude`, each a mapping from settings to the values that it excludes."""
    raw = problems.raw_at(("exclude",))
    if raw is None:
        return []
    is_list_of_rules = isinstance(raw, list) and all(
        isinstance(rule, dict) and rule for rule in raw
    )
    if is_list_of_rules:
        return list(raw)
    text = "should be a list of mappings from a setting to the values it excludes"
    problems.add(("exclude",), text)
    return []


def read_when(problems: Problems, axes: Sequence[Axis]) -> dict[str, Raw]:
    """The conditions of `when`, by the axis that counts under them."""
    paths: list[str] = []
    for axis in axes:
        paths.extend(axis.paths)
    when: dict[str, Raw] = {}
    for path, condition in problems.read_mapping(("when",)).items():
        if path not in paths:
            hint = did_you_mean(path, paths)
            problems.add(("when", path, KEY), f"is not an axis; {hint}")
        if isinstance(condition, dict):
            when[path] = condition
        if not isinstance(condition, dict) or not condition:
            text = "should be a mapping from a setting to the values under which the axis counts"
            problems.add(("when", path), text)
    return when


def check_exclude(problems: Problems, exclude: list[Raw], grid: Expansion) -> None:
    """A rule on a setting that no trial has excludes nothing: a typing mistake."""
    if not grid.cells or grid.excluded:
        return
    for i, path in paths_of_rules(exclude):
        if not levels_of(grid, path):
            hint = did_you_mean(path, settings(grid.cells[0].trial))
            problems.add(("exclude", i, path, KEY), f"no trial has it; {hint}")


def check_when(problems: Problems, when: dict[str, Raw], grid: Expansion) -> None:
    """An axis that is on in no trial has a wrong condition: an unknown setting or value."""
    if not grid.cells:
        return
    axes_in_use: set[str] = set()
    for cell in grid.cells:
        axes_in_use.update(cell.levels)
    for path, condition in when.items():
        unknown = [setting for setting in condition if not levels_of(grid, setting)]
        for setting in unknown:
            hint = did_you_mean(setting, settings(grid.cells[0].trial))
            problems.add(("when", path, setting, KEY), f"no trial has it; {hint}")
        if not unknown and not grid.excluded and path not in axes_in_use:
            problems.add(("when", path), "no trial meets this, so the axis never counts")


def read_scored_grid(problems: Problems) -> ScoredGrid | None:
    """The trials of a table of scores that the study names; None where it names none, and where
    the table cannot be read, which is a problem.
    """
    name = problems.read(("scores",), str, None)
    if name is None:
        return None
    for section in OF_TRAININGS:
        if problems.raw_at((section,)) is not None:
            text = "means nothing beside `scores`, whose trainings are done"
            problems.add((section, KEY), text)
    path = Path(problems.document.mark(("scores",)).file).parent / name
    try:
        return read_scores(path, problems.raw_at(("compare",)))
    except Unreadable as error:
        problems.add(("scores",), str(error))
        return None
