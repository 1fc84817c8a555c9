"""The main module, which a worker needs not: it is hidden while a process is forked."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def without_main() -> Iterator[None]:
    """Hides the main module while a worker is forked.

    The worker would import the command line again, which costs more than the fork, and it
    needs nothing of it.
    """
    main: dict[str, Any] = sys.modules["__main__"].__dict__
    hidden: dict[str, Any] = {}
    for name in ("__file__", "__spec__"):
        if name in main:
            hidden[name] = main.pop(name)
    main["__spec__"] = None
    try:
        yield
    finally:
        main.update(hidden)
