"""Which images a network sees in the forward pass that is under way, for draws by their names."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

Name = tuple[str, str]  # of an image: its group, its id
NAMES: ContextVar[Sequence[Name]] = ContextVar("names", default=())


@contextmanager
def naming(names: Sequence[Name]) -> Iterator[None]:
    """Says which images a network sees as long as it is open."""
    before = NAMES.get()
    NAMES.set(names)
    try:
        yield
    finally:
        NAMES.set(before)
