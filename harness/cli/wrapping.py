"""A sentence in the lines of a terminal, which break between words."""

import re
import textwrap

WIDEST = 100  # columns that a sentence takes, however wide the terminal is
TIED = "\0=\0"  # an equals sign between whose sides no line breaks
HEAD = re.compile(r"[a-z]+: +")  # `answer: `, below which a sentence goes on


def lines_of_sentence(text: str, width: int) -> list[str]:
    """A sentence in lines of a terminal; further ones are indented below the first."""
    indent = len(text) - len(text.lstrip())
    behind_head = HEAD.match(text)
    if behind_head is not None:
        indent = behind_head.end() - 2
    lines = textwrap.wrap(
        text.replace(" = ", TIED),
        min(width, WIDEST),
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(TIED, " = ") for line in lines] or [text]
