"""A worker whose study was interrupted while it was started: nobody needs to read of it."""

import sys
from types import TracebackType


def be_silent_without_parent() -> None:
    """Lets a process that is forked from this one, and then told nothing, end without a word.

    Whoever would have told it what to do was interrupted, and has said so.
    """
    sys.excepthook = _report


def _report(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Prints an error as Python does, but for the end of what a parent was to send."""
    if not issubclass(kind, EOFError):
        sys.__excepthook__(kind, error, trace)
