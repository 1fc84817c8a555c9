"""Levels as people say them: a component by its name and by what tells it from its siblings, never
by a list of its options; own data by its folder.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

COMPONENT = re.compile(r"(\w+)\((.+)\)", re.DOTALL)
PATTERN = re.compile(r"[*?\[]")
OWN_DATA = ("folder", "volume")
# Folders that say what lies in them, and not whose it is.
CONTENTS = ("images", "image", "imgs", "img", "slices", "train", "test", "raw", "data")
CLOSES = {"(": ")", "[": "]", "{": "}"}
NO_WORDS = ("true", "false", "none")

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LevelParts:
    """The level of a component, read: its name and the options that are not at their default."""

    name: str
    options: Options = ()

    @property
    def is_own_data(self) -> bool:
        """Whether it is a data set of the user's own files."""
        return self.name in OWN_DATA and "images" in dict(self.options)


def read_level(level: str) -> LevelParts:
    """Reads 'phantom(style=lucchi, slices=8)'; a label, a number or a list is a name alone."""
    match = COMPONENT.fullmatch(level)
    if match is None or len(split_outside_brackets(level, "+")) > 1:
        return LevelParts(level)
    options = []
    for text in split_outside_brackets(match[2], ","):
        name, _, value = text.strip().partition("=")
        if not name.isidentifier():  # a component inside stands without the name of its option
            name, value = "", text.strip()
        options.append((name, value or name))
    return LevelParts(match[1], tuple(options))


def bare_name(level: str) -> str:
    """A level by its name alone: own data by its folder, each of a list by its own."""
    items = split_outside_brackets(level, "+")
    if len(items) > 1:
        return "+".join(map(bare_name, items))
    parts = read_level(level)
    if parts.is_own_data:
        return _folder_of(dict(parts.options)["images"])
    return parts.name


def distinct_names(levels: Iterable[str]) -> dict[str, str]:
    """Each level by its name, with what tells it from siblings of the same name."""
    siblings: dict[str, list[str]] = {}
    for level in dict.fromkeys(levels):
        siblings.setdefault(bare_name(level), []).append(level)
    names: dict[str, str] = {}
    for name, same in siblings.items():
        if len(same) == 1:
            names[same[0]] = name
        else:
            names.update(_told_apart(same))
    return names


def _told_apart(levels: list[str]) -> dict[str, str]:
    """Levels of one name by the options in which they differ; in full where that is not enough."""
    read = {level: read_level(level) for level in levels}
    common = set.intersection(*[set(parts.options) for parts in read.values()])
    names = {level: _with_options(parts, common) for level, parts in read.items()}
    if len(set(names.values())) < len(names):
        return {level: level for level in levels}
    return names


def level_in_words(level: str) -> str:
    """A level by itself: its name and its options as words, 'phantom lucchi, slices 8'."""
    items = split_outside_brackets(level, "+")
    if len(items) > 1:
        return "+".join(map(level_in_words, items))
    parts = read_level(level)
    return bare_name(level) if parts.is_own_data else _with_options(parts, set())


def data_in_words(level: str) -> str:
    """A data set by its name and the words among its options, not by sizes: 'phantom lucchi'."""
    parts = read_level(level)
    words = [value for _, value in parts.options if _is_word(value)]
    return bare_name(level) if parts.is_own_data else " ".join([parts.name, *words])


def _with_options(parts: LevelParts, common: set[tuple[str, str]]) -> str:
    """A component by its name and the options that its siblings do not share."""
    words = []
    for name, value in parts.options:
        if (name, value) in common:
            continue
        words.append(value if not name or _is_word(value) else f"{name} {value}")
    name = parts.name
    if parts.is_own_data:
        images = dict(parts.options)["images"]
        words = [PurePath(images).stem]
        name = _folder_of(images)
    return f"{name} {', '.join(words)}".strip()


def _is_word(value: str) -> bool:
    return value.isidentifier() and value not in NO_WORDS


def _folder_of(images: str) -> str:
    """The folder that a path or a pattern of images lies in, which says whose they are."""
    path = PurePath(images.strip("[]'\""))
    folders = [folder for folder in path.parts if PATTERN.search(folder) is None]
    if path.suffix and len(folders) > 1:
        folders = folders[:-1]
    speaking = [folder for folder in folders if folder.lower() not in (*CONTENTS, "/", "..", ".")]
    return (speaking or folders or [images])[-1]


def split_outside_brackets(text: str, separator: str) -> list[str]:
    """The pieces of a text between separators that stand in no brackets."""
    pieces = [""]
    waiting: list[str] = []  # the brackets that are still to be closed
    for character in text:
        if character in CLOSES:
            waiting.append(CLOSES[character])
        elif waiting and character == waiting[-1]:
            waiting.pop()
        if character == separator and not waiting:
            pieces.append("")
        else:
            pieces[-1] += character
    return pieces
