"""What a study calls its metrics, settings and levels, as pages write them."""

from collections.abc import Iterable

from dashboard.ask.facts import levels_in
from dashboard.read.database import Unreadable
from dashboard.read.records import StudyRuns
from dashboard.read.study_file import study_of
from harness.study.names import NO_NAMES, Names, display_name, display_names, level_display_names


def names_behind(study_runs: StudyRuns) -> Names:
    """Returns the names that a study gives; those of the glossary where its file is gone."""
    try:
        return study_of(study_runs).names
    except Unreadable:
        return NO_NAMES


def title_of(study_runs: StudyRuns, word: str) -> str:
    """Returns a metric, a setting or a dimension as people read it."""
    return display_name(word, names_behind(study_runs))


def titles_of(study_runs: StudyRuns, words: Iterable[str]) -> dict[str, str]:
    """Returns such words as people read them, with the word itself where two read alike."""
    return display_names(words, names_behind(study_runs))


def level_names(
    study_runs: StudyRuns, path: str, levels: Iterable[str] | None = None
) -> dict[str, str]:
    """Returns the levels of a setting as people read them: all of them, or these."""
    if levels is None:
        levels = levels_in(study_runs, path)
    return level_display_names(levels, path, names_behind(study_runs))
