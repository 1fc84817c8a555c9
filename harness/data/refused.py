"""What every reader raises: one sentence with the file, what was found and what was expected."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Refused(ValueError):
    """An input that cannot be used, said in one sentence."""


class NoSplit(Refused, LookupError):
    """A split that a data set does not have, e.g. no validation part."""


@contextmanager
def saying(what: str | Path, advice: str) -> Iterator[None]:
    """Turns whatever a library raises about one file into one sentence about it."""
    try:
        yield
    except Refused:
        raise
    except (
        Exception
    ) as error:  # seven libraries, each with errors of its own for a file that is damaged
        raise Refused(f"{what}: {advice} ({first_line(error)})") from error


def first_line(error: BaseException) -> str:
    """The first line of an error, short enough to stand in a sentence."""
    words = (str(error).strip() or type(error).__name__).splitlines()[0]
    return words if len(words) <= 120 else words[:117] + "..."


def sizes(shape: tuple[int, ...]) -> str:
    """A shape as people write it."""
    return " x ".join(map(str, shape))


def amount(count: float) -> str:
    """A number of bytes as people write it."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def few(values: Iterable[object], most: int = 8) -> str:
    """The first of many values, for a sentence."""
    listed = [str(v) for v in values]
    return ", ".join(listed[:most]) + (
        f" and {len(listed) - most} more" if len(listed) > most else ""
    )
