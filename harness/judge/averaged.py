"""What a comparison averages over: the axes that it does not name, and their levels in a trial."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial

from harness.spec.paths import slot_of, steps_of
from harness.spec.repetitions import REPETITIONS
from harness.study.cells import Axis
from harness.study.level_columns import LevelColumns

Levels = tuple[str, ...]


def averaged_paths(axes: Iterable[Axis], settings: Collection[str]) -> list[str]:
    """The axes that the comparison does not name: their levels are averaged over."""
    averaged: list[str] = []
    for axis in axes:
        is_repetition = bool(set(REPETITIONS) & set(axis.paths))
        if not is_repetition and not _touches(axis, settings):
            averaged += axis.paths
    return averaged


def _touches(axis: Axis, settings: Iterable[str]) -> bool:
    """Whether an axis sets one of these settings, a part of one, or what holds one."""
    for setting in settings:
        for path in axis.paths:
            if path == setting or path.startswith(f"{setting}.") or setting.startswith(f"{path}."):
                return True
    return False


def averaged_levels(columns: LevelColumns, averaged: Iterable[str]) -> Sequence[Levels]:
    """The levels that are averaged over, at each position of the grid.

    A trial that looks at no target has no level of it, and stands at that of its position.
    """
    texts = [columns.column(f"{path}=", partial(_text_at, columns, path)) for path in averaged]
    if not texts:
        return [()] * len(columns.trials)
    levels = []
    for texts_of_trial in zip(*texts, strict=True):
        levels.append(tuple(text for text in texts_of_trial if text is not None))
    return levels


def _text_at(columns: LevelColumns, path: str, number: int) -> str | None:
    """A setting with its level at a position; None where it has none there."""
    level = columns.cells[number].levels.get(path)
    if level is None and slot_of(steps_of(path)) == ("fit", "adapt_to"):
        level = columns.levels(path)[number]
    if level is None:
        return None
    return f"{path}={level}"


def varying_paths(averaged: Iterable[str], combinations: Sequence[Levels]) -> Levels:
    """The averaged axes of which trials have several levels."""
    levels: dict[str, set[str]] = {}
    for combination in set(combinations):
        for text in combination:
            path, _, level = text.partition("=")
            levels.setdefault(path, set()).add(level)
    return tuple(path for path in averaged if len(levels.get(path, ())) > 1)


def shared_by_arms(
    trials: Iterable[tuple[Levels, Levels]], where: str
) -> tuple[set[Levels], list[str]]:
    """The combinations of averaged levels that every arm has, and what a reader must know of them.

    Each trial is given as its arm and its combination; `where` names the stratum.
    """
    arms: dict[Levels, set[Levels]] = {}
    for arm, combination in trials:
        arms.setdefault(arm, set()).add(combination)
    everywhere = set.intersection(*arms.values())
    somewhere = set.union(*arms.values())
    notes = []
    if not everywhere:
        notes.append(
            f"the arms differ in other settings too{where}: "
            "no combination of those is in all of them"
        )
    elif everywhere != somewhere:
        notes.append(
            f"compared over the {len(everywhere)} of {len(somewhere)} combinations "
            f"of other settings that every arm has{where}"
        )
    return everywhere, notes
