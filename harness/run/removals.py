"""Which line of a component has removed a folder: for one that takes away what its job fills."""

import os
import sys
from functools import cache
from typing import Any

from harness.run.last_seen import line_outside

# Events of Python, each with the position among its arguments of the folder that a relative path
# starts from: nothing, or -1, where that is the working folder.
REMOVALS = {"shutil.rmtree": 1, "os.rmdir": 1, "os.rename": 2}

_lines: dict[str, str] = {}  # by the folder that was removed


@cache
def note_removals() -> None:
    """From here on this process keeps which lines of components outside the package remove folders.

    Python has no way to end that; it costs a comparison for each file that is opened.
    """
    sys.addaudithook(_note)


def line_that_removed(text: str) -> str:
    """The line that removed the folder with which a sentence begins; else nothing."""
    for folder, line in _lines.items():
        if text.startswith((f"{folder} ", f"{folder}{os.sep}")):
            return line
    return ""


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    """Keeps the line of a component that removes a folder, as Python is about to do it."""
    position = REMOVALS.get(event)
    if position is None or arguments[position] not in (None, -1):
        return
    line = line_outside(sys._getframe(1))
    if line:
        _lines[os.path.abspath(os.fsdecode(arguments[0]))] = line
