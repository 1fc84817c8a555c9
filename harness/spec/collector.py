"""The garbage collector, which walks everything that is made again and again."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pauses the garbage collector while 100,000 things are made that are all kept."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def spare_what_is_there() -> None:
    """Has the garbage collector pass over all that there is by now, as what a server keeps: a look
    through ten thousand runs and trials takes it a fifth of a second, again and again.
    """
    gc.freeze()
