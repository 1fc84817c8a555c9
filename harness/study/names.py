"""What a study calls its metrics, settings and levels: `names:` of the file, else the glossary.

Names are for people alone: they stand in no key, no record and no declaration.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.spec.naming import level_meant, level_name, short_names, why_no_label
from harness.spec.options import did_you_mean
from harness.spec.paths import settings
from harness.spec.values import Steps
from harness.study.glossary import glossary_entry
from harness.study.grid import Expansion
from harness.study.levels import grid_paths, levels_of, measured_in
from harness.study.marks import KEY
from harness.study.problems import Problems

LevelNames = Mapping[str, Mapping[str, str]]  # by the path of a setting, then by its level


@dataclass(frozen=True)
class Names:
    """The names that a study gives: of metrics, settings and dimensions, and of levels."""

    words: Mapping[str, str] = field(default_factory=dict)
    levels: LevelNames = field(default_factory=dict)


NO_NAMES = Names()

DATA = ("fit.train_on", "fit.adapt_to", "test_on")  # settings that may share an option


def display_name(word: str, names: Names = NO_NAMES) -> str:
    """A metric, a setting, a dimension of the rows or a statistic as people read it.

    `fit.init` is 'initialisation', `set_dice` 'test-set Dice'. Settings that move together are
    joined: 'fit.init, fit.net.arch' is 'initialisation and architecture'.
    """
    if "," in word:
        parts = [display_name(part.strip(), names) for part in word.split(",")]
        return " and ".join(parts)
    if word in names.words:
        return names.words[word]
    entry = glossary_entry(word)
    if entry is not None:
        return entry.name
    parent, _, last = word.rpartition(".")
    text = last.replace("_", " ")
    return f"{text} of {display_name(parent, names)}" if parent in DATA else text


def display_names(words: Iterable[str], names: Names = NO_NAMES) -> dict[str, str]:
    """Such words as people read them, with the word itself behind those that would read alike."""
    titles = {word: display_name(word, names) for word in words}
    counts = Counter(titles.values())
    for word, title in titles.items():
        if counts[title] > 1:
            titles[word] = f"{title} ({word})"
    return titles


def level_display_name(level: str, path: str, names: Names = NO_NAMES) -> str:
    """A level of a setting as people read it: as the study calls it, else its label, or what stands
    before its options; a bare number with its setting in front, 'strength 0.75'.
    """
    of_setting = names.levels.get(path, {})
    if level in of_setting:
        return of_setting[level]
    return short_names([level], _setting_before_numbers(path, names))[level]


def level_display_names(
    levels: Iterable[str], path: str, names: Names = NO_NAMES
) -> dict[str, str]:
    """The levels of a setting as people read them, told apart where their short names are alike."""
    display_names = short_names(levels, _setting_before_numbers(path, names))
    display_names.update(names.levels.get(path, {}))
    return display_names


def _setting_before_numbers(path: str, names: Names) -> str:
    """What stands before a bare number of a setting: the study's name of it, else its last word."""
    return names.words.get(path, path)


def interval_name(level: float) -> str:
    """'95% interval', of a level of confidence of .95."""
    return f"{100 * level:g}% interval"


def read_names(problems: Problems, grid: Expansion) -> Names:
    """The section `names` of a file; a word that stands for nothing in the study is a problem.

    The words of a study without cells yet, as that of a search, are not compared with anything.
    """
    words: dict[str, str] = {}
    levels: dict[str, dict[str, str]] = {}
    is_checked = bool(grid.cells) and not problems.entries
    choices = _words_of(grid) if is_checked else []
    for word, raw in problems.read_mapping(("names",)).items():
        steps: Steps = ("names", word)
        if is_checked and word not in choices:
            hint = did_you_mean(word, choices)
            problems.add((*steps, KEY), f"is no metric or setting of this study; {hint}")
        of_word = raw if isinstance(raw, dict) else {"name": raw}
        for level, name in of_word.items():
            inner = (*steps, level) if isinstance(raw, dict) else steps
            reason = why_no_label(name)
            if reason is not None:
                problems.add(inner, reason)
            elif level == "name":
                words[word] = name
            else:
                meant = _level_of(problems, grid, inner, level, is_checked=is_checked)
                levels.setdefault(word, {})[meant] = name
    return Names(words, levels)


def _words_of(grid: Expansion) -> list[str]:
    """The metrics, dimensions, axes and settings that a study may name."""
    words: dict[str, None] = {}
    for metric, dimensions in measured_in(grid).items():
        words[metric] = None
        words.update(dict.fromkeys(dimensions))
    words.update(dict.fromkeys(grid_paths(grid)))
    for cell in grid.cells[:1]:
        words.update(dict.fromkeys(settings(cell.trial)))
    return list(words)


def _level_of(
    problems: Problems, grid: Expansion, steps: Steps, raw: Any, *, is_checked: bool
) -> str:
    """The level that a key of `names` means; a problem where the setting has no such level."""
    text = level_name(raw)
    levels = levels_of(grid, str(steps[1]))
    if not is_checked or not levels:  # those of a dimension are known once measured
        return text
    meant = level_meant(text, levels)
    if meant is None:
        problems.add((*steps, KEY), f"no level {text!r}; {did_you_mean(text, levels)}")
        return text
    return meant
