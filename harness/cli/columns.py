"""Texts in the columns of a terminal of 80."""

import textwrap
from collections.abc import Iterator
from itertools import zip_longest

WIDTH = 80
NAME = 15  # columns of a name
VALUES = 28  # and of what may be written there


def three_columns(name: str, values: str, text: str) -> Iterator[str]:
    """A name, its values, and a sentence, each wrapped in a column of its own."""
    if len(name) >= NAME:  # a long name has a line of its own
        yield name
        name = ""
    room = VALUES - 2 if text else WIDTH - NAME
    left = textwrap.wrap(values, room, break_long_words=False)
    right = textwrap.wrap(text, WIDTH - NAME - VALUES)
    for value, sentence in zip_longest(left, right, fillvalue=""):
        yield f"{name:<{NAME}}{value:<{VALUES}}{sentence}".rstrip()
        name = ""


def beside(name: str, text: str) -> Iterator[str]:
    """A name, and a text in the column beside it."""
    lines = textwrap.wrap(text, WIDTH - NAME) or [""]
    if len(name) >= NAME:
        yield name
        name = ""
    for number, line in enumerate(lines):
        head = "" if number else name
        yield f"{head:<{NAME}}{line}"


def paragraph(text: str) -> Iterator[str]:
    """A text in lines of a terminal."""
    yield from textwrap.wrap(" ".join(text.split()), WIDTH)
